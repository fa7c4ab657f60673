"""NNI's dict of an architecture: `normal/op_2_0`, `normal/input_2_0`, ...

As NNI 3 samples from the spaces of nni/nas/hub/pytorch/nasnet.py (microsoft/
nni at 009e1f73): node 2 is the first block, each has the operations 0 and 1,
and an input is a list of one state, or the state itself in NNI 2. State 0 is
the cell before the previous one. Keys of other things, such as `width`, are
ignored.

The dict does not tell what is concatenated: the space does, by its
`merge_op`. `all` (DARTS, PNAS) concatenates every block; `loose_end` (NASNet,
ENAS, AmoebaNet) those that no block reads.
"""

import re
from collections.abc import Callable
from typing import Any

from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.cell import INPUT_STATES, Block, Cell, unused_states
from nasnet_search.cells.errors import UserError, located
from nasnet_search.cells.notations.dialect import Dialect, named
from nasnet_search.cells.notations.literals import read_dict, write_dict

MergeOp = Callable[[tuple[Block, ...]], tuple[int, ...]]
"""From blocks to the states that are concatenated."""

DIALECT = Dialect(
  title='the NASNet spaces of NNI',
  operations={
    'identity': 'skip_connect',
    'conv_1x3_3x1': 'conv_3x1_1x3',
    'conv_1x7_7x1': 'conv_7x1_1x7',
    'dilated_conv_3x3': 'dil_conv_3x3',
    'dilated_conv_5x5': 'dil_conv_5x5',
    'average_pool_3x3': 'avg_pool_3x3',
    'max_pool_2x2': 'max_pool_2x2',
    'max_pool_3x3': 'max_pool_3x3',
    'max_pool_5x5': 'max_pool_5x5',
    'max_pool_7x7': 'max_pool_7x7',
    'conv_1x1': 'conv_1x1',
    'conv_3x3': 'conv_3x3',
    'separable_conv_3x3': 'sep_conv_3x3',
    'separable_conv_5x5': 'sep_conv_5x5',
    'separable_conv_7x7': 'sep_conv_7x7',
  },
  swapped=True,
)
"""`conv_7x1_1x7` is a 1x7 convolution and then a 7x1, despite its name."""

_PARTS = {'normal': 'normal', 'reduction': 'reduce'}
"""The cells, and what NNI calls them."""
_NODE = re.compile(r'(?:op|input)_(\d{1,4})_[01]')


def every_block(blocks: tuple[Block, ...]) -> tuple[int, ...]:
  """Returns all block states, which `merge_op='all'` concatenates."""
  return tuple(range(INPUT_STATES, INPUT_STATES + len(blocks)))


def loose_ends(blocks: tuple[Block, ...]) -> tuple[int, ...]:
  """Returns the states that `merge_op='loose_end'` concatenates."""
  return unused_states(blocks)


def read(text: str, merge_op: MergeOp) -> Architecture:
  """Returns the architecture of a dict.

  Args:
    text: The dict, as JSON or as a Python literal.
    merge_op: What the space concatenates.

  Raises:
    UserError: The text is no dict, or keys are missing or wrong.
  """
  data = read_dict(text)
  cells = {}
  for name, part in _PARTS.items():
    with located(f'{name} cell'):
      blocks = DIALECT.blocks(_pairs(data, part))
      cells[name] = Cell(blocks=blocks, concat=merge_op(blocks))
  return Architecture(**cells)


def write(architecture: Architecture, merge_op: MergeOp) -> str:
  """Returns the dict of an architecture as JSON.

  Raises:
    UserError: The dict cannot hold it: a block does not add or has an
      operation that NNI does not, or the cell concatenates other states than
      a space of this `merge_op`.
  """
  data: dict[str, Any] = {}
  for name, cell in architecture.cells():
    with located(f'{name} cell'):
      pairs = DIALECT.pairs(cell)
      _check_concat(cell, merge_op(cell.blocks))
    for number, (operation, state) in enumerate(pairs):
      node, side = INPUT_STATES + number // 2, number % 2
      data[f'{_PARTS[name]}/op_{node}_{side}'] = operation
      data[f'{_PARTS[name]}/input_{node}_{side}'] = [state]
  return write_dict(data)


def _pairs(data: dict[Any, Any], part: str) -> list[tuple[Any, Any]]:
  keys = [key for key in data if str(key).startswith(f'{part}/')]
  nodes = set()
  for key in keys:
    match = _NODE.fullmatch(key.partition('/')[2])
    if match is None:
      raise UserError(
        f'Expected keys such as {part}/op_2_0 and {part}/input_2_0, two '
        f'operations to a node. Received: {key!r}.'
      )
    nodes.add(int(match[1]))
  pairs = []
  for node in range(INPUT_STATES, max(nodes, default=INPUT_STATES) + 1):
    for side in range(2):
      names = [f'{part}/{what}_{node}_{side}' for what in ('op', 'input')]
      for name in names:
        if name not in data:
          raise UserError(f'Expected the key {name!r}. Received none.')
      pairs.append((data[names[0]], _single(data[names[1]])))
  return pairs


def _single(value: Any) -> Any:
  return value[0] if isinstance(value, list) and len(value) == 1 else value


def _check_concat(cell: Cell, states: tuple[int, ...]) -> None:
  if others := set(states) ^ set(cell.concat):
    raise UserError(
      'Expected the cell to concatenate what the space of NNI does, which '
      f'here are the states {states}: the dict has no place for a list. '
      f'Received: {cell.concat}. They differ in {named(min(others))}.'
    )
