"""Where a search stands: what is queued, running, settled and not learned.

This is the log's content that the next step depends on, kept in memory. It
is rebuilt from the log when a run is continued, by the same methods that
follow a search as it happens, so both ways lead to the same state.
"""

import bisect
import collections
import dataclasses
from collections.abc import Iterable

from nasnet_search.evaluators import early_stopping
from nasnet_search.runs.confirmations import Confirmations
from nasnet_search.runs.records import TrialRecord
from nasnet_search.trials import Lesson, Origin, Proposal, Status


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
    queue: Trials to be started, in order, but for confirmations.
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
    rewards: Sum of the rewards of completed candidates.
    ranking: The completed candidates, the greatest reward first, each as the
      negative reward and the id of the trial.
    found: The first of them.
    named: The one named by prediction when the search last ended, if that is
      wanted.
    since_best: Candidates settled since the best one was found.
    confirmations: The best of them, valued again.
    references: Settled reference trials, by id.
    curves: Validation accuracies after each epoch of the candidates that were
      trained in full.
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
    self.ranking: list[tuple[float, int]] = []
    self.found: TrialRecord | None = None
    self.named: TrialRecord | None = None
    self.since_best = 0
    self.confirmations = Confirmations()
    self.references: dict[int, TrialRecord] = {}
    self.curves: list[tuple[float, ...]] = []

  @property
  def best(self) -> TrialRecord | None:
    """The best by confirmations; else by prediction; else by its reward."""
    winner = self.confirmations.winner()
    return (self.named or self.found) if winner is None else winner.found

  @property
  def completed(self) -> int:
    """Number of completed candidates."""
    return len(self.ranking)

  def restore(
    self, records: Iterable[TrialRecord], learned: Iterable[int]
  ) -> None:
    """Rebuilds the state from the log.

    Args:
      records: All trials, in the order of creation; none of them running.
      learned: Ids of the trials that the controller has learned.
    """
    records = list(records)
    for record in records:
      self.add(record)
    confirmed = {record.confirms for record in records}
    settled = [record for record in records if record.status.settled]
    self.confirmations.find(
      record for record in settled if record.trial_id in confirmed
    )
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
    if record.candidate:
      self.sources.setdefault(record.canonical_key, record.trial_id)
    self.confirmations.put(record)
    if record.status is Status.QUEUED:
      self._queue_of(record).append(record)
    elif record.status is Status.WAITING and record.source_trial is not None:
      self.waiting.setdefault(record.source_trial, []).append(record)

  def start(self, record: TrialRecord) -> None:
    """Follows the start of an attempt."""
    self.running[record.trial_id] = record

  def requeue(self, record: TrialRecord) -> None:
    """Follows a crash that is followed by another attempt, before others."""
    self.running.pop(record.trial_id, None)
    # In the order of creation, which is the order that the log restores.
    queue = self._queue_of(record)
    ordered = sorted([record, *queue], key=lambda each: each.trial_id)
    queue.clear()
    queue.extend(ordered)

  def settle(self, record: TrialRecord) -> None:
    """Follows a trial that has its outcome."""
    self.running.pop(record.trial_id, None)
    self.waiting.pop(record.trial_id, None)
    self.settled += 1
    if record.learnable and record.reward is not None:
      lesson = Lesson(record.as_proposal(), record.reward, record.status)
      self.unlearned.append(Unlearned(record.trial_id, lesson))
    self.confirmations.put(record)
    self.charged += record.charged
    self.failed += record.charged and record.status.failed
    if record.candidate:
      self._rank(record)
      self._keep_curve(record)
    elif record.origin is Origin.REFERENCE:
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
    """Returns the mean reward of the completed candidates."""
    return self.rewards / self.completed if self.completed else None

  def _queue_of(self, record: TrialRecord) -> collections.deque[TrialRecord]:
    confirms = record.origin is Origin.CONFIRMATION
    return self.confirmations.queue if confirms else self.queue

  def _keep_curve(self, record: TrialRecord) -> None:
    found = record.measurement
    if found is not None and early_stopping.in_full(found):
      self.curves.append(tuple(found.curves[early_stopping.METRIC]))

  def _rank(self, record: TrialRecord) -> None:
    self.since_best += 1
    if record.status.failed or record.reward is None:
      return
    self.rewards += record.reward
    # Of equal rewards the one that settled first stays the best.
    bisect.insort(
      self.ranking,
      (-record.reward, record.trial_id),
      key=lambda item: item[0],
    )
    if self.ranking[0][1] == record.trial_id:
      self.found = record
      self.since_best = 0
