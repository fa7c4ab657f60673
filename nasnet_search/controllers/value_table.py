"""A table of what it is worth to choose something in a state.

Only what was learned is in it, one row for each pair of a state and a choice;
all else has the value that the table starts with. Must not import TensorFlow.
"""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from nasnet_search.cells.errors import UserError

State = tuple[int, ...]
"""What a place is known by."""

_ARRAYS = ('states', 'state_lengths', 'outcomes', 'values')


class ValueTable:
  """Values of pairs of a state and an outcome.

  Args:
    start: The value of what was not learned yet.
  """

  def __init__(self, start: float) -> None:
    self._start = start
    self._values: dict[State, dict[int, float]] = {}

  def value(self, state: State, outcome: int) -> float:
    """Returns the value of choosing an outcome in a state."""
    return self._values.get(state, {}).get(outcome, self._start)

  def greatest(self, state: State, outcomes: Sequence[int]) -> float:
    """Returns the greatest value of some outcomes of a state."""
    known = self._values.get(state, {})
    return max(known.get(outcome, self._start) for outcome in outcomes)

  def best(self, state: State, outcomes: Sequence[int]) -> tuple[int, ...]:
    """Returns those of some outcomes of a state that have that value."""
    greatest = self.greatest(state, outcomes)
    return tuple(x for x in outcomes if self.value(state, x) == greatest)

  def move(
    self, state: State, outcome: int, rate: float, target: float
  ) -> None:
    """Moves a value by a share of its distance to a target."""
    old = self.value(state, outcome)
    self._values.setdefault(state, {})[outcome] = old + rate * (target - old)

  def states(self) -> int:
    """Returns in how many states something was learned."""
    return len(self._values)

  def mean(self) -> float:
    """Returns the mean of the values that were learned; the start if none."""
    values = [x for known in self._values.values() for x in known.values()]
    return sum(values) / len(values) if values else self._start

  def arrays(self) -> dict[str, np.ndarray]:
    """Returns everything as arrays, a row for each pair, in a fixed order."""
    rows = sorted(
      (state, outcome, value)
      for state, known in self._values.items()
      for outcome, value in known.items()
    )
    flat = [number for state, _, _ in rows for number in state]
    return {
      'states': np.array(flat, np.int64),
      'state_lengths': np.array([len(state) for state, _, _ in rows], np.int64),
      'outcomes': np.array([outcome for _, outcome, _ in rows], np.int64),
      'values': np.array([value for _, _, value in rows], np.float64),
    }

  def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
    """Takes over what `arrays` returned.

    Raises:
      UserError: It is something else. Nothing was changed.
    """
    rows = read_rows(arrays)
    self._values = {}
    for state, outcome, value in rows:
      self._values.setdefault(state, {})[outcome] = value


def read_rows(
  arrays: Mapping[str, np.ndarray],
) -> list[tuple[State, int, float]]:
  """Returns the rows of a table from what its `arrays` returned.

  Raises:
    UserError: They are no table.
  """
  parts = [arrays.get(name) for name in _ARRAYS]
  numbers, lengths, outcomes, values = (
    np.array([], np.int64) if part is None else part for part in parts
  )
  fits = (
    not any(part is None or part.ndim != 1 for part in parts)
    and len(lengths) == len(outcomes) == len(values)
    and int(lengths.sum()) == len(numbers)
    and bool(np.all(np.isfinite(values)))
  )
  if not fits:
    raise UserError(
      'Expected a controller state with a table of values. Received one '
      'without. Continue a run with the settings that it was started with.'
    )
  rest = iter(numbers.tolist())
  return [
    (tuple(itertools.islice(rest, length)), outcome, value)
    for length, outcome, value in zip(
      lengths.tolist(), outcomes.tolist(), values.tolist(), strict=True
    )
  ]
