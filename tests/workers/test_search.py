"""A search whose children do their worst goes on to its end."""

import math

import pytest

from nasnet_search.config import GoalConfig, RunConfig, SearchConfig
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.randomness import derived_seed
from nasnet_search.runs.reading import RunReader
from nasnet_search.search import search
from nasnet_search.trials import Status
from nasnet_search.workers.config import WorkersConfig
from tests.workers.misbehaving import Behaviour, plan
from tests.workers.processes import children, descriptors, gone, sleepers

OUTCOMES = {
  Status.DIVERGED: {'DIVERGE', 'MEASURE_NAN'},
  Status.INVALID: {'REFUSE'},
  Status.OUT_OF_MEMORY: {'RUN_OUT_OF_MEMORY', 'USE_MEMORY'},
  Status.TIMEOUT: {
    'BEGIN_TO_ANSWER',
    'FORK_AND_HANG',
    'HANG',
    'HANG_HOLDING_THE_GIL',
    'HANG_IGNORING_SIGTERM',
    'MULTIPLY_MATRICES',
    'START_PROCESS_AND_HANG',
    'STOP',
  },
  Status.COMPLETED: {
    'CLOSE_OUTPUT',
    'COMPLETE',
    'LEAVE_A_THREAD',
    'MEASURE_NUMPY',
    'PRINT_MEGABYTES',
    'WAIT',
  },
}
# All others crash their worker, or are its fault as far as anybody knows.
EXPECTED = {
  behaviour: next(
    (status for status in OUTCOMES if behaviour.name in OUTCOMES[status]),
    Status.CRASHED,
  )
  for behaviour in Behaviour
  if behaviour.name not in ('MEASURE_UNPICKLABLY', 'USE_MEMORY_FOR_A_WHILE')
}
FEW = (
  Behaviour.HANG,
  Behaviour.DIE_BY_SIGSEGV,
  Behaviour.MEASURE_NAN,
  Behaviour.USE_MEMORY,
  Behaviour.EXIT_AT_ONCE_WELL,
  Behaviour.RAISE_UNENCODABLE,
  Behaviour.MEASURE_NUMPY,
  Behaviour.REFUSE,
)


@pytest.fixture
def run(spec, tmp_path, monkeypatch):
  """Returns a function that runs a search with faults and returns its trials.

  Every other trial has one, so that not too many fail in a row.
  """

  def run(faults, workers, times, limit):
    behaviours = [
      each for fault in faults for each in (Behaviour.COMPLETE, fault)
    ]
    seeds = [derived_seed(0, 'trial', n) for n in range(len(behaviours))]
    (tmp_path / 'plan').mkdir()
    chosen = dict(zip(seeds, behaviours, strict=True))
    plan(monkeypatch, tmp_path / 'plan', chosen, times)
    config = SearchConfig(
      goal=GoalConfig(plugin=spec.plugins),
      controller=ControllerConfig(controller='random', controller_batch_size=3),
      evaluator=spec.evaluator,
      run=RunConfig(
        run_dir=str(tmp_path / 'run'),
        trials=len(behaviours) - 2,  # Two references come first.
      ),
      workers=WorkersConfig(
        workers=workers, trial_timeout=limit, worker_memory=0.3
      ),
    )
    assert search(config).reason.startswith('All ')
    log = RunReader(tmp_path / 'run' / 'run.sqlite3')
    assert 'ignored_outcome' not in {each['kind'] for each in log.events()}
    trials = log.trials()
    log.close()
    return trials[: len(behaviours)]

  return run


def check(trials, faults, times):
  """Checks trials against the table of outcomes in the design."""
  for trial, fault in zip(trials[1::2], faults, strict=True):
    status, attempts = EXPECTED[fault], 1
    if status is Status.CRASHED:
      attempts = 3 if times > 1 else 2
      status = Status.CRASHED if times > 1 else Status.COMPLETED
    reward = {Status.COMPLETED: 0.75, Status.CRASHED: None}.get(status, 0.0)
    found = (trial.status, trial.attempts, trial.reward)
    assert found == (status, attempts, reward), fault.name
  for trial in trials[::2]:
    assert (trial.status, trial.attempts) == (Status.COMPLETED, 1)


def test_slots_are_replaced_and_the_search_goes_on(run):
  before, opened = children(), descriptors()
  check(run(FEW, 2, math.inf, limit=1.5), FEW, math.inf)
  assert children() == before
  assert descriptors() == opened


@pytest.mark.slow
@pytest.mark.parametrize('workers', [1, 2])
@pytest.mark.parametrize('times', [1, math.inf], ids=['once', 'always'])
def test_every_fault_in_one_search(run, workers, times):
  """What crashes once is valued by its second attempt, with the same seed."""
  before, asleep, opened = children(), sleepers(), descriptors()
  faults = [fault for fault in EXPECTED if fault is not Behaviour.COMPLETE]
  check(run(faults, workers, times, limit=3.0), faults, times)
  assert children() == before
  assert descriptors() == opened
  assert gone(sleepers() - asleep)
