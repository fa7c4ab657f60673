"""What crosses the pipe comes back whole, and nothing else is an outcome."""

import json

import pytest

from nasnet_search.trials import Measurement, Outcome, Status
from nasnet_search.workers import messages


@pytest.fixture
def trial(make_trial):
  """Returns the trial that a worker was given."""
  return make_trial(7, 0, attempt=2)


def test_a_measurement_comes_back_to_the_last_digit(trial):
  values = {
    'accuracy': 0.1 + 0.2,
    'least': 5e-324,
    'größe': 1.7976931348623e308,
  }
  measurement = Measurement(values, {'loss': (1 / 3, 2.0), 'none': ()})
  outcome = Outcome(trial, Status.COMPLETED, measurement, '', 1 / 7)
  message = messages.encode(outcome)
  assert message.count(b'\n') == 1
  assert message.endswith(b'\n')
  assert messages.decode(message[:-1], trial) == outcome


@pytest.mark.parametrize('status', [each for each in Status if each.failed])
def test_a_failure_comes_back(trial, status):
  outcome = Outcome(trial, status, None, 'why\nin two lines', 0.5)
  assert messages.decode(messages.encode(outcome).strip(), trial) == outcome


@pytest.mark.parametrize(
  'message',
  [
    b'',
    b'ready',
    b'\xff\xfe',
    b'{"trial_id": 7',
    b'{"trial_id": 7, "attempt": 2}',
    b'[7, 2]',
    b'7',
    b'[' * 100_000,
  ],
)
def test_anything_else_is_no_outcome(trial, message):
  with pytest.raises(ValueError, match='Expected the outcome of trial 7'):
    messages.decode(message, trial)


@pytest.mark.parametrize(
  ('name', 'value'),
  [
    ('trial_id', 8),
    ('attempt', 1),
    ('status', 'splendid'),
    ('measurement', [{}]),
    ('measurement', [{}, [1.0]]),
  ],
)
def test_a_field_that_does_not_fit_is_noticed(trial, name, value):
  """Such as the outcome of the attempt before."""
  fields = json.loads(messages.encode(Outcome(trial, Status.CRASHED)))
  fields[name] = value
  with pytest.raises(ValueError, match='Expected the outcome of trial 7'):
    messages.decode(json.dumps(fields).encode(), trial)
