"""The canonical form of a recurrent cell: one for all that compute the same.

Two cells have equal forms exactly if, for some renaming of the leaves, they
compute equal new states of all inputs, states and weights, in exact
arithmetic. They may differ in

- the order of what is combined: both combinations commute, and sums of sums,
  or products of products, are one where nothing comes between them;
- ReLU where it changes nothing: of what is never negative, such as a product
  of two sigmoids;
- the place of a ReLU: relu(a b) = relu(a) b if b is never negative, and
  relu(tanh(a)) = tanh(relu(a)).

No other identities hold: each leaf stands once in the formula, so nothing can
be factored out or cancelled. The bounds by which it is known what is never
negative are exact for the same reason: operands vary on their own.

Weights are told apart: two leaves that add up to what one leaf could compute
are not that leaf, which has half of the weights. And the states are taken as
any numbers: that c starts at 0 is not looked at.

A form is a pair: the new h as an expression in which the new c is an atom of
its own, and the new c as an expression. Expressions are nested tuples.
"""

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
  from nasnet_search.cells.recurrent_cell import RecurrentCell

Expression = tuple[Any, ...]
"""One of

- `('leaf', combination)`, `('old',)`, the old c, and `('new', lower, upper)`,
  the new c, with its bounds;
- `('add', operands)` and `('multiply', operands)`, of two or more, sorted;
- `('tanh', e)`, `('sigmoid', e)`, `('relu', e)`.
"""
_ANY = (-math.inf, math.inf)


def recurrent_form(cell: 'RecurrentCell') -> tuple[Expression, Expression]:
  """Returns the new h and the new c of a cell as canonical expressions."""
  memory: Expression = ()

  def output(node: int) -> Expression:
    nonlocal memory
    merge, children = cell.nodes[node], cell.children(node)
    if children is None:
      combined: Expression = ('leaf', merge.combination)
    else:
      combined = _combined(merge.combination, *map(output, children))
    if node == cell.memory_source:
      memory = combined
      combined = ('new', *map(str, _bounds(memory)))
    result = _activated(merge.activation, combined)
    if node == cell.inject_node:
      injected = _combined(cell.inject.combination, result, ('old',))
      result = _activated(cell.inject.activation, injected)
    return result

  return output(cell.root), memory


def _combined(combination: str, *values: Expression) -> Expression:
  operands: list[Expression] = []
  for value in values:
    operands += value[1] if value[0] == combination else [value]
  return (combination, tuple(sorted(operands)))


def _activated(activation: str, value: Expression) -> Expression:
  if activation == 'identity':
    return value
  return _relu(value) if activation == 'relu' else (activation, value)


def _relu(value: Expression) -> Expression:
  if _bounds(value)[0] >= 0:
    return value
  if value[0] == 'tanh':
    return ('tanh', _relu(value[1]))
  if value[0] == 'multiply':
    signed = [each for each in value[1] if _bounds(each)[0] < 0]
    others = [each for each in value[1] if _bounds(each)[0] >= 0]
    if others:
      of_signed = (
        signed[0] if len(signed) == 1 else _combined(value[0], *signed)
      )
      return _combined(value[0], _relu(of_signed), *others)
  return ('relu', value)


def _bounds(value: Expression) -> tuple[float, float]:
  """Returns the greatest lower and the least upper bound of an expression."""
  kind = value[0]
  if kind in ('leaf', 'old'):
    return _ANY
  if kind == 'new':
    return float(value[1]), float(value[2])
  if kind == 'add':
    each = [_bounds(operand) for operand in value[1]]
    return sum(low for low, _ in each), sum(high for _, high in each)
  if kind == 'multiply':
    low, high = 1.0, 1.0
    for operand in value[1]:
      ends = [_times(a, b) for a in (low, high) for b in _bounds(operand)]
      low, high = min(ends), max(ends)
    return low, high
  low, high = _bounds(value[1])
  function = _FUNCTIONS[kind]
  return function(low), function(high)


def _times(a: float, b: float) -> float:
  # A bound of 0 times one of infinity: of products that are all near 0 or 0.
  return 0.0 if a == 0 or b == 0 else a * b


def _sigmoid(value: float) -> float:
  return (1 + math.tanh(value / 2)) / 2


_FUNCTIONS = {
  'tanh': math.tanh,
  'sigmoid': _sigmoid,
  'relu': lambda value: max(0.0, value),
}
