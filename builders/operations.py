"""The 13 operations of the NASNet paper (section 3), as nodes.

Every operation gives `filters` channels whatever its input has, and divides
height and width by its stride, rounding up. Where the paper is silent, the
operations of slim's nasnet_utils.py are followed, and those of pycls (its
NAS code, "UNNAS") for the operations that slim does not have. Importing this
module must not import TensorFlow.
"""

import functools
from collections.abc import Callable
from typing import TypeAlias

from nasnet_search.builders.fitting import squeeze
from nasnet_search.builders.primitives import (
  AveragePool,
  Convolution,
  DepthwiseConvolution,
  MaxPool,
  Node,
)
from nasnet_search.builders.scope import Scope

Operation: TypeAlias = Callable[[Scope, Node, int, int], Node]
"""Adds an operation: (scope, input, filters, stride) -> output."""


def identity(scope: Scope, x: Node, filters: int, stride: int) -> Node:
  """Returns the input itself; a 1x1 convolution where that cannot fit."""
  if stride == 1 and x.shape[-1] == filters:
    return x
  return squeeze(scope, x, filters, stride)


def convolution(
  size: int, scope: Scope, x: Node, filters: int, stride: int
) -> Node:
  """Adds ReLU, a square convolution, batch normalisation."""
  return scope.convolution(scope.relu(x), filters, (size, size), stride)


def factorized_convolution(
  size: int, scope: Scope, x: Node, filters: int, stride: int
) -> Node:
  """Adds ReLU, a 1xk and a kx1 convolution, batch normalisation.

  At full width and with nothing between the two convolutions, as in pycls;
  the TPU code of AmoebaNet has a bottleneck and a batch normalisation there.
  Each convolution strides along its own direction.
  """
  row = Convolution(filters, (1, size), (1, stride))
  column = Convolution(filters, (size, 1), (stride, 1))
  x = scope.add('convolution_1', row, scope.relu(x))
  return scope.normalized(scope.add('convolution_2', column, x))


def separable_convolution(
  size: int, scope: Scope, x: Node, filters: int, stride: int
) -> Node:
  """Adds (ReLU, depthwise, pointwise, batch normalisation) twice.

  Twice because it was selected as an operation, and without anything between
  depthwise and pointwise (NASNet paper, Appendix A.4).
  """
  x = _separable(scope, x, DepthwiseConvolution(size, stride), filters, '_1')
  return _separable(scope, x, DepthwiseConvolution(size), filters, '_2')


def dilated_convolution(
  size: int, scope: Scope, x: Node, filters: int, stride: int
) -> Node:
  """Adds ReLU, a dilated depthwise, a pointwise, batch normalisation, once.

  The paper names neither the rate of dilation nor the kind of convolution:
  rate 2, separable and applied once is how pycls reads it.
  """
  x = scope.relu(x)
  if stride == 1:
    depthwise = DepthwiseConvolution(size, dilation=_DILATION)
  else:
    # With an equal stride, a dilated filter centred on the even pixels (as in
    # PyTorch) reads only even pixels: it is an undilated filter on every
    # second pixel, at a quarter of the arithmetic. TensorFlow has no kernel
    # for strides together with dilation.
    x = scope.add('pool', AveragePool(1, _DILATION), x)
    depthwise = DepthwiseConvolution(size)
  x = scope.add('depthwise', depthwise, x)
  return scope.convolution(x, filters)


def pool(
  kind: type[AveragePool] | type[MaxPool],
  size: int,
  scope: Scope,
  x: Node,
  filters: int,
  stride: int,
) -> Node:
  """Adds a pool; a 1x1 convolution after it only if the channels differ."""
  x = scope.add('pool', kind(size, stride), x)
  if x.shape[-1] == filters:
    return x
  # Without a ReLU, as in slim.
  return scope.convolution(x, filters)


def _separable(
  scope: Scope,
  x: Node,
  depthwise: DepthwiseConvolution,
  filters: int,
  suffix: str,
) -> Node:
  x = scope.add(f'depthwise{suffix}', depthwise, scope.relu(x))
  return scope.convolution(x, filters, suffix=suffix)


_DILATION = 2

OPERATIONS: dict[str, Operation] = {
  'identity': identity,
  'conv_1x3_3x1': functools.partial(factorized_convolution, 3),
  'conv_1x7_7x1': functools.partial(factorized_convolution, 7),
  'dilated_conv_3x3': functools.partial(dilated_convolution, 3),
  'average_pool_3x3': functools.partial(pool, AveragePool, 3),
  'max_pool_3x3': functools.partial(pool, MaxPool, 3),
  'max_pool_5x5': functools.partial(pool, MaxPool, 5),
  'max_pool_7x7': functools.partial(pool, MaxPool, 7),
  'conv_1x1': functools.partial(convolution, 1),
  'conv_3x3': functools.partial(convolution, 3),
  'separable_conv_3x3': functools.partial(separable_convolution, 3),
  'separable_conv_5x5': functools.partial(separable_convolution, 5),
  'separable_conv_7x7': functools.partial(separable_convolution, 7),
}
"""How each operation of `cells.operations` is built, by its name."""
