"""The one generic cell, which reads a `Cell` and adds its nodes.

Follows the configuration of the network where the NASNet paper leaves
something open, by default slim's NasNetABaseCell.
Importing this module must not import TensorFlow.
"""

from nasnet_search.builders import fitting
from nasnet_search.builders.operations import OPERATIONS
from nasnet_search.builders.primitives import Add, Concatenate, Node
from nasnet_search.builders.scope import Scope
from nasnet_search.cells.cell import INPUT_STATES, Block, Cell


def add_cell(
  scope: Scope,
  cell: Cell,
  current: Node,
  previous: Node | None,
  filters: int,
  stride: int,
) -> Node:
  """Adds a cell, with its dead blocks, which `network_graph` leaves out.

  Args:
    scope: Where to add the nodes.
    cell: What to build.
    current: h_i, the output of the previous cell.
    previous: h_{i-1}, the output of the cell before that; None in the first
      cell.
    filters: Filters of every operation.
    stride: 2 in a reduction cell, else 1.

  Returns:
    The output of the cell, of shape `[ceil(height / stride), ceil(width /
    stride), channels]` for a current input of height and width.
  """
  states = [
    fitting.fit_current(scope.inside('current'), current, filters),
    _fitted_previous(scope.inside('previous'), current, previous, filters),
  ]
  for index, block in enumerate(cell.blocks):
    place = scope.inside(f'block_{index}')
    states.append(_add_block(place, block, states, filters, stride))
  height, width, _ = current.shape
  size = (-(-height // stride), -(-width // stride))
  parts = []
  for state in cell.concat:
    part = states[state]
    # Only inputs are fitted. A block that concatenates has 2 F channels, which
    # join the output as they are; slim, which has no such blocks, is silent.
    if state < INPUT_STATES:
      place = scope.inside(f'output_{state}')
      part = fitting.fit_output(place, part, filters, size)
    parts.append(part)
  return _concatenated(scope, 'output', parts)


def _fitted_previous(
  scope: Scope, current: Node, previous: Node | None, filters: int
) -> Node:
  if previous is None:
    if scope.config.input_fitting == 'as_needed':
      # The first cell reads the output of the stem as it is, with the stem's
      # number of channels (slim, `_reduce_prev_layer`). The published size of
      # NASNet-A depends on it.
      return current
    previous = current
  return fitting.fit_previous(scope, previous, filters, current.shape[:2])


def _add_block(
  scope: Scope,
  block: Block,
  states: list[Node],
  filters: int,
  stride: int,
) -> Node:
  parts = []
  for number, (state, operation) in enumerate(block.edges(), start=1):
    place = scope.inside(f'operation_{number}')
    # Only the cell's inputs have the size before the reduction.
    step = stride if state < INPUT_STATES else 1
    part = OPERATIONS[operation](place, states[state], filters, step)
    if place.drop_path is not None and _is_dropped(place, operation, step):
      part = place.add('drop_path', place.drop_path, part)
    parts.append(part)
  if block.combination == 'add':
    return scope.add('add', Add(), *parts)
  return _concatenated(scope, 'concatenate', parts)


def _is_dropped(scope: Scope, operation: str, stride: int) -> bool:
  """Returns whether scheduled drop-path drops an operation."""
  if operation != 'identity':
    return True
  # DARTS drops whatever computes something.
  reading = scope.config.strided_identity
  return stride > 1 and reading == 'relu_factorized_reduction'


def _concatenated(scope: Scope, name: str, parts: list[Node]) -> Node:
  if len(parts) == 1:
    return parts[0]
  return scope.add(name, Concatenate(), *parts)
