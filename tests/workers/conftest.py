"""What the tests of the workers share: specs, trials, patience."""

import pytest

from nasnet_search.cells import zoo
from nasnet_search.data.config import DataConfig
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.trials import Trial
from nasnet_search.workers.child_process import EvaluatorSpec
from nasnet_search.workers.config import WorkersConfig
from nasnet_search.workers.local_processes import LocalProcesses
from tests.workers.misbehaving import FOLDER


@pytest.fixture(scope='session')
def make_spec():
  """Returns a function that makes a spec of an evaluator that needs nothing."""

  def make(evaluator, plugin):
    return EvaluatorSpec(
      EvaluatorConfig(evaluator=evaluator),
      ProxyConfig(),
      DataConfig(),
      plugins=(plugin,),
    )

  return make


@pytest.fixture(scope='module')
def spec(make_spec):
  """Returns a spec that workers can make the misbehaving evaluator of."""
  with pytest.MonkeyPatch.context() as patch:
    # A worker imports the plugin by its name, along the path of this process.
    patch.syspath_prepend(FOLDER)
    yield make_spec('misbehaving', 'misbehaving')


@pytest.fixture
def processes(spec):
  """Returns a function that makes worker processes; they end with the test."""
  made = []

  def make(of=spec, **config):
    made.append(LocalProcesses(of, WorkersConfig(**config)))
    return made[-1]

  yield make
  for workers in made:
    workers.close()


@pytest.fixture(scope='session')
def make_trial():
  """Returns a function from an id and a behaviour to a trial."""
  architecture = zoo.load('nasnet_a')

  def make(trial_id, behaviour, attempt=1):
    return Trial(trial_id, attempt, architecture, int(behaviour))

  return make


@pytest.fixture(scope='session')
def wait_for():
  """Returns a function that waits for the outcomes of running trials."""

  def wait(workers, count=1):
    outcomes = []
    for _ in range(240):  # A minute, which no machine should need.
      outcomes += workers.settled(0.25)
      if len(outcomes) >= count:
        return outcomes
    raise AssertionError(f'{count} outcomes did not come: {outcomes}')

  return wait


@pytest.fixture(scope='session')
def run_one(wait_for):
  """Returns a function that runs one trial and returns its outcome."""

  def run(workers, trial):
    workers.submit(trial)
    (outcome,) = wait_for(workers)
    return outcome

  return run


@pytest.fixture(scope='session')
def pids_of(make_trial, wait_for):
  """Returns a function that tells which process serves each slot."""

  def pids(workers):
    for n in range(workers.capacity):
      workers.submit(make_trial(1000 + n, 0))
    outcomes = wait_for(workers, workers.capacity)
    return {int(each.measurement.values['pid']) for each in outcomes}

  return pids
