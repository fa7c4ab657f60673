"""One attempt at a trial: whatever happens becomes a classed outcome."""

import math
import time

from nasnet_search.evaluators.protocol import (
  Context,
  Diverged,
  Evaluator,
  Refused,
  Request,
)
from nasnet_search.trials import Measurement, Outcome, Status, Trial


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
    measurement = _checked(evaluator.evaluate(request, context))
    status = Status.COMPLETED
  # A plugin may call sys.exit, which must not end the search.
  except (Exception, SystemExit) as error:
    status = _class_of(error)
    message = str(error)
    if status is Status.CRASHED or not message:
      message = f'{type(error).__name__}: {error}'.removesuffix(': ')
  return Outcome(trial, status, measurement, message, time.monotonic() - begin)


def _checked(measurement: Measurement) -> Measurement:
  """Returns a measurement if it can be learned from and logged."""
  if not isinstance(measurement, Measurement):
    raise TypeError(
      f'Expected the evaluator to return a Measurement. Received: '
      f'{type(measurement).__name__}.'
    )
  series = [
    *((name, (value,)) for name, value in measurement.values.items()),
    *measurement.curves.items(),
  ]
  for name, values in series:
    if not all(map(math.isfinite, values)):
      raise Diverged(f'{name} became NaN or infinite.')
  return measurement


def _class_of(error: BaseException) -> Status:
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
