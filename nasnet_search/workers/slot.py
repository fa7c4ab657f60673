"""One place where a trial can run: a process pool of a single worker.

A broken Pebble pool does not recover, and killing an idle worker breaks it.
So every worker has a pool of its own: a break costs one slot, which replaces
its pool and goes on, and each slot has its own GPU and threads.
"""

import concurrent.futures
import contextlib
import multiprocessing
import multiprocessing.process
import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pebble
import psutil

from nasnet_search.trials import Outcome, Status, Trial
from nasnet_search.workers import child_process

_GIB = 2**30
# A spawned worker imports TensorFlow afresh; a forked one would inherit the
# coordinator's threads and locks.
_CONTEXT = multiprocessing.get_context('spawn')


class Slot:
  """A worker process and the trial it runs.

  Args:
    spec: The evaluator that the worker makes.
    threads: CPU threads of the worker.
    gpu: Index of the worker's GPU, empty for none.
    timeout: Seconds that a trial may take, 0 for no limit.
    memory: Resident memory, in GiB, that the worker may use, 0 for no limit.
  """

  def __init__(
    self,
    spec: child_process.EvaluatorSpec,
    *,
    threads: int,
    gpu: str,
    timeout: float,
    memory: float,
  ) -> None:
    self.trial: Trial | None = None
    self.future: concurrent.futures.Future[Outcome] | None = None
    self._settings = (spec, os.getpid(), threads, gpu)
    self._timeout = timeout or None
    self._memory = memory * _GIB
    self._begin = 0.0
    self._exceeded = ''
    self._open()

  def submit(self, trial: Trial) -> None:
    """Starts a trial, on a new worker if the old one has died."""
    if not self._pool.active:
      self.replace()
    self.trial, self._begin, self._exceeded = trial, time.monotonic(), ''
    self.future = self._pool.schedule(
      child_process.run, args=(trial,), timeout=self._timeout
    )

  def watch(self) -> None:
    """Kills the worker if it uses more memory than it may."""
    if self.future is None or not self._memory or self._exceeded:
      return
    worker = self._worker()
    if worker is None:
      return
    with contextlib.suppress(psutil.Error):
      used = psutil.Process(worker.pid).memory_info().rss
      if used > self._memory:
        self._exceeded = (
          f'The worker used {used / _GIB:.2f} GiB; the limit is '
          f'{self._memory / _GIB:.2f} GiB (--worker_memory).'
        )
        worker.kill()

  def outcome(self) -> Outcome | None:
    """Returns how the trial ended, or None while it runs."""
    if self.trial is None or self.future is None:
      return None
    if not self.future.done() and self._pool.active:
      return None
    outcome = self._outcome(self.trial, self.future)
    self.trial = self.future = None
    # What ran out of memory may have left its process in any state, and a
    # worker that died may have held a lock of its pool.
    if (
      outcome.status is Status.OUT_OF_MEMORY
      or self._died
      or not self._pool.active
    ):
      self.replace()
    return outcome

  def cancel(self) -> None:
    """Stops the running trial, by way of its process."""
    self.trial = self.future = None
    self.replace()

  def replace(self) -> None:
    """Ends the worker and its pool and starts new ones."""
    self.close()
    self._open()

  def close(self) -> None:
    """Ends the worker at once."""
    self._pool.stop()
    worker = self._worker()
    if worker is not None:
      worker.kill()
    with contextlib.suppress(RuntimeError):
      self._pool.join()

  def _open(self) -> None:
    self._pid: Any = _CONTEXT.Value('i', 0)
    self._died = False
    self._pool = pebble.ProcessPool(
      max_workers=1,
      context=_CONTEXT,
      initializer=child_process.start,
      initargs=(*self._settings, self._pid),
    )
    with _interrupts_held_back():
      # Starts the worker, so that it is ready when a trial comes.
      self._pool.active  # noqa: B018

  def _worker(self) -> multiprocessing.process.BaseProcess | None:
    """Returns the worker, None if it is still starting or has died.

    Found among the children of this process: the id alone may be another
    process' by now.
    """
    for process in multiprocessing.active_children():
      if process.pid == self._pid.value:
        return process
    return None

  def _outcome(
    self, trial: Trial, future: 'concurrent.futures.Future[Outcome]'
  ) -> Outcome:
    seconds = time.monotonic() - self._begin
    if self._exceeded:
      return Outcome(trial, Status.OUT_OF_MEMORY, None, self._exceeded, seconds)
    if not future.done():
      return Outcome(
        trial, Status.CRASHED, None, 'The worker process died.', seconds
      )
    error = future.exception()
    if error is None:
      return future.result()
    if self._timeout and isinstance(error, concurrent.futures.TimeoutError):
      message = (
        f'The child took longer than {self._timeout:g} s (--trial_timeout).'
      )
      return Outcome(trial, Status.TIMEOUT, None, message, seconds)
    message = f'{type(error).__name__}: {error}'
    if isinstance(error, pebble.ProcessExpired):
      self._died = True
      message = f'The worker process died (exit code {error.exitcode}).'
    return Outcome(trial, Status.CRASHED, None, message, seconds)


@contextlib.contextmanager
def _interrupts_held_back() -> Iterator[None]:
  """Keeps Ctrl-C from the processes and threads started within, for ever.

  A terminal sends it to the workers too, and one that is still importing
  could not ignore it yet. This process hears of it afterwards: a process
  started by halves would complain.
  """
  held: list[int] = []
  is_main = threading.current_thread() is threading.main_thread()
  if is_main:
    handler = signal.signal(signal.SIGINT, lambda *_: held.append(1))
  mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
  try:
    yield
  finally:
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    if is_main:
      signal.signal(signal.SIGINT, handler)
      if held:
        signal.raise_signal(signal.SIGINT)
