"""Where a search stands: what is queued, running, settled and not learned.

This is the log's content that the next step depends on, kept in memory. It
is rebuilt from the log when a run is continued, by the same methods that
follow a search as it happens, so both ways lead to the same state.
"""

import collections
import dataclasses
from collections.abc import Iterable

from nasnet_search.runs.records import TrialRecord
from nasnet_search.trials import Lesson, Proposal, Status


@dataclasses.dataclass(frozen=True)
class Unlearned:
  """A settled trial that the controller has not learned yet.

  Attributes:
    trial_id: The trial.
    lesson: What there is to learn.
  """

  trial_id: int
  lesson: Lesson


class Progress:
  """The bookkeeping of a search.

  Attributes:
    queue: Trials to be started, in order.
    running: Trials that run, by id.
    waiting: Duplicates that wait for a trial, by the id of that trial.
    unlearned: Settled trials to be learned, in the order of settling.
    sources: The trial that values an architecture, by canonical key.
    next_trial: Id of the next trial.
    next_proposal: Index of the next proposal.
    settled: Settled trials of any kind; the next one's position.
    charged: Settled trials that count towards the number asked for.
    failed: Charged trials that failed.
    duplicates: Duplicates proposed so far.
    duplicates_in_a_row: Duplicates since the last new architecture.
    rewards: Sum of the rewards of completed charged trials.
    completed: Number of completed charged trials.
    best: The completed charged trial with the greatest reward.
    since_best: Charged trials settled since the best one.
    references: Settled reference trials, by id.
  """

  def __init__(self) -> None:
    self.queue: collections.deque[TrialRecord] = collections.deque()
    self.running: dict[int, TrialRecord] = {}
    self.waiting: dict[int, list[TrialRecord]] = {}
    self.unlearned: collections.deque[Unlearned] = collections.deque()
    self.sources: dict[str, int] = {}
    self.next_trial = 0
    self.next_proposal = 0
    self.settled = 0
    self.charged = 0
    self.failed = 0
    self.duplicates = 0
    self.duplicates_in_a_row = 0
    self.rewards = 0.0
    self.completed = 0
    self.best: TrialRecord | None = None
    self.since_best = 0
    self.references: dict[int, TrialRecord] = {}

  def restore(
    self, records: Iterable[TrialRecord], learned: Iterable[int]
  ) -> None:
    """Rebuilds the state from the log.

    Args:
      records: All trials, in the order of creation; none of them running.
      learned: Ids of the trials that the controller has learned.
    """
    settled = []
    for record in records:
      self.add(record)
      if record.status.settled:
        settled.append(record)
    for record in sorted(settled, key=lambda record: record.settled_as or 0):
      self.settle(record)
    known = set(learned)
    self.unlearned = collections.deque(
      item for item in self.unlearned if item.trial_id not in known
    )

  def add(self, record: TrialRecord) -> None:
    """Follows a new trial; a settled one is to be passed to `settle` too."""
    self.next_trial = record.trial_id + 1
    if record.proposal is not None:
      self.next_proposal = record.proposal + 1
      if record.source_trial is None:
        self.duplicates_in_a_row = 0
      else:
        self.duplicates += 1
        self.duplicates_in_a_row += 1
    if record.charged:
      self.sources.setdefault(record.canonical_key, record.trial_id)
    if record.status is Status.QUEUED:
      self.queue.append(record)
    elif record.status is Status.WAITING and record.source_trial is not None:
      self.waiting.setdefault(record.source_trial, []).append(record)

  def start(self, record: TrialRecord) -> None:
    """Follows the start of an attempt."""
    self.running[record.trial_id] = record

  def requeue(self, record: TrialRecord) -> None:
    """Follows a crash that is followed by another attempt, before others."""
    self.running.pop(record.trial_id, None)
    # In the order of creation, which is the order that the log restores.
    self.queue = collections.deque(
      sorted([record, *self.queue], key=lambda each: each.trial_id)
    )

  def settle(self, record: TrialRecord) -> None:
    """Follows a trial that has its outcome."""
    self.running.pop(record.trial_id, None)
    self.waiting.pop(record.trial_id, None)
    self.settled += 1
    if record.learnable and record.reward is not None:
      lesson = Lesson(record.as_proposal(), record.reward, record.status)
      self.unlearned.append(Unlearned(record.trial_id, lesson))
    if record.charged:
      self._count(record)
    elif not record.learnable:
      self.references[record.trial_id] = record

  def take_lessons(self, count: int) -> list[Unlearned]:
    """Removes and returns the `count` oldest unlearned trials."""
    return [self.unlearned.popleft() for _ in range(count)]

  def in_flight(self) -> list[TrialRecord]:
    """Returns the trials still to settle and to be learned, in order."""
    waiting = [record for group in self.waiting.values() for record in group]
    records = [*self.queue, *self.running.values(), *waiting]
    return sorted(
      (record for record in records if record.learnable),
      key=lambda record: record.trial_id,
    )

  def pending(self) -> list[Proposal]:
    """Returns the proposals of the trials in flight."""
    return [record.as_proposal() for record in self.in_flight()]

  def mean_reward(self) -> float | None:
    """Returns the mean reward of the completed charged trials."""
    return self.rewards / self.completed if self.completed else None

  def _count(self, record: TrialRecord) -> None:
    self.charged += 1
    self.since_best += 1
    if record.status.failed or record.reward is None:
      self.failed += 1
      return
    self.completed += 1
    self.rewards += record.reward
    if self.best is None or record.reward > (self.best.reward or 0.0):
      self.best = record
      self.since_best = 0
