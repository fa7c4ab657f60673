"""Bringing a state to the channels and the size that its readers expect.

The paper only says that 1x1 convolutions are inserted "as necessary" (NASNet
paper, Appendix A.4). What is necessary is read from the configuration's
`input_fitting`; its default and the factorized reduction follow slim's
nasnet_utils.py (`_reduce_prev_layer`, `factorized_reduction`,
`_combine_unused_states`). Importing this module must not import TensorFlow.
"""

from nasnet_search.builders.primitives import (
  AveragePool,
  Concatenate,
  Convolution,
  Crop,
  Node,
  Pad,
)
from nasnet_search.builders.scope import Scope


def squeeze(scope: Scope, x: Node, filters: int, stride: int = 1) -> Node:
  """Adds ReLU, 1x1 convolution, batch normalisation."""
  return scope.convolution(scope.relu(x), filters, stride=stride)


def factorized_reduction(scope: Scope, x: Node, filters: int) -> Node:
  """Halves height and width and loses no pixel column or row as a whole.

  Two paths read every second pixel; the second reads the image shifted by
  one pixel, so that it sees the pixels that the first one skips. Each path
  gives half of the filters, and of an odd number the second one more: the
  stems of published ImageNet networks have such cells.

  Args:
    scope: Where to add the nodes.
    x: What to reduce, `[height, width, channels]`.
    filters: Filters of the result, at least 2.

  Returns:
    A node of shape `[ceil(height / 2), ceil(width / 2), filters]`.
  """
  # A pooling of one pixel takes every second pixel; strided slices do the
  # same, but their gradient costs several times as much on a CPU.
  every_second = AveragePool(1, stride=2)
  half = filters // 2
  straight = scope.add('pool_1', every_second, x)
  shifted = scope.add('pool_2', every_second, _shifted(scope, x))
  halves = (
    scope.add('convolution_1', Convolution(half, (1, 1)), straight),
    scope.add('convolution_2', Convolution(filters - half, (1, 1)), shifted),
  )
  return scope.normalized(scope.add('concatenate', Concatenate(), *halves))


def fit_current(scope: Scope, x: Node, filters: int) -> Node:
  """Returns state 0 of a cell: always squeezed, in ENAS perhaps twice."""
  twice = scope.config.input_fitting == 'current_twice'
  if twice and x.shape[-1] != filters:
    x = squeeze(scope.inside('calibration'), x, filters)
  return squeeze(scope, x, filters)


def fit_previous(
  scope: Scope, x: Node, filters: int, size: tuple[int, ...]
) -> Node:
  """Returns state 1 of a cell: reduced, squeezed or left as it is.

  Args:
    scope: Where to add the nodes.
    x: The output of the cell before the previous one.
    filters: Filters of the cell.
    size: Height and width of the output of the previous cell.
  """
  if x.shape[:2] != size:
    return factorized_reduction(scope, scope.relu(x), filters)
  if x.shape[-1] != filters or scope.config.input_fitting == 'always':
    return squeeze(scope, x, filters)
  return x


def fit_output(
  scope: Scope, x: Node, filters: int, size: tuple[int, ...]
) -> Node:
  """Returns an input state of a cell as the cell's output can hold it.

  slim fits it without a ReLU here, unlike anywhere else.

  Args:
    scope: Where to add the nodes.
    x: State 0 or 1 of the cell.
    filters: Filters of the cell.
    size: Height and width of the cell's output.
  """
  if x.shape[:2] != size:
    return factorized_reduction(scope, x, filters)
  if x.shape[-1] != filters:
    return scope.convolution(x, filters)
  return x


def _shifted(scope: Scope, x: Node) -> Node:
  # slim pads every image and crops it back to its size. Where a side is even,
  # the padded line is never read by the pooling that follows.
  height, width, _ = x.shape
  if height % 2 or width % 2:
    x = scope.add('pad', Pad((0, height % 2), (0, width % 2)), x)
  return scope.add('crop', Crop(), x)
