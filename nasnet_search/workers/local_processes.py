"""Evaluations in worker processes on this machine."""

import contextlib
import functools
import multiprocessing.connection
import os
import time

from nasnet_search.trials import Outcome, Trial
from nasnet_search.workers.child_process import EvaluatorSpec
from nasnet_search.workers.config import WorkersConfig
from nasnet_search.workers.slot import Slot
from nasnet_search.workers.watchdog import Watchdog
from nasnet_search.workers.worker_process import WorkerProcess

_SAMPLE_SECONDS = 0.2
"""How often limits are looked at while waiting for outcomes."""


class LocalProcesses:
  """A fixed number of slots, each with a worker process of its own.

  Args:
    spec: The evaluator that each worker makes.
    config: How many workers, and what each may use.
  """

  def __init__(self, spec: EvaluatorSpec, config: WorkersConfig) -> None:
    self.capacity = config.workers
    threads = config.threads_per_worker or max(
      1, (os.cpu_count() or 1) // config.workers
    )
    watchdog = Watchdog()
    self._slots = [
      Slot(
        functools.partial(
          WorkerProcess,
          spec,
          threads=threads,
          gpu=config.gpus[index % len(config.gpus)] if config.gpus else '',
          watchdog=watchdog,
        ),
        config,
      )
      for index in range(config.workers)
    ]
    # Closes everything, even if Ctrl-C comes while something is closed.
    self._closing = contextlib.ExitStack()
    self._closing.callback(watchdog.close)
    for slot in self._slots:
      self._closing.callback(slot.cancel)

  def submit(self, trial: Trial) -> None:
    """Starts a trial in a free slot."""
    for slot in self._slots:
      if slot.trial is None:
        slot.submit(trial)
        return
    raise RuntimeError(f'Expected a free worker; all {self.capacity} run.')

  def settled(self, timeout: float) -> list[Outcome]:
    """Waits for outcomes, watching the workers' limits meanwhile."""
    deadline = time.monotonic() + timeout
    while True:
      outcomes = [slot.outcome() for slot in self._slots]
      found = [outcome for outcome in outcomes if outcome is not None]
      remaining = deadline - time.monotonic()
      if found or remaining <= 0:
        return found
      self._wait(min(remaining, _SAMPLE_SECONDS))

  def cancel(self, trial: Trial) -> None:
    """Stops a running trial by ending its worker."""
    for slot in self._slots:
      if slot.trial == trial:
        slot.cancel()

  def close(self) -> None:
    """Ends all workers at once, whatever they do."""
    self._closing.close()

  def _wait(self, seconds: float) -> None:
    """Waits until a worker that runs a trial says something, or ends."""
    multiprocessing.connection.wait(
      [
        slot.worker.fileno()
        for slot in self._slots
        if slot.trial and slot.worker
      ],
      seconds,
    )
