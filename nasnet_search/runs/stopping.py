"""When a search stops: goals, limits, failures, Ctrl-C."""

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
    if progress.charged >= config.trials:
      return f'All {config.trials} trials have settled.'
    if progress.duplicates_in_a_row >= DUPLICATES_IN_A_ROW:
      return (
        f'The last {progress.duplicates_in_a_row} proposals were duplicates: '
        'the policy has collapsed or the space is exhausted.'
      )
    if config.patience and progress.since_best >= config.patience:
      return f'No better reward in the last {progress.since_best} trials.'
    hours = (time.monotonic() - self._begin) / 3600
    if config.max_hours and hours >= config.max_hours:
      return f'The limit of {config.max_hours:g} hours is reached.'
    return None


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
