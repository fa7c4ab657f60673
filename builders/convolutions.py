"""The operations of a cell that convolve.

Importing this module must not import TensorFlow.
"""

import dataclasses
from collections.abc import Sequence

from nasnet_search.builders.primitives import (
  AveragePool,
  Convolution,
  DepthwiseConvolution,
  Node,
)
from nasnet_search.builders.scope import Scope

_DILATION = 2
_BOTTLENECK = 1 / 4
"""Share of the filters inside a bottleneck (network_utils.py of the TPU code,
`_apply_operation`)."""
_BOTTLENECK_1X3 = 3 / 8
"""The same for the 1x3 and 3x1 convolutions."""


def convolution(
  size: int, scope: Scope, x: Node, filters: int, stride: int
) -> Node:
  """Adds ReLU, a square convolution, batch normalisation."""
  x = scope.relu(x)
  if size > 1 and scope.config.convolution_style == 'bottleneck':
    square = Convolution(filters, (size, size), (stride, stride))
    return _bottleneck(scope, x, filters, [square])
  return scope.convolution(x, filters, (size, size), stride)


def factorized_convolution(
  size: int, scope: Scope, x: Node, filters: int, stride: int
) -> Node:
  """Adds ReLU, a 1xk and a kx1 convolution, batch normalisation.

  With nothing between the two convolutions, as in pycls, except in a
  bottleneck. Each convolution strides along its own direction.
  """
  x = scope.relu(x)
  row = Convolution(filters, (1, size), (1, stride))
  column = Convolution(filters, (size, 1), (stride, 1))
  if scope.config.convolution_style == 'bottleneck':
    share = _BOTTLENECK_1X3 if size == 3 else _BOTTLENECK
    return _bottleneck(scope, x, filters, [row, column], share)
  x = scope.add('convolution_1', row, x)
  return scope.normalized(scope.add('convolution_2', column, x))


def separable_convolution(
  size: int, scope: Scope, x: Node, filters: int, stride: int
) -> Node:
  """Adds (ReLU, depthwise, pointwise, batch normalisation) twice.

  Twice because it was selected as an operation, and without anything between
  depthwise and pointwise (NASNet paper, Appendix A.4).
  """
  x = scope.relu(x)
  x = _separable(scope, x, DepthwiseConvolution(size, stride), filters, '_1')
  x = scope.relu(x)
  return _separable(scope, x, DepthwiseConvolution(size), filters, '_2')


def dilated_convolution(
  size: int, scope: Scope, x: Node, filters: int, stride: int
) -> Node:
  """Adds ReLU, a dilated depthwise, a pointwise, batch normalisation, once.

  The paper names neither the rate of dilation nor the kind of convolution:
  rate 2, separable and applied once is how DARTS and pycls read it. In a
  bottleneck it is a full convolution (TPU code, `dilated_3x3_rate_2`).
  """
  x, dilation = _dilated(scope, scope.relu(x), stride)
  if scope.config.convolution_style == 'bottleneck':
    square = Convolution(filters, (size, size), dilation=dilation)
    return _bottleneck(scope, x, filters, [square])
  depthwise = DepthwiseConvolution(size, dilation=dilation)
  return _separable(scope, x, depthwise, filters)


def dilated_separable_convolution(
  size: int, scope: Scope, x: Node, filters: int, stride: int
) -> Node:
  """Adds (ReLU, dilated depthwise, pointwise, batch normalisation) twice."""
  if scope.config.ignore_dilation:
    return separable_convolution(size, scope, x, filters, stride)
  x, dilation = _dilated(scope, scope.relu(x), stride)
  first = DepthwiseConvolution(size, dilation=dilation)
  x = scope.relu(_separable(scope, x, first, filters, '_1'))
  second = DepthwiseConvolution(size, dilation=_DILATION)
  return _separable(scope, x, second, filters, '_2')


def _separable(
  scope: Scope,
  x: Node,
  depthwise: DepthwiseConvolution,
  filters: int,
  suffix: str = '',
) -> Node:
  x = scope.add(f'depthwise{suffix}', depthwise, x)
  return scope.convolution(x, filters, suffix=suffix)


def _dilated(scope: Scope, x: Node, stride: int) -> tuple[Node, int]:
  """Returns what a dilated convolution reads, and its dilation."""
  if stride == 1:
    return x, _DILATION
  # With an equal stride, a dilated filter centred on the even pixels (as in
  # PyTorch) reads only even pixels: it is an undilated filter on every
  # second pixel, at a quarter of the arithmetic. TensorFlow has no kernel
  # for strides together with dilation.
  return scope.add('pool', AveragePool(1, _DILATION), x), 1


def _bottleneck(
  scope: Scope,
  x: Node,
  filters: int,
  convolutions: Sequence[Convolution],
  share: float = _BOTTLENECK,
) -> Node:
  """Adds convolutions of a share of the filters between two 1x1 convolutions.

  With batch normalisation after each and ReLU between them. Too few filters
  to share leave the 1x1 convolutions out.
  """
  inner = int(share * filters)
  if inner:
    x = scope.relu(scope.convolution(x, inner, suffix='_squeeze'))
  for number, primitive in enumerate(convolutions, start=1):
    primitive = dataclasses.replace(primitive, filters=inner or filters)
    x = scope.add(f'convolution_{number}', primitive, x)
    x = scope.normalized(x, f'_{number}')
    if number < len(convolutions):
      x = scope.relu(x)
  if inner:
    x = scope.convolution(scope.relu(x), filters, suffix='_expand')
  return x
