"""Confirmations: the best architectures, valued again with other seeds.

The best of many measurements is the best partly by luck. So the last part of
a search values the architectures with the greatest rewards again, each a few
times, and names the one whose confirmations are the best in the mean.
"""

import collections
import dataclasses
from collections.abc import Iterable

from nasnet_search.estimates import Estimate, estimate
from nasnet_search.runs.records import TrialRecord


@dataclasses.dataclass(frozen=True)
class Confirmed:
  """An architecture that is valued again.

  Attributes:
    found: The trial that found it.
    confirmations: The trials that value it again, in the order of creation.
  """

  found: TrialRecord
  confirmations: tuple[TrialRecord, ...]

  @property
  def settled(self) -> bool:
    """Whether all of its confirmations have settled."""
    return all(trial.status.settled for trial in self.confirmations)

  @property
  def rewards(self) -> tuple[float, ...]:
    """The rewards of those settled; of a failed one that of chance level.

    Crashed ones have none: they say nothing of the architecture.
    """
    return tuple(
      trial.reward for trial in self.confirmations if trial.reward is not None
    )

  @property
  def estimate(self) -> Estimate | None:
    """What it is worth by its confirmations alone, None before the first."""
    return estimate(self.rewards) if self.rewards else None

  @property
  def optimism(self) -> float | None:
    """How much greater its reward was when it was found."""
    if self.estimate is None or self.found.reward is None:
      return None
    return self.found.reward - self.estimate.mean


class Confirmations:
  """All confirmations of a run.

  Attributes:
    queue: Confirmations to be started, in order.
  """

  def __init__(self) -> None:
    self.queue: collections.deque[TrialRecord] = collections.deque()
    self._found: dict[int, TrialRecord] = {}
    self._trials: dict[int, dict[int, TrialRecord]] = {}

  def find(self, found: Iterable[TrialRecord]) -> None:
    """Takes over the trials that are confirmed."""
    self._found.update((record.trial_id, record) for record in found)

  def put(self, record: TrialRecord) -> None:
    """Follows a confirmation: a new one, or one whose status has changed."""
    if record.confirms is not None:
      trials = self._trials.setdefault(record.confirms, {})
      trials[record.trial_id] = record

  @property
  def open(self) -> bool:
    """Whether any of them has not settled yet."""
    return any(
      not record.status.settled
      for confirmations in self._trials.values()
      for record in confirmations.values()
    )

  def count(self, trial: int) -> int:
    """Returns how many confirmations a trial has, settled or not."""
    return len(self._trials.get(trial, ()))

  def ranked(self) -> list[Confirmed]:
    """Returns what is confirmed, by mean; those still under way come last."""
    every = [
      Confirmed(self._found[trial], tuple(confirmations.values()))
      for trial, confirmations in self._trials.items()
      if trial in self._found
    ]
    # Of equal ones the one chosen first, which was the better one as found.
    return sorted(every, key=_rank)

  def winner(self) -> Confirmed | None:
    """Returns the one with the greatest mean of those confirmed to the end."""
    best = next(iter(self.ranked()), None)
    if best is None or not best.settled or best.estimate is None:
      return None
    return best


def _rank(confirmed: Confirmed) -> tuple[bool, float]:
  known = confirmed.estimate
  if known is None:
    return True, 0.0
  return not confirmed.settled, -known.mean
