"""The operations of `cells.operations`, as nodes.

Every operation gives `filters` channels whatever its input has, and divides
height and width by its stride, rounding up. Where the NASNet paper (section 3)
is silent, the operations of slim's nasnet_utils.py are followed, and those of
pycls (its NAS code, "UNNAS") for the operations that slim does not have; where
others differ, the configuration says whom to follow. Importing this module
must not import TensorFlow.
"""

import functools
from collections.abc import Callable
from typing import TypeAlias

from nasnet_search.builders.convolutions import (
  convolution,
  dilated_convolution,
  dilated_separable_convolution,
  factorized_convolution,
  separable_convolution,
)
from nasnet_search.builders.fitting import factorized_reduction, squeeze
from nasnet_search.builders.primitives import AveragePool, MaxPool, Node
from nasnet_search.builders.scope import Scope

Operation: TypeAlias = Callable[[Scope, Node, int, int], Node]
"""Adds an operation: (scope, input, filters, stride) -> output."""


def identity(scope: Scope, x: Node, filters: int, stride: int) -> Node:
  """Returns the input itself; what `strided_identity` says if strided.

  Where only the channels do not fit, a 1x1 convolution makes them.
  """
  if stride == 1 and x.shape[-1] == filters:
    return x
  reading = scope.config.strided_identity
  if stride == 1 or reading == 'convolution':
    return squeeze(scope, x, filters, stride)
  if reading == 'relu_factorized_reduction':
    x = scope.relu(x)
  return factorized_reduction(scope, x, filters)


def pool(
  kind: type[AveragePool] | type[MaxPool],
  size: int,
  scope: Scope,
  x: Node,
  filters: int,
  stride: int,
) -> Node:
  """Adds a pool; a 1x1 convolution after it only if the channels differ."""
  if stride > 1 and scope.config.padding == 'zeros':
    padded = scope.padded(x, size, stride)
    x = scope.add('pool', kind(size, stride, 'valid'), padded)
  else:
    x = scope.add('pool', kind(size, stride), x)
  if x.shape[-1] == filters:
    return x
  # Without a ReLU, as in slim.
  return scope.convolution(x, filters)


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
  'max_pool_2x2': functools.partial(pool, MaxPool, 2),
  'dilated_conv_5x5': functools.partial(dilated_convolution, 5),
  'dilated_separable_conv_5x5': functools.partial(
    dilated_separable_convolution, 5
  ),
}
"""How each operation of `cells.operations` is built, by its name."""
