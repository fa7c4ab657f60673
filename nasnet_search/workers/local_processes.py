"""Evaluations in worker processes on this machine."""

import concurrent.futures
import os
import time

from nasnet_search.trials import Outcome, Trial
from nasnet_search.workers.child_process import EvaluatorSpec
from nasnet_search.workers.config import WorkersConfig
from nasnet_search.workers.slot import Slot

# How often memory is sampled while waiting for outcomes.
_SAMPLE_SECONDS = 0.2


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
    self._slots = [
      Slot(
        spec,
        threads=threads,
        gpu=config.gpus[index % len(config.gpus)] if config.gpus else '',
        timeout=config.trial_timeout,
        memory=config.worker_memory,
      )
      for index in range(config.workers)
    ]

  def submit(self, trial: Trial) -> None:
    """Starts a trial in a free slot."""
    for slot in self._slots:
      if slot.trial is None:
        slot.submit(trial)
        return
    raise RuntimeError(f'Expected a free worker; all {self.capacity} run.')

  def settled(self, timeout: float) -> list[Outcome]:
    """Waits for outcomes, watching the workers' memory meanwhile."""
    deadline = time.monotonic() + timeout
    while True:
      for slot in self._slots:
        slot.watch()
      outcomes = [slot.outcome() for slot in self._slots]
      found = [outcome for outcome in outcomes if outcome is not None]
      remaining = deadline - time.monotonic()
      if found or remaining <= 0:
        return found
      self._wait(min(remaining, _SAMPLE_SECONDS))

  def cancel(self, trial: Trial) -> None:
    """Stops a running trial by replacing its worker."""
    for slot in self._slots:
      if slot.trial == trial:
        slot.cancel()

  def close(self) -> None:
    """Ends all workers."""
    for slot in self._slots:
      slot.close()

  def _wait(self, seconds: float) -> None:
    futures = [slot.future for slot in self._slots if slot.future is not None]
    if futures:
      concurrent.futures.wait(
        futures,
        timeout=seconds,
        return_when=concurrent.futures.FIRST_COMPLETED,
      )
    else:
      time.sleep(seconds)
