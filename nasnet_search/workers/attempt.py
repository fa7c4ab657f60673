"""One attempt at a trial: whatever happens becomes a classed outcome."""

import time

from nasnet_search.evaluators.protocol import (
  Context,
  Diverged,
  Evaluator,
  Refused,
  Request,
)
from nasnet_search.trials import Outcome, Status, Trial


def run_attempt(
  evaluator: Evaluator, trial: Trial, context: Context
) -> Outcome:
  """Values a trial's architecture and classes whatever goes wrong.

  Args:
    evaluator: What values architectures.
    trial: The trial and attempt.
    context: How the evaluation tells of its progress.

  Returns:
    The outcome; only an interruption of the process is raised.
  """
  begin = time.monotonic()
  request = Request(trial.architecture, trial.seed, trial.purpose)
  measurement, message = None, ''
  try:
    measurement = evaluator.evaluate(request, context)
    status = Status.COMPLETED
  except Exception as error:
    status = _class_of(error)
    message = f'{type(error).__name__}: {error}'
    if status is not Status.CRASHED:
      message = str(error) or message
  return Outcome(trial, status, measurement, message, time.monotonic() - begin)


def _class_of(error: Exception) -> Status:
  if isinstance(error, Diverged):
    return Status.DIVERGED
  if isinstance(error, Refused):
    return Status.INVALID
  # TensorFlow's error is told by its name: this module must not import it.
  if (
    isinstance(error, MemoryError)
    or type(error).__name__ == 'ResourceExhaustedError'
  ):
    return Status.OUT_OF_MEMORY
  return Status.CRASHED
