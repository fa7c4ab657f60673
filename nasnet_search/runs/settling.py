"""How trials settle: outcomes in, each accepted once, logged and passed on.

| outcome                            | reward learned       | again?          |
|------------------------------------|----------------------|-----------------|
| completed                          | from the measurement | no              |
| diverged, out of memory, timed out | chance level         | no              |
| crashed                            | none                 | twice, same seed|
| invalid                            | chance level         | never scheduled |

An outcome is accepted for a running trial, from the attempt that owns it;
anything else is logged as ignored.
"""

import dataclasses
import math
import time
from collections.abc import Callable

from nasnet_search.evaluators.protocol import Evaluator
from nasnet_search.evaluators.rewards import compute_reward
from nasnet_search.runs import observer
from nasnet_search.runs.progress import Progress
from nasnet_search.runs.records import TrialRecord
from nasnet_search.runs.stopping import FailureWatch
from nasnet_search.runs.store import RunStore
from nasnet_search.trials import Measurement, Outcome, Status

MAX_CRASHES = 3
"""Attempts of a trial that may crash before it has failed."""


class Settling:
  """Settles the trials of a search.

  Args:
    store: The log.
    evaluator: Knows the values of chance level.
    reward: Name of the reward.
    progress: Where the search stands.
    tell: Passes an event on to the observers.
  """

  def __init__(
    self,
    store: RunStore,
    evaluator: Evaluator,
    reward: str,
    progress: Progress,
    tell: Callable[[observer.Event], None],
  ) -> None:
    self._store = store
    self._evaluator = evaluator
    self._reward_name = reward
    self._progress = progress
    self._tell = tell
    self._failures = FailureWatch()
    self._crashes = store.crashes()

  def accept(self, outcome: Outcome) -> None:
    """Accepts an outcome from the attempt that owns the trial, only."""
    record = self._progress.running.get(outcome.trial.trial_id)
    if record is None or record.attempts != outcome.trial.attempt:
      self._store.add_event(
        'ignored_outcome',
        {
          'trial': outcome.trial.trial_id,
          'attempt': outcome.trial.attempt,
          'status': outcome.status.value,
        },
      )
      return
    if outcome.status is Status.CRASHED and self._retry(record, outcome):
      return
    self._settle(
      record,
      outcome.status,
      measurement=outcome.measurement,
      message=outcome.message,
      attempt=outcome.trial.attempt,
    )

  def refuse(self, record: TrialRecord, reason: str) -> None:
    """Settles a trial whose architecture was refused before training."""
    self._settle(record, Status.INVALID, message=reason)

  def _retry(self, record: TrialRecord, outcome: Outcome) -> bool:
    crashes = self._crashes.get(record.trial_id, 0) + 1
    self._crashes[record.trial_id] = crashes
    if crashes >= MAX_CRASHES:
      return False
    self._store.requeue(record.trial_id, outcome.trial.attempt, outcome.message)
    self._progress.requeue(dataclasses.replace(record, status=Status.QUEUED))
    self._tell(
      observer.Told(
        f'Trial {record.trial_id} crashed ({outcome.message}); it is tried '
        f'again with the same seed ({crashes} of {MAX_CRASHES - 1}).'
      )
    )
    return True

  def _settle(
    self,
    record: TrialRecord,
    status: Status,
    *,
    measurement: Measurement | None = None,
    message: str = '',
    attempt: int | None = None,
  ) -> None:
    """Logs an outcome, for the trial and the duplicates waiting for it."""
    reward = self._reward(status, measurement)
    if reward is not None and not math.isfinite(reward):
      status, measurement = Status.DIVERGED, None
      message = f'The reward of what was measured is {reward}.'
      reward = self._reward(status, measurement)
    records = [record, *self._progress.waiting.get(record.trial_id, ())]
    first = self._progress.settled
    self._store.settle(
      [each.trial_id for each in records],
      status,
      reward=reward,
      measurement=measurement,
      message=message,
      settled_as=first,
      attempt=attempt,
    )
    for offset, each in enumerate(records):
      self.follow(
        dataclasses.replace(
          each,
          status=status,
          reward=reward,
          measurement=measurement,
          message=message,
          settled_as=first + offset,
          settled_at=time.time(),
        )
      )
    self._failures.settled(
      dataclasses.replace(record, status=status, message=message)
    )

  def follow(self, record: TrialRecord) -> None:
    """Follows a trial whose outcome is in the log."""
    self._progress.settle(record)
    self._tell(observer.Settled(record))

  def _reward(
    self, status: Status, measurement: Measurement | None
  ) -> float | None:
    if measurement is not None:
      values = measurement.values
    elif status.chance_level:
      values = self._evaluator.chance()
    else:
      return None
    # SQLite has no negative zero: learn what the log will say.
    return compute_reward(self._reward_name, values) + 0.0
