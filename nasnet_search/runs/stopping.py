"""When a search stops: goals, limits, failures, Ctrl-C.

With --confirm_top a search has two parts. The first one finds architectures
and ends early enough that the trials which are left suffice to confirm the
best ones, whichever they will be. The second one confirms them. Whoever is
among the best of a search that went on has been confirmed before, maybe: those
confirmations are kept, and count. What was chosen to be confirmed is confirmed
before anything else is found.
"""

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

from nasnet_search.cells.errors import UserError
from nasnet_search.config import RunConfig
from nasnet_search.runs.progress import Progress
from nasnet_search.runs.records import TrialRecord

FIRST_FAILURES = 5
"""Failures that end a start whose trials have all failed."""
FAILURES_IN_A_ROW = 20
"""Failures in a row that end a start."""
DUPLICATES_IN_A_ROW = 200
"""Duplicates in a row after which there is nothing new to propose."""


class StopRule:
  """Tells whether a search has reached its goal or a limit.

  Args:
    config: The goal and the limits.
    hours_used: Hours that earlier starts of the run have used.
  """

  def __init__(self, config: RunConfig, hours_used: float) -> None:
    self._config = config
    self._begin = time.monotonic() - 3600 * hours_used

  def reason(self, progress: Progress) -> str | None:
    """Returns why the search is to stop, or None to go on."""
    config = self._config
    found = self.found_reason(progress)
    confirms = progress.confirmations.open or self.to_confirm(progress)
    if found is not None and not confirms:
      return found + self._unconfirmed(progress)
    hours = (time.monotonic() - self._begin) / 3600
    if config.max_hours and hours >= config.max_hours:
      return f'The limit of {config.max_hours:g} hours is reached.'
    return None

  def found_reason(self, progress: Progress) -> str | None:
    """Returns why nothing more is to be found, or None to go on finding."""
    config = self._config
    if progress.charged >= config.trials:
      return f'All {config.trials} trials have settled.'
    if self._under_way(progress) + self._reserved(progress) >= config.trials:
      return (
        f'{progress.charged} of {config.trials} trials have settled, and the '
        'rest is what confirming the best could take.'
      )
    if progress.duplicates_in_a_row >= DUPLICATES_IN_A_ROW:
      return (
        f'The last {progress.duplicates_in_a_row} proposals were duplicates: '
        'the policy has collapsed or the space is exhausted.'
      )
    if config.patience and progress.since_best >= config.patience:
      return f'No better reward in the last {progress.since_best} trials.'
    return None

  def to_confirm(self, progress: Progress) -> list[int]:
    """Returns the trials to be confirmed as things stand, the best first.

    A trial is in it as often as it is to be confirmed once more.
    """
    left = self._config.trials - self._under_way(progress)
    return [
      trial
      for trial in self._best(progress)
      for _ in range(self._missing(progress, trial))
    ][: max(0, left)]

  def _reserved(self, progress: Progress) -> int:
    """Returns how many confirmations there may still have to be."""
    config = self._config
    most = config.confirm_top * config.confirm_repeats
    best = self._best(progress)
    unknown = (config.confirm_top - len(best)) * config.confirm_repeats
    missing = sum(self._missing(progress, trial) for trial in best)
    # Each trial that runs, and one more, may displace one that is confirmed.
    displaced = (1 + len(progress.running)) * config.confirm_repeats
    return min(most, unknown + missing + displaced)

  def _under_way(self, progress: Progress) -> int:
    """Returns how many trials are spent, those that run included."""
    running = sum(trial.charged for trial in progress.running.values())
    return progress.charged + running

  def _best(self, progress: Progress) -> list[int]:
    return [trial for _, trial in progress.ranking[: self._config.confirm_top]]

  def _missing(self, progress: Progress, trial: int) -> int:
    have = progress.confirmations.count(trial)
    return max(0, self._config.confirm_repeats - have)

  def _unconfirmed(self, progress: Progress) -> str:
    """Returns a remark on what the trials did not suffice to confirm."""
    missing = sum(self._missing(progress, t) for t in self._best(progress))
    if not missing:
      return ''
    return (
      f' {missing} confirmations are missing: raise --trials to '
      f'{progress.charged + missing} or more.'
    )


class FailureWatch:
  """Stops a search in which everything fails.

  It counts from the start of the coordinator, so that a search whose cause
  of failure was mended can be continued.
  """

  def __init__(self) -> None:
    self._settled = 0
    self._in_a_row = 0

  def settled(self, record: TrialRecord) -> None:
    """Follows a trial that was valued, not a duplicate.

    Raises:
      UserError: The first trials, or many in a row, all failed; the message
        names the cause.
    """
    self._settled += 1
    self._in_a_row = self._in_a_row + 1 if record.status.failed else 0
    only_failures = self._in_a_row == self._settled == FIRST_FAILURES
    if only_failures or self._in_a_row == FAILURES_IN_A_ROW:
      raise UserError(
        f'The search stops, because its last {self._in_a_row} trials all '
        f'failed. The last one, trial {record.trial_id}, ended as '
        f'{record.status.value}: {record.message} Mend the cause and start '
        'the same command again: it continues this run.'
      )


@contextlib.contextmanager
def interruptible(interrupt: Callable[[], None]) -> Iterator[None]:
  """Calls `interrupt` on Ctrl-C and on a request to terminate.

  Args:
    interrupt: What to do; it may raise `KeyboardInterrupt`.
  """
  if threading.current_thread() is not threading.main_thread():
    yield  # Only the main thread may handle signals.
    return

  def handle(number: int, frame: FrameType | None) -> None:
    del number, frame
    interrupt()

  before = {
    number: signal.signal(number, handle)
    for number in (signal.SIGINT, signal.SIGTERM)
  }
  try:
    yield
  finally:
    for number, handler in before.items():
      signal.signal(number, handler)
