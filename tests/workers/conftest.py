"""What the tests of the workers share: specs, trials, patience."""

import pytest

from nasnet_search.cells import zoo
from nasnet_search.data.config import DataConfig
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.trials import Trial
from nasnet_search.workers.child_process import EvaluatorSpec
from tests.workers.misbehaving import FOLDER


@pytest.fixture(scope='module')
def spec():
  """Returns a spec that workers can make the misbehaving evaluator of."""
  with pytest.MonkeyPatch.context() as patch:
    # A worker imports the plugin by its name, along the path of this process.
    patch.syspath_prepend(FOLDER)
    yield EvaluatorSpec(
      EvaluatorConfig(evaluator='misbehaving'),
      ProxyConfig(),
      DataConfig(),
      plugins=('misbehaving',),
    )


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
