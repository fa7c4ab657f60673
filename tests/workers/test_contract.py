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
  Behaviour.DIVERGE: (Status.DIVERGED, 'the loss became NaN'),
  Behaviour.MEASURE_NAN: (
    Status.DIVERGED,
    'closeness became NaN or infinite.',
  ),
  Behaviour.REFUSE: (Status.INVALID, 'too large by 10 parameters'),
  Behaviour.RUN_OUT_OF_MEMORY: (Status.OUT_OF_MEMORY, 'MemoryError'),
  Behaviour.MEASURE_NOTHING: (
    Status.CRASHED,
    'TypeError: Expected the evaluator to return a Measurement. Received: str.',
  ),
  Behaviour.EXIT: (Status.CRASHED, 'SystemExit: 3'),
  Behaviour.RAISE_UNPICKLABLE: (Status.CRASHED, 'Unreadable: odd'),
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
def test_an_outcome_is_classed(workers, make_trial, wait_for, behaviour):
  trial = make_trial(3, behaviour, attempt=2)
  workers.submit(trial)
  (outcome,) = wait_for(workers)
  assert outcome.trial == trial
  assert (outcome.status, outcome.message) == EXPECTED[behaviour]
  assert (outcome.measurement is None) == outcome.status.failed
  assert outcome.seconds >= 0


def test_a_measurement_comes_through_whole(workers, make_trial, wait_for):
  workers.submit(make_trial(0, Behaviour.COMPLETE))
  (outcome,) = wait_for(workers)
  pid = outcome.measurement.values['pid']
  assert outcome.measurement == Measurement(
    {'closeness': 0.75, 'pid': pid}, {'loss': (2.0, 1.5)}
  )


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


def test_a_cancelled_trial_has_no_outcome(workers, make_trial, wait_for):
  trial = make_trial(0, Behaviour.HANG)
  workers.submit(trial)
  workers.cancel(trial)
  assert workers.settled(0.01) == []
  workers.submit(make_trial(1, Behaviour.COMPLETE))
  assert [each.trial.trial_id for each in wait_for(workers)] == [1]


def test_cancelling_what_does_not_run_changes_nothing(
  workers, make_trial, wait_for
):
  trial = make_trial(1, Behaviour.COMPLETE)
  workers.submit(trial)
  workers.cancel(make_trial(1, Behaviour.COMPLETE, attempt=7))
  assert [each.trial for each in wait_for(workers)] == [trial]


def test_only_in_this_process_it_is_this_process(workers, make_trial, wait_for):
  workers.submit(make_trial(0, Behaviour.COMPLETE))
  pid = wait_for(workers)[0].measurement.values['pid']
  assert (pid == os.getpid()) == (type(workers).__name__ == 'InProcessWorkers')
