"""A search whose children do their worst goes on to its end."""

import psutil

from nasnet_search.config import GoalConfig, RunConfig, SearchConfig
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.randomness import derived_seed
from nasnet_search.runs.reading import RunReader
from nasnet_search.search import search
from nasnet_search.trials import Status
from nasnet_search.workers.config import WorkersConfig
from tests.workers.misbehaving import Behaviour

OUTCOMES = {
  Behaviour.COMPLETE: Status.COMPLETED,
  Behaviour.WAIT: Status.COMPLETED,
  Behaviour.RAISE: Status.CRASHED,
  Behaviour.EXIT: Status.CRASHED,
  Behaviour.DIE: Status.CRASHED,
  Behaviour.MEASURE_NOTHING: Status.CRASHED,
  Behaviour.RAISE_UNPICKLABLE: Status.CRASHED,
  Behaviour.DIVERGE: Status.DIVERGED,
  Behaviour.MEASURE_NAN: Status.DIVERGED,
  Behaviour.REFUSE: Status.INVALID,
  Behaviour.HANG: Status.TIMEOUT,
  Behaviour.RUN_OUT_OF_MEMORY: Status.OUT_OF_MEMORY,
  Behaviour.USE_MEMORY: Status.OUT_OF_MEMORY,
}
SEED = 128


def test_slots_are_replaced_and_the_search_goes_on(spec, tmp_path):
  behaviours = [
    Behaviour(derived_seed(SEED, 'trial', n) % len(Behaviour)) for n in range(8)
  ]
  # The seed was chosen for these; the first five must not all fail.
  assert set(behaviours) >= {
    Behaviour.COMPLETE,
    Behaviour.DIE,
    Behaviour.HANG,
    Behaviour.MEASURE_NAN,
    Behaviour.USE_MEMORY,
  }
  config = SearchConfig(
    goal=GoalConfig(seed=SEED, plugin=spec.plugins),
    controller=ControllerConfig(controller='random', controller_batch_size=3),
    evaluator=spec.evaluator,
    run=RunConfig(run_dir=str(tmp_path), trials=6),
    workers=WorkersConfig(workers=2, trial_timeout=1.0, worker_memory=0.3),
  )
  result = search(config)
  assert result.reason == 'All 6 trials have settled.'
  store = RunReader(tmp_path / 'run.sqlite3')
  trials = store.trials()[:8]
  assert [trial.status for trial in trials] == [
    OUTCOMES[behaviour] for behaviour in behaviours
  ]
  assert [trial.attempts for trial in trials] == [
    3 if trial.status is Status.CRASHED else 1 for trial in trials
  ]
  # What crashed is not learned; what else failed is, at chance level, 0.
  rewards = {
    Status.COMPLETED: 0.75,
    Status.CRASHED: None,
  }
  assert [trial.reward for trial in trials] == [
    rewards.get(trial.status, 0.0) for trial in trials
  ]
  assert not [
    child
    for child in psutil.Process().children(recursive=True)
    if 'resource_tracker' not in ' '.join(child.cmdline())
  ]
