"""The lists of slim's NASNet: a Python class for each cell.

As in research/slim/nets/nasnet of tensorflow/models, nasnet_utils.py at
08eebbce and pnasnet.py at 03cdc5fe: a class whose name contains `Normal` or
`Reduction` and that assigns three lists of literals. PNASNet has one class,
whose cell is both. slim's own code builds cells of five blocks.
"""

import ast
from collections.abc import Iterator
from typing import Any

from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.cell import Cell
from nasnet_search.cells.errors import UserError, located
from nasnet_search.cells.notations.dialect import Dialect
from nasnet_search.cells.notations.hidden_states import (
  LISTS,
  read_lists,
  write_lists,
)
from nasnet_search.cells.notations.literals import (
  assigned,
  literal,
  parse_python,
)

DIALECT = Dialect(
  title='slim',
  operations={
    'identity': 'none',
    'average_pool_3x3': 'avg_pool_3x3',
    'max_pool_2x2': 'max_pool_2x2',
    'max_pool_3x3': 'max_pool_3x3',
    'max_pool_5x5': 'max_pool_5x5',
    'max_pool_7x7': 'max_pool_7x7',
    'separable_conv_3x3': 'separable_3x3_2',
    'separable_conv_5x5': 'separable_5x5_2',
    'separable_conv_7x7': 'separable_7x7_2',
  },
)


def read(text: str) -> Architecture:
  """Returns the architecture of a text with slim's classes.

  Args:
    text: Python source; everything in it but the lists is ignored.

  Raises:
    UserError: There is not one class for each cell, or its lists are wrong.
  """
  found = dict(_classes(parse_python(text)))
  cells: dict[str, Cell] = {}
  for name in ('normal', 'reduction'):
    matching = [each for each in found if name in each.lower()]
    if name == 'reduction' and not matching:
      cells[name] = cells['normal']
      continue
    if len(matching) != 1:
      raise UserError(
        f'Expected one class with {name.capitalize()} in its name that '
        f'assigns the lists {", ".join(LISTS)}. Received: '
        f'{", ".join(matching) or "none"}. Keep the one to read.'
      )
    with located(f'{name} cell'):
      cells[name] = read_lists(DIALECT, found[matching[0]])
  return Architecture(**cells)


def write(architecture: Architecture) -> str:
  """Returns a class for each cell, with its three lists.

  Raises:
    UserError: The lists cannot hold it: a block does not add or has an
      operation that slim does not.
  """
  classes = []
  for name, cell in architecture.cells():
    with located(f'{name} cell'):
      lists = write_lists(DIALECT, cell)
    lines = [f'  {key} = {value}\n' for key, value in lists.items()]
    classes.append(f'class {name.capitalize()}Cell:\n{"".join(lines)}')
  return '\n\n'.join(classes)


def _classes(tree: ast.Module) -> Iterator[tuple[str, dict[str, Any]]]:
  """Yields the classes that assign all three lists, with their lists."""
  for node in ast.walk(tree):
    if isinstance(node, ast.ClassDef):
      lists = {}
      for part in ast.walk(node):
        if isinstance(part, ast.Assign) and assigned(part) in LISTS:
          lists[assigned(part)] = literal(part.value)
      if len(lists) == len(LISTS):
        yield node.name, lists
