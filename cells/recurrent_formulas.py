"""A recurrent cell as formulas that people can read, one a node.

The formulas of the example in figure 5 of Zoph and Le (2017):

  a0 = tanh(W0 x + U0 h)
  a0' = relu(a0 + c)
  a1 = relu(W1 x * U1 h)
  new c = W1 x * U1 h
  new h = a2 = sigmoid(a0' * a1)
"""

from collections.abc import Iterator

from nasnet_search.cells.recurrent_cell import Merge, RecurrentCell

LEGEND = (
  'x is the input; h and c are the hidden and the memory state of the step '
  'before, but for the new ones; * multiplies element by element; W and U are '
  "the weights of a leaf; a' is a node's output after c is injected."
)
"""What the letters in the formulas mean."""
_SIGNS = {'add': '+', 'multiply': '*'}


def formulas(cell: RecurrentCell) -> list[tuple[str, str]]:
  """Returns what is computed, in order, as (left side, right side).

  A node's output is named a and its number, with a prime once the memory state
  is injected; what the other letters mean, `LEGEND` says.
  """
  return list(_formulas(cell))


def formula_lines(cell: RecurrentCell) -> list[str]:
  """Returns the formulas as lines of text, the equal signs in a column."""
  pairs = formulas(cell)
  width = max(len(left) for left, _ in pairs)
  return [f'{left:>{width}} = {right}' for left, right in pairs]


def _formulas(cell: RecurrentCell) -> Iterator[tuple[str, str]]:
  for node, merge in enumerate(cell.nodes):
    children = cell.children(node)
    if children is None:
      operands = [f'W{node} x', f'U{node} h']
    else:
      operands = [_output(cell, child) for child in children]
    combined = f' {_SIGNS[merge.combination]} '.join(operands)
    yield _named(cell, node, f'a{node}'), _activated(merge, combined)
    if node == cell.inject_node:
      injected = f'a{node} {_SIGNS[cell.inject.combination]} c'
      name = _output(cell, node)
      yield _named(cell, node, name), _activated(cell.inject, injected)
    if node == cell.memory_source:
      yield 'new c', combined


def _output(cell: RecurrentCell, node: int) -> str:
  return f"a{node}'" if node == cell.inject_node else f'a{node}'


def _named(cell: RecurrentCell, node: int, name: str) -> str:
  last = node == cell.root and name == _output(cell, node)
  return f'new h = {name}' if last else name


def _activated(merge: Merge, combined: str) -> str:
  if merge.activation == 'identity':
    return combined
  return f'{merge.activation}({combined})'
