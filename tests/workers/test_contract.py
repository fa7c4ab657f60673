"""What every kind of workers must do, in this process and in others."""

import os

import pytest

from nasnet_search.trials import Measurement, Status
from nasnet_search.workers.config import WorkersConfig
from nasnet_search.workers.factory import make_workers
from tests.workers.misbehaving import Behaviour

EXPECTED = {
  Behaviour.COMPLETE: (Status.COMPLETED, ''),
  Behaviour.RAISE: (Status.CRASHED, 'RuntimeError: a bug in the evaluator'),
  Behaviour.RAISE_SILENTLY: (Status.CRASHED, 'ValueError'),
  Behaviour.RAISE_UNPICKLABLE: (Status.CRASHED, 'Unreadable: odd'),
  Behaviour.RAISE_UNPRINTABLE: (
    Status.CRASHED,
    'Unprintable: its message cannot be told: RuntimeError',
  ),
  Behaviour.RAISE_UNENCODABLE: (
    Status.CRASHED,
    r'OSError: no file caf\udce9',
  ),
  Behaviour.RAISE_AT_LENGTH: (
    Status.CRASHED,
    ('ValueError: ' + 'long ' * 1000)[:4000] + ' …',
  ),
  Behaviour.RECURSE: (
    Status.CRASHED,
    'RecursionError: maximum recursion depth exceeded',
  ),
  Behaviour.EXIT: (Status.CRASHED, 'SystemExit: 3'),
  Behaviour.DIVERGE: (Status.DIVERGED, 'the loss became NaN'),
  Behaviour.MEASURE_NAN: (
    Status.DIVERGED,
    'closeness became NaN or infinite.',
  ),
  Behaviour.MEASURE_NOTHING: (
    Status.CRASHED,
    'TypeError: Expected the evaluator to return a Measurement. Received: str.',
  ),
  Behaviour.MEASURE_TEXT: (
    Status.CRASHED,
    'TypeError: must be real number, not str',
  ),
  Behaviour.MEASURE_NUMPY: (Status.COMPLETED, ''),
  Behaviour.MEASURE_ENORMOUSLY: (
    Status.CRASHED,
    'ValueError: Expected a measurement of at most 100,000 numbers. Received: '
    '10,000,001.',
  ),
  Behaviour.MEASURE_UNPICKLABLY: (Status.COMPLETED, ''),
  Behaviour.REFUSE: (Status.INVALID, 'too large by 10 parameters'),
  Behaviour.RUN_OUT_OF_MEMORY: (Status.OUT_OF_MEMORY, 'MemoryError'),
}


@pytest.fixture(
  scope='module',
  params=[0, 1, 2],
  ids=['in this process', 'one process', 'two processes'],
)
def workers(request, spec):
  """Returns workers of each kind."""
  made = make_workers(spec, WorkersConfig(workers=request.param))
  yield made
  made.close()


def test_capacity(workers, request):
  number = request.node.callspec.params['workers']
  assert workers.capacity == max(1, number)


def test_nothing_settles_where_nothing_runs(workers):
  assert workers.settled(0.01) == []


@pytest.mark.parametrize('behaviour', EXPECTED, ids=lambda each: each.name)
def test_an_outcome_is_classed(workers, make_trial, run_one, behaviour):
  trial = make_trial(3, behaviour, attempt=2)
  outcome = run_one(workers, trial)
  assert outcome.trial == trial
  assert (outcome.status, outcome.message) == EXPECTED[behaviour]
  assert (outcome.measurement is None) == outcome.status.failed
  assert outcome.seconds >= 0


def test_a_measurement_comes_through_whole(workers, make_trial, run_one):
  outcome = run_one(workers, make_trial(0, Behaviour.COMPLETE))
  pid = outcome.measurement.values['pid']
  assert outcome.measurement == Measurement(
    {'closeness': 0.75, 'pid': pid}, {'loss': (2.0, 1.5)}
  )


def test_a_measurement_is_plain_whatever_it_was(workers, make_trial, run_one):
  """The log could not write a number of NumPy, nor Python read it back."""
  outcome = run_one(workers, make_trial(0, Behaviour.MEASURE_NUMPY))
  assert outcome.measurement == Measurement(
    {'closeness': 0.75}, {'loss': (2.0, 1.5)}
  )
  (curve,) = outcome.measurement.curves.values()
  assert type(outcome.measurement.values['closeness']) is float
  assert {type(curve), type(curve[0])} == {tuple, float}
  outcome = run_one(workers, make_trial(0, Behaviour.MEASURE_UNPICKLABLY))
  assert type(outcome.measurement) is Measurement


def test_as_many_run_as_there_is_capacity(workers, make_trial, wait_for):
  trials = [make_trial(n, Behaviour.WAIT) for n in range(workers.capacity)]
  for trial in trials:
    workers.submit(trial)
  with pytest.raises(RuntimeError, match='Expected a free worker'):
    workers.submit(make_trial(9, Behaviour.COMPLETE))
  outcomes = wait_for(workers, len(trials))
  assert {outcome.trial.trial_id for outcome in outcomes} == {
    trial.trial_id for trial in trials
  }
  pids = {outcome.measurement.values['pid'] for outcome in outcomes}
  assert len(pids) == workers.capacity


def test_a_cancelled_trial_has_no_outcome(workers, make_trial, run_one):
  trial = make_trial(0, Behaviour.HANG)
  workers.submit(trial)
  workers.cancel(trial)
  assert workers.settled(0.01) == []
  outcome = run_one(workers, make_trial(1, Behaviour.COMPLETE))
  assert outcome.trial.trial_id == 1


def test_cancelling_what_does_not_run_changes_nothing(
  workers, make_trial, wait_for
):
  trial = make_trial(1, Behaviour.COMPLETE)
  workers.submit(trial)
  workers.cancel(make_trial(1, Behaviour.COMPLETE, attempt=7))
  assert [each.trial for each in wait_for(workers)] == [trial]


def test_only_in_this_process_it_is_this_process(workers, make_trial, run_one):
  outcome = run_one(workers, make_trial(0, Behaviour.COMPLETE))
  pid = outcome.measurement.values['pid']
  assert (pid == os.getpid()) == (type(workers).__name__ == 'InProcessWorkers')
