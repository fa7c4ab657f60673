"""Evaluations in the coordinator's own process, one at a time.

For debugging, for cheap evaluators and for machines without room for a
second TensorFlow. Limits of time and memory need a process to kill, so they
are not enforced here.
"""

from nasnet_search.evaluators.protocol import Evaluator, Silent
from nasnet_search.trials import Outcome, Trial
from nasnet_search.workers.attempt import run_attempt


class InProcessWorkers:
  """Runs a trial while its outcome is asked for.

  Args:
    evaluator: What values architectures.
  """

  def __init__(self, evaluator: Evaluator) -> None:
    self.capacity = 1
    self._evaluator = evaluator
    self._trial: Trial | None = None

  def submit(self, trial: Trial) -> None:
    """Keeps the trial until `settled` runs it."""
    if self._trial is not None:
      raise RuntimeError('Expected a free worker; one trial is running.')
    self._trial = trial

  def settled(self, timeout: float) -> list[Outcome]:
    """Runs the submitted trial, if any, to its end, however long it takes."""
    del timeout
    if self._trial is None:
      return []
    trial, self._trial = self._trial, None
    return [run_attempt(self._evaluator.evaluate, trial, Silent())]

  def cancel(self, trial: Trial) -> None:
    """Forgets the trial if it has not begun."""
    if self._trial == trial:
      self._trial = None

  def close(self) -> None:
    """Forgets the submitted trial."""
    self._trial = None
