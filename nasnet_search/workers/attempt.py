"""One attempt at a trial: whatever happens becomes a classed outcome."""

import math
import time
from collections.abc import Callable

from nasnet_search.evaluators.early_stopping import Stopping
from nasnet_search.evaluators.protocol import (
  Context,
  Diverged,
  Refused,
  Request,
)
from nasnet_search.trials import Measurement, Outcome, Status, Trial

Evaluate = Callable[[Request, Context], Measurement]
"""The method `evaluate` of an evaluator."""

_MOST_NUMBERS = 100_000
_LONGEST_MESSAGE = 4000


def run_attempt(evaluate: Evaluate, trial: Trial, context: Context) -> Outcome:
  """Values a trial's architecture and classes whatever goes wrong.

  Args:
    evaluate: What values architectures.
    trial: The trial and attempt.
    context: How the evaluation tells of its progress.

  Returns:
    The outcome, plain and of limited size, as the log needs it; only an
    interruption of the process is raised.
  """
  begin = time.monotonic()
  request = Request(trial.architecture, trial.seed, trial.purpose)
  measurement, message = None, ''
  stopping = Stopping(context, trial.thresholds)
  try:
    measurement = stopping.noted(_plain(evaluate(request, stopping)))
    status = Status.COMPLETED
  # A plugin may call sys.exit, which must not end the search.
  except (Exception, SystemExit) as error:
    status = _class_of(error)
    message = _message(error, named=status is Status.CRASHED)
  return Outcome(trial, status, measurement, message, time.monotonic() - begin)


def _plain(measurement: Measurement) -> Measurement:
  """Returns a measurement as floats, if it can be learned from and logged."""
  if not isinstance(measurement, Measurement):
    raise TypeError(
      f'Expected the evaluator to return a Measurement. Received: '
      f'{type(measurement).__name__}.'
    )
  count = len(measurement.values) + sum(map(len, measurement.curves.values()))
  if count > _MOST_NUMBERS:
    raise ValueError(
      f'Expected a measurement of at most {_MOST_NUMBERS:,} numbers. '
      f'Received: {count:,}.'
    )
  return Measurement(
    {
      _name(name): _finite(name, value)
      for name, value in measurement.values.items()
    },
    {
      _name(name): tuple(_finite(name, value) for value in curve)
      for name, curve in measurement.curves.items()
    },
  )


def _name(name: object) -> str:
  if not isinstance(name, str):
    raise TypeError(
      f'Expected the names in a measurement to be strings. Received: {name!r}.'
    )
  return name


def _finite(name: str, value: float) -> float:
  # Raises a TypeError for a string, which `float` would read.
  if not math.isfinite(value):
    raise Diverged(f'{name} became NaN or infinite.')
  return float(value)


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


def _message(error: BaseException, *, named: bool) -> str:
  """Returns what an error says, as text that can be printed and logged."""
  try:
    text = str(error)
  except Exception as other:
    text = f'its message cannot be told: {type(other).__name__}'
  if named or not text:
    text = f'{type(error).__name__}: {text}'.removesuffix(': ')
  if len(text) > _LONGEST_MESSAGE:
    text = f'{text[:_LONGEST_MESSAGE]} …'
  # A file name that is not UTF-8 leaves half a character in a string.
  return text.encode(errors='backslashreplace').decode()
