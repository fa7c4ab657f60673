"""One attempt: classed by what was raised, where TensorFlow is not at hand."""

import pytest

from nasnet_search.evaluators.protocol import Silent
from nasnet_search.trials import Measurement, Status
from nasnet_search.workers.attempt import run_attempt


class ResourceExhaustedError(Exception):
  """Named as TensorFlow's, whose module must not be imported for its name."""


class Evaluator:
  """Raises or returns what it is given."""

  def __init__(self, result):
    self._result = result
    self.requests = []

  def evaluate(self, request, context):
    self.requests.append(request)
    context.report(1, {})
    if isinstance(self._result, BaseException):
      raise self._result
    return self._result


def test_the_request_is_what_the_trial_says(make_trial):
  trial = make_trial(5, 11, attempt=2)
  evaluator = Evaluator(Measurement({'x': 1.0}))
  outcome = run_attempt(evaluator, trial, Silent())
  (request,) = evaluator.requests
  assert (request.architecture, request.seed, request.purpose) == (
    trial.architecture,
    11,
    'search',
  )
  assert outcome.trial is trial


def test_tensorflow_running_out_of_memory_is_told_by_its_name(make_trial):
  error = ResourceExhaustedError('OOM when allocating a tensor')
  outcome = run_attempt(Evaluator(error), make_trial(0, 0), Silent())
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
  outcome = run_attempt(Evaluator(measurement), make_trial(0, 0), Silent())
  assert outcome.status is Status.DIVERGED
  assert outcome.measurement is None
  assert outcome.message == f'{name} became NaN or infinite.'


def test_only_an_interruption_is_raised(make_trial):
  with pytest.raises(KeyboardInterrupt):
    run_attempt(Evaluator(KeyboardInterrupt()), make_trial(0, 0), Silent())
