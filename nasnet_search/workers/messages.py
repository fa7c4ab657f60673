"""What a worker tells its coordinator: lines of JSON.

The first line says that the worker is ready, each other one how a trial
ended. They are plain data: reading one executes nothing, and what a child has
written into the pipe by mistake is told from an outcome.
"""

import json

from nasnet_search.trials import Measurement, Outcome, Status, Trial

READY = b'ready'
"""The first message, without its line break."""

LONGEST = 2**24
"""Bytes of a message at most; `run_attempt` keeps outcomes far below it."""


def encode(outcome: Outcome) -> bytes:
  """Returns an outcome as a message, with its line break."""
  measurement = outcome.measurement
  fields = {
    'trial_id': outcome.trial.trial_id,
    'attempt': outcome.trial.attempt,
    'status': outcome.status.value,
    'measurement': None
    if measurement is None
    else [dict(measurement.values), dict(measurement.curves)],
    'message': outcome.message,
    'seconds': outcome.seconds,
  }
  return json.dumps(fields).encode() + b'\n'


def decode(message: bytes, trial: Trial) -> Outcome:
  """Returns the outcome of a trial that a message tells.

  Args:
    message: The message, without its line break.
    trial: The trial that the worker was given.

  Raises:
    ValueError: It is not the outcome of this trial.
  """
  try:
    fields = json.loads(message)
    if (fields['trial_id'], fields['attempt']) != (
      trial.trial_id,
      trial.attempt,
    ):
      raise ValueError('Expected the trial that the worker was given.')
    measurement = None
    if fields['measurement'] is not None:
      values, curves = fields['measurement']
      measurement = Measurement(
        values, {name: tuple(curve) for name, curve in curves.items()}
      )
    return Outcome(
      trial,
      Status(fields['status']),
      measurement,
      fields['message'],
      fields['seconds'],
    )
  except (
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
  ) as error:
    raise ValueError(
      f'Expected the outcome of trial {trial.trial_id}, attempt '
      f'{trial.attempt}. Received: {message[:80]!r}.'
    ) from error
