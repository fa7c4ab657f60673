"""One place where a trial can run: its worker, and the limits of both.

A worker serves one trial after another. Whatever has harmed one, or may have,
costs this slot its worker and nobody else anything: the next trial starts a
new one.
"""

import time
from collections.abc import Callable

from nasnet_search.trials import Outcome, Status, Trial
from nasnet_search.workers.config import WorkersConfig
from nasnet_search.workers.worker_process import WorkerLost, WorkerProcess

_GIB = 2**30


class Slot:
  """A place for a trial.

  Args:
    start: Starts a worker.
    limits: How long a trial and the start of a worker may take, and how much
      memory a worker may use.

  Attributes:
    trial: The trial that runs; None while the slot is free.
    worker: What it runs in; None if there is no worker at the moment.
  """

  def __init__(
    self, start: Callable[[], WorkerProcess], limits: WorkersConfig
  ) -> None:
    self.trial: Trial | None = None
    self.worker: WorkerProcess | None = None
    self._start = start
    self._limits = limits
    self._submitted_at = 0.0
    self._failure = ''

  def submit(self, trial: Trial) -> None:
    """Starts a trial, on a new worker if there is none that lives."""
    self.trial, self._submitted_at = trial, time.monotonic()
    if self.worker is not None and self.worker.ended:
      self.close()
    if self.worker is None:
      try:
        self.worker = self._start()
      except OSError as error:
        self._failure = f'No worker process could be started: {error}.'
        return
    self.worker.start(trial)

  def outcome(self) -> Outcome | None:
    """Returns how the trial has ended; None while it runs, or without one."""
    if self.trial is None:
      return None
    outcome = self._outcome(self.trial)
    if outcome is None:
      return None
    self.trial = None
    # What ran out of memory may have left its process in any state.
    if outcome.status is Status.OUT_OF_MEMORY:
      self.close()
    return outcome

  def cancel(self) -> None:
    """Stops the running trial, by way of its process."""
    self.trial = None
    self.close()

  def close(self) -> None:
    """Ends the worker at once."""
    if self.worker is not None:
      self.worker.end()
      self.worker = None

  def _outcome(self, trial: Trial) -> Outcome | None:
    if self.worker is None:
      return self._failed(trial, Status.CRASHED, self._failure)
    try:
      outcome = self.worker.outcome(trial)
    except WorkerLost as error:
      self.worker = None
      return self._failed(trial, Status.CRASHED, str(error))
    if outcome is not None:
      return outcome
    broken = self._broken_limit(self.worker)
    if broken is None:
      return None
    self.close()
    return self._failed(trial, *broken)

  def _broken_limit(self, worker: WorkerProcess) -> tuple[Status, str] | None:
    """Returns the outcome that a limit asks for, and which limit it is."""
    limits, now = self._limits, time.monotonic()
    used = worker.memory / _GIB if limits.worker_memory else 0.0
    if used > limits.worker_memory:
      return Status.OUT_OF_MEMORY, (
        f'The worker used {used:.2f} GiB; the limit is '
        f'{limits.worker_memory:.2f} GiB (--worker_memory).'
      )
    if worker.ready_at is None:
      if now - worker.started_at > limits.worker_start_timeout:
        return Status.CRASHED, (
          f'The worker took longer than {limits.worker_start_timeout:g} s to '
          'import the plugins and to make the evaluator. Mend what hangs '
          'there, or raise the limit (--worker_start_timeout).'
        )
    elif limits.trial_timeout and (
      now - max(self._submitted_at, worker.ready_at) > limits.trial_timeout
    ):
      return Status.TIMEOUT, (
        f'The child took longer than {limits.trial_timeout:g} s '
        '(--trial_timeout).'
      )
    return None

  def _failed(self, trial: Trial, status: Status, message: str) -> Outcome:
    seconds = time.monotonic() - self._submitted_at
    return Outcome(trial, status, None, message, seconds)
