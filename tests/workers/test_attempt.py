"""One attempt: classed by what was raised, where TensorFlow is not at hand."""

import re

import pytest

from nasnet_search.evaluators.protocol import Silent
from nasnet_search.trials import Measurement, Status
from nasnet_search.workers.attempt import run_attempt


class ResourceExhaustedError(Exception):
  """Named as TensorFlow's, whose module must not be imported for its name."""


def evaluating(result):
  """Returns an evaluation that raises or returns what it is given."""

  def evaluate(request, context):
    evaluate.requests.append(request)
    context.report(1, {})
    if isinstance(result, BaseException):
      raise result
    return result

  evaluate.requests = []
  return evaluate


def test_the_request_is_what_the_trial_says(make_trial):
  trial = make_trial(5, 11, attempt=2)
  evaluate = evaluating(Measurement({'x': 1.0}))
  outcome = run_attempt(evaluate, trial, Silent())
  (request,) = evaluate.requests
  assert (request.architecture, request.seed, request.purpose) == (
    trial.architecture,
    11,
    'search',
  )
  assert outcome.trial is trial


def test_tensorflow_running_out_of_memory_is_told_by_its_name(make_trial):
  error = ResourceExhaustedError('OOM when allocating a tensor')
  outcome = run_attempt(evaluating(error), make_trial(0, 0), Silent())
  assert outcome.status is Status.OUT_OF_MEMORY
  assert outcome.message == 'OOM when allocating a tensor'


@pytest.mark.parametrize(
  ('measurement', 'name'),
  [
    (Measurement({'x': float('inf')}), 'x'),
    (Measurement({'x': 1.0}, {'loss': (1.0, float('nan'))}), 'loss'),
  ],
)
def test_no_number_that_is_none_gets_into_the_log(
  make_trial, measurement, name
):
  outcome = run_attempt(evaluating(measurement), make_trial(0, 0), Silent())
  assert outcome.status is Status.DIVERGED
  assert outcome.measurement is None
  assert outcome.message == f'{name} became NaN or infinite.'


@pytest.mark.parametrize(
  ('measurement', 'message'),
  [
    (Measurement({3: 1.0}), 'Expected the names .* Received: 3'),
    (Measurement({'x': 10**400}), 'OverflowError'),
    (Measurement({'x': 1.0}, {'loss': 2.0}), 'TypeError'),
    (Measurement(None), 'TypeError'),
    (Measurement({'x': 1.0}, {'loss': ('1', '2')}), 'TypeError'),
  ],
)
def test_what_is_no_measurement_has_crashed(make_trial, measurement, message):
  outcome = run_attempt(evaluating(measurement), make_trial(0, 0), Silent())
  assert outcome.status is Status.CRASHED
  assert re.search(message, outcome.message)
  assert outcome.measurement is None


def test_only_an_interruption_is_raised(make_trial):
  with pytest.raises(KeyboardInterrupt):
    run_attempt(evaluating(KeyboardInterrupt()), make_trial(0, 0), Silent())
