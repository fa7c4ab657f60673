"""The genotype of DARTS: `Genotype(normal=[...], normal_concat=..., ...)`.

As in cnn/genotypes.py of quark0/darts at f276dd34, and as its search prints
it, with `range(2, 6)` for a list. Names of operations are those of its
cnn/operations.py. Its state 0 is the cell before the previous one.
"""

import ast
from typing import Any

from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.cell import INPUT_STATES, Cell
from nasnet_search.cells.errors import UserError, located
from nasnet_search.cells.notations.dialect import Dialect, named
from nasnet_search.cells.notations.literals import (
  assigned,
  called,
  literal,
  parse_python,
  shown,
)
from nasnet_search.cells.plain_data import read_list

_TYPE = 'Genotype'
_FIELDS = ('normal', 'normal_concat', 'reduce', 'reduce_concat')
_MOST_STATES = 1000
"""What a range may hold: far more states than any cell has."""

DIALECT = Dialect(
  title='a DARTS genotype',
  operations={
    'identity': 'skip_connect',
    'conv_1x7_7x1': 'conv_7x1_1x7',
    'dilated_conv_3x3': 'dil_conv_3x3',
    'dilated_conv_5x5': 'dil_conv_5x5',
    'average_pool_3x3': 'avg_pool_3x3',
    'max_pool_3x3': 'max_pool_3x3',
    'separable_conv_3x3': 'sep_conv_3x3',
    'separable_conv_5x5': 'sep_conv_5x5',
    'separable_conv_7x7': 'sep_conv_7x7',
  },
  swapped=True,
)
"""`conv_7x1_1x7` is a 1x7 convolution and then a 7x1, despite its name."""


def read(text: str) -> Architecture:
  """Returns the architecture of the one genotype in a text.

  Args:
    text: Python source; everything in it but the genotype is ignored.

  Raises:
    UserError: The text holds no genotype, several, or a wrong one.
  """
  fields = _fields(_only_genotype(parse_python(text)))
  cells = {}
  for name, key in (('normal', 'normal'), ('reduction', 'reduce')):
    with located(f'{name} cell'):
      pairs = read_list(key, literal(fields[key]))
      states = _states(fields[f'{key}_concat'])
      concat = read_list(f'{key}_concat', states)
      cells[name] = Cell(
        blocks=DIALECT.blocks(pairs),
        concat=tuple(DIALECT.read_state(state) for state in concat),
      )
  return Architecture(**cells)


def write(architecture: Architecture) -> str:
  """Returns the genotype of an architecture, on one line.

  Raises:
    UserError: A genotype cannot hold it: a block does not add or has an
      operation that DARTS does not, or the reduction cell concatenates an
      input, whose size is not that of its blocks.
  """
  parts = []
  for (name, cell), key in zip(
    architecture.cells(), ('normal', 'reduce'), strict=True
  ):
    with located(f'{name} cell'):
      _check_sizes(cell, name)
      concat = [DIALECT.state(state) for state in cell.concat]
      parts += [f'{key}={DIALECT.pairs(cell)}', f'{key}_concat={concat}']
  return f'{_TYPE}({", ".join(parts)})\n'


def _only_genotype(tree: ast.Module) -> ast.Call:
  nodes = list(ast.walk(tree))
  found = [
    node
    for node in nodes
    if isinstance(node, ast.Call) and called(node) == _TYPE
  ]
  if len(found) == 1:
    return found[0]
  values = {
    node.value: assigned(node) for node in nodes if isinstance(node, ast.Assign)
  }
  received = [values.get(node) or 'one without a name' for node in found]
  raise UserError(
    f'Expected one genotype, {_TYPE}(normal=..., normal_concat=..., '
    'reduce=..., reduce_concat=...). Received: '
    f'{", ".join(received) or "none"}. Keep the one to read.'
  )


def _fields(call: ast.Call) -> dict[str, ast.expr]:
  fields = dict(zip(_FIELDS, call.args, strict=False))
  fields |= {word.arg or '**': word.value for word in call.keywords}
  if set(fields) != set(_FIELDS) or len(call.args) > len(_FIELDS):
    raise UserError(
      f'Expected a genotype with the fields {", ".join(_FIELDS)}. '
      f'Received: {shown(call)}.'
    )
  return fields


def _states(node: ast.expr) -> Any:
  if not isinstance(node, ast.Call) or called(node) != 'range':
    return literal(node)
  numbers = [literal(argument) for argument in node.args]
  try:
    states = range(*numbers)
    if len(states) <= _MOST_STATES:
      return list(states)
  except (TypeError, ValueError, OverflowError):
    pass
  raise UserError(
    'Expected a list of states, or a range of them such as range(2, 6). '
    f'Received: {shown(node)}.'
  )


def _check_sizes(cell: Cell, name: str) -> None:
  inputs = [state for state in cell.concat if state < INPUT_STATES]
  if name == 'reduction' and inputs:
    raise UserError(
      f'Expected a concat list of blocks, because {DIALECT.title} '
      'concatenates states as they are, and the inputs of a reduction cell '
      f'have twice the height and width of its blocks. Received: '
      f'{cell.concat}, which holds {named(inputs[0])}.'
    )
