"""The search loop: proposals out, outcomes in, every step logged.

One coordinator, one thread. Each step is logged before anything depends on
it, so the loop can be killed anywhere and continued from the log:

  propose   logged with all its trials before any of them is started
  attempt   logged before it is handed to a worker
  outcome   logged with the duplicates it settles
  learn     logged with the digest of the state it led to
  confirm   logged with all confirmations before any of them is started

How many architectures are proposed at once is a function of what the log
holds: enough to fill the controller's next batch, so that one policy update
sees children of one policy. Only when all of them are under way and a worker
is still free is more proposed than that, one for each free worker.
"""

import collections
import dataclasses
import hashlib
import time
from collections.abc import Sequence

from nasnet_search.cells.search_space import SearchSpace
from nasnet_search.config import RunConfig
from nasnet_search.controllers.protocol import Controller
from nasnet_search.evaluators import early_stopping
from nasnet_search.evaluators.config import ProxyConfig
from nasnet_search.evaluators.protocol import Evaluator, Refused
from nasnet_search.runs import naming, observer, stopping
from nasnet_search.runs.opening import OpenRun
from nasnet_search.runs.proposing import confirming_trials, proposed_trials
from nasnet_search.runs.records import TrialRecord
from nasnet_search.runs.settling import Settling
from nasnet_search.runs.store import RunStore
from nasnet_search.trials import Status, Trial
from nasnet_search.workers.protocol import Workers

_POLL_SECONDS = 0.5


@dataclasses.dataclass(frozen=True)
class Parts:
  """What the loop puts together.

  Attributes:
    space: The search space.
    controller: Who proposes and learns.
    evaluator: Checks architectures and knows chance level; the evaluations
      themselves run in the workers.
    workers: Where evaluations run.
    store: The log.
    reward: Name of the reward.
    seed: Seed of the run.
    proxy: Which children are given up early.
  """

  space: SearchSpace
  controller: Controller
  evaluator: Evaluator
  workers: Workers
  store: RunStore
  reward: str
  seed: int
  proxy: ProxyConfig = ProxyConfig()


class SearchLoop:
  """Runs a search until it has reached its goal or is stopped.

  Args:
    parts: What it puts together.
    config: When to stop.
    run: The run as it was opened.
    observers: Who is told of each step.

  Attributes:
    interrupted: Whether it was asked to stop, by Ctrl-C or by termination.
  """

  def __init__(
    self,
    parts: Parts,
    config: RunConfig,
    run: OpenRun,
    observers: Sequence[observer.Observer],
  ) -> None:
    self._parts = parts
    self._config = config
    self._progress = run.progress
    self._learned = run.learned
    self._observers = observers
    self._stop_rule = stopping.StopRule(config, run.hours_used)
    self._settling = Settling(
      parts.store, parts.evaluator, parts.reward, run.progress, self._tell
    )
    self.interrupted = False
    self._answered = False

  def run(self) -> str:
    """Runs the search.

    Returns:
      Why it ended, as a sentence.

    Raises:
      UserError: The first trials, or many in a row, all failed.
      KeyboardInterrupt: The user interrupted twice.
    """
    with stopping.interruptible(self._interrupt):
      while True:
        self._fill()
        if self._progress.running:
          self._collect()
        self._answer()
        self._learn()
        reason = self._stop_reason()
        if reason is not None and not self._progress.running:
          break
    self._name()
    self._parts.store.seen()
    self._parts.store.save_snapshot(
      self._learned, self._parts.controller.save()
    )
    self._tell(observer.Ended(reason))
    return reason

  def _stop_reason(self) -> str | None:
    if self.interrupted:
      return 'Interrupted; start the same command again to go on.'
    return self._stop_rule.reason(self._progress)

  def _fill(self) -> None:
    """Keeps every worker busy, as far as the goal allows."""
    progress, capacity = self._progress, self._parts.workers.capacity
    while len(progress.running) < capacity and self._stop_reason() is None:
      found = self._stop_rule.found_reason(progress)
      if progress.confirmations.open or found is not None:
        if not self._confirm():
          return
      elif progress.queue:
        self._attempt(progress.queue.popleft())
      else:
        self._learn()
        self._propose(capacity - len(progress.running))

  def _propose(self, free: int) -> None:
    """Asks for the rest of the controller's batch, or to fill free workers."""
    progress, parts = self._progress, self._parts
    pending = progress.in_flight()
    missing = (
      parts.controller.batch_size - len(progress.unlearned) - len(pending)
    )
    count = missing if missing > 0 else free
    first = progress.next_proposal
    proposals = parts.controller.propose(first, count, progress.pending())
    records = proposed_trials(
      proposals, parts.space, parts.seed, progress, parts.store
    )
    parts.store.add_trials(
      records,
      {
        'first_index': first,
        'count': count,
        'pending': [trial.trial_id for trial in pending],
        'learned': self._learned,
      },
    )
    for record in records:
      progress.add(record)
      if record.status.settled:
        self._settling.follow(record)

  def _confirm(self) -> bool:
    """Starts a confirmation; returns whether there is one to start."""
    queue = self._progress.confirmations.queue
    if not queue and not self._progress.running:
      self._choose()
    if queue:
      self._attempt(queue.popleft())
      return True
    return False  # What runs may turn out to be among the best.

  def _choose(self) -> None:
    """Chooses which trials to confirm, and logs their confirmations."""
    progress, parts = self._progress, self._parts
    wanted = collections.Counter(self._stop_rule.to_confirm(progress))
    found = parts.store.trials(wanted)
    records = confirming_trials(
      [record for record in found for _ in range(wanted[record.trial_id])],
      progress.next_trial,
      parts.seed,
    )
    parts.store.add_trials(records)
    progress.confirmations.find(found)
    for record in records:
      progress.add(record)
    self._tell(
      observer.Told(
        f'The search is over; the {len(found)} best architectures are valued '
        f'again, in {len(records)} trials.'
      )
    )

  def _name(self) -> None:
    """Names the best by prediction, if that is wanted, and logs it."""
    parts, progress = self._parts, self._progress
    if self._config.best_by == naming.BY_PREDICTION:
      named = naming.log_name(
        parts.store, parts.space, parts.seed, progress.settled
      )
      progress.named = named or progress.named

  def _attempt(self, record: TrialRecord) -> None:
    """Starts a trial, or settles it at once if its architecture is refused."""
    parts = self._parts
    try:
      parts.evaluator.check(record.architecture)
    except Refused as error:
      self._settling.refuse(record, str(error))
      return
    attempt = record.attempts + 1
    parts.store.start_attempt(record.trial_id, attempt)
    record = dataclasses.replace(
      record,
      attempts=attempt,
      status=Status.RUNNING,
      started_at=time.time(),
    )
    self._progress.start(record)
    self._tell(observer.Started(record))
    parts.workers.submit(
      Trial(
        record.trial_id,
        attempt,
        record.architecture,
        record.seed,
        record.purpose,
        self._thresholds(record),
      )
    )

  def _thresholds(self, record: TrialRecord) -> tuple[float, ...]:
    """Returns what a child must reach; confirmations are trained in full."""
    proxy = self._parts.proxy
    if not record.candidate:
      return ()
    return early_stopping.thresholds(
      self._progress.curves, proxy.early_stopping, proxy.early_stopping_after
    )

  def _collect(self) -> None:
    outcomes = self._parts.workers.settled(_POLL_SECONDS)
    for outcome in outcomes:
      self._settling.accept(outcome)
    if not outcomes:
      self._tell(observer.Waited())

  def _learn(self) -> None:
    """Lets the controller learn from every full batch of settled trials."""
    parts, size = self._parts, self._parts.controller.batch_size
    while len(self._progress.unlearned) >= size:
      taken = self._progress.take_lessons(size)
      parts.controller.learn([item.lesson for item in taken])
      self._learned += 1
      state = parts.controller.save()
      due = self._learned % self._config.snapshot_interval == 0
      diagnostics = parts.controller.diagnostics()
      parts.store.add_lesson(
        [item.trial_id for item in taken],
        diagnostics,
        hashlib.sha256(state).hexdigest(),
        (self._learned, state) if due else None,
      )
      self._tell(observer.Learned(self._learned, diagnostics))

  def _tell(self, event: observer.Event) -> None:
    for watch in self._observers:
      watch(event, self._progress)

  def _interrupt(self) -> None:
    """Handles a signal, in the midst of anything: only notes it."""
    if self.interrupted:
      raise KeyboardInterrupt
    self.interrupted = True

  def _answer(self) -> None:
    """Tells that a signal has been heard, as long as there is a wait."""
    if self.interrupted and not self._answered and self._progress.running:
      self._answered = True
      self._tell(
        observer.Told(
          f'Stopping after the {len(self._progress.running)} running trials; '
          'press Ctrl-C again to stop at once. Nothing that has settled is '
          'lost.'
        )
      )
