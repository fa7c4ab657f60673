"""The three lists of a cell in slim and in the TPU code of AmoebaNet.

`operations` and `hiddenstate_indices` have two entries a block.
`used_hiddenstates` has one for each state, the inputs first, and 0 for those
that are concatenated: whether other blocks use a state has no part in it. So
a concat list comes back in ascending order; the order of a cell's own only
permutes the filters of its output.
"""

from collections.abc import Mapping
from typing import Any

from nasnet_search.cells.cell import INPUT_STATES, Cell
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.notations.dialect import Dialect
from nasnet_search.cells.plain_data import read_list, shortened

LISTS = ('operations', 'hiddenstate_indices', 'used_hiddenstates')


def read_lists(dialect: Dialect, data: Mapping[str, Any]) -> Cell:
  """Returns the cell of three lists.

  Args:
    dialect: The names of operations.
    data: The lists, by `LISTS`.

  Raises:
    UserError: They do not fit together, or are no lists.
  """
  operations, indices, used = (read_list(name, data[name]) for name in LISTS)
  if len(indices) != len(operations):
    raise UserError(
      'Expected as many hiddenstate_indices as operations. Received: '
      f'{len(indices)} and {len(operations)}.'
    )
  blocks = dialect.blocks(list(zip(operations, indices, strict=True)))
  if len(used) != INPUT_STATES + len(blocks):
    raise UserError(
      'Expected used_hiddenstates to have an entry for each of the two inputs '
      f'and {len(blocks)} blocks. Received: {len(used)} entries.'
    )
  for flag in used:
    if flag not in (0, 1):
      raise UserError(
        'Expected each entry of used_hiddenstates to be 0 or 1. '
        f'Received: {shortened(flag)}.'
      )
  concat = tuple(state for state, flag in enumerate(used) if not flag)
  return Cell(blocks=blocks, concat=concat)


def write_lists(dialect: Dialect, cell: Cell) -> dict[str, list[Any]]:
  """Returns the three lists of a cell, by `LISTS`.

  Raises:
    UserError: A block does not add, or has an operation without a name.
  """
  pairs = dialect.pairs(cell)
  states = range(INPUT_STATES + len(cell.blocks))
  values = (
    [operation for operation, _ in pairs],
    [state for _, state in pairs],
    [int(state not in cell.concat) for state in states],
  )
  return dict(zip(LISTS, values, strict=True))
