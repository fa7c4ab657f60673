"""The trials before the controller's own, and those of an earlier run."""

import dataclasses
import json

import pytest

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.cost import network_cost
from nasnet_search.cells import zoo
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.nasnet_space import NASNetSpace
from nasnet_search.config import GoalConfig
from nasnet_search.data.config import DataConfig
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.evaluators.cost import CostEvaluator
from nasnet_search.runs.first_trials import first_trials, load_cell
from nasnet_search.trials import Origin, Status
from tests.runs import fakes

SPACE = NASNetSpace()
EVALUATOR = CostEvaluator(EvaluatorConfig(), ProxyConfig(), DataConfig())


def first(space=SPACE, evaluator=EVALUATOR, reward='closeness', **settings):
  return first_trials(GoalConfig(**settings), space, evaluator, reward)


def test_nasnet_a_and_a_random_cell_come_first():
  trials = first()
  assert [trial.trial_id for trial in trials] == [0, 1]
  assert {trial.origin for trial in trials} == {Origin.REFERENCE}
  assert trials[0].architecture == zoo.load('nasnet_a')
  # The published cell is valued as published, not as the space would say it.
  assert trials[0].choices is None
  assert not any(trial.charged or trial.learnable for trial in trials)


def test_the_random_cell_is_one_of_the_space_and_of_the_seed():
  cells = [first(seed=seed)[1].architecture for seed in (0, 0, 1)]
  assert cells[0] == cells[1] != cells[2]
  assert SPACE.decode(SPACE.encode(cells[0])) == cells[0]


def test_seeds_of_trials_differ_between_trials_and_runs():
  seeds = [trial.seed for seed in (0, 1) for trial in first(seed=seed)]
  assert len(set(seeds)) == 4


def test_included_cells_are_charged_and_learned(tmp_path):
  path = tmp_path / 'mine.json'
  mine = SPACE.decode((0, 1, 3, 4, 0) * 10)
  path.write_text(mine.to_json())
  trials = first(include_cells=('nasnet_a', str(path)))
  included = trials[2:]
  assert [trial.trial_id for trial in included] == [2, 3]
  assert all(trial.charged and trial.learnable for trial in included)
  # The space leaves no choice of the concat list: NASNet-A is projected.
  assert included[0].architecture == SPACE.project(zoo.load('nasnet_a'))
  assert included[1].choices == (0, 1, 3, 4, 0) * 10


def test_one_cell_under_two_names_is_refused(tmp_path):
  path = tmp_path / 'copy.json'
  path.write_text(zoo.load('nasnet_a').to_json())
  with pytest.raises(UserError, match=r'copy\.json.*equals one before it'):
    first(include_cells=('nasnet_a', str(path)))


def test_a_cell_that_nobody_knows():
  with pytest.raises(UserError, match=r"nasnet_a.*Received: 'nasnet_z'"):
    first(include_cells=('nasnet_z',))


def test_a_cell_that_is_not_of_the_space():
  with pytest.raises(UserError, match='Expected 3 blocks'):
    first(NASNetSpace(3), include_cells=('nasnet_a',))


def limited(parameters):
  config = EvaluatorConfig(max_child_parameters=parameters)
  return CostEvaluator(config, ProxyConfig(), DataConfig())


def test_limits_that_leave_nothing_to_search():
  with pytest.raises(
    UserError, match=r'1000 random choices.*--max_child_parameters'
  ):
    first(evaluator=limited(10))


def test_the_random_cell_keeps_the_limits_of_the_search():
  free = first()[1].architecture
  network = NetworkConfig(image_shape=(32, 32, 3), classes=10)
  limit = network_cost(free, network).trainable_parameters - 1
  kept = first(evaluator=limited(limit))[1].architecture
  assert network_cost(kept, network).trainable_parameters <= limit


def test_a_cell_of_a_run_is_its_best_one(tmp_path):
  cell = zoo.load('nasnet_a')
  found = {**cell.to_dict(), 'found': {'trial': 3}}
  (tmp_path / 'best_architecture.json').write_text(json.dumps(found))
  assert load_cell(str(tmp_path)) == cell
  with pytest.raises(UserError, match='which has no best_architecture'):
    load_cell(str(tmp_path.parent))


class Backwards(fakes.Workers):
  """Settles the newest trial first."""

  def settled(self, timeout):
    self._running.reverse()
    return super().settled(timeout)


def _earlier(path):
  """Leaves a run of the small space: a duplicate, a failure, six good ones."""
  script = [fakes.choices_of(n) for n in (10, 0, 10, 20, 30, 40, 50, 60)]

  def evaluate(trial):
    if trial.trial_id == 1:
      return fakes.failed(trial, Status.DIVERGED)
    return fakes.completed(trial)

  fakes.run_search(
    path,
    fakes.Controller(4, script),
    Backwards(evaluate, capacity=2),
    trials=7,
  )


def test_a_warm_start_takes_over_what_was_measured(tmp_path):
  _earlier(tmp_path)
  trials = first(fakes.SPACE, warm_start=str(tmp_path))
  warm = trials[2:]
  earlier = sorted(
    (
      trial
      for trial in fakes.read(tmp_path).trials()
      if trial.status is Status.COMPLETED and trial.source_trial is None
    ),
    key=lambda trial: trial.settled_as,
  )
  assert len(warm) == 6
  assert [t.trial_id for t in earlier] != sorted(t.trial_id for t in earlier)
  assert [trial.trial_id for trial in warm] == list(range(2, 8))
  assert [trial.settled_as for trial in warm] == list(range(6))
  assert [trial.choices for trial in warm] == [t.choices for t in earlier]
  assert [trial.reward for trial in warm] == [t.reward for t in earlier]
  for trial in warm:
    assert trial.origin is Origin.WARM_START
    assert trial.status is Status.COMPLETED
    assert (trial.proposal, trial.numbers) == (None, {})
    assert trial.learnable
    assert not trial.charged


def test_a_warm_start_maximises_the_reward_of_the_new_run(
  tmp_path, monkeypatch
):
  from nasnet_search.evaluators.rewards import REWARDS

  _earlier(tmp_path)
  monkeypatch.setitem(
    REWARDS._entries, 'farness', lambda values: -values['closeness']
  )
  near = first(fakes.SPACE, warm_start=str(tmp_path))
  far = first(fakes.SPACE, reward='farness', warm_start=str(tmp_path))
  assert [-trial.reward for trial in far[2:]] == [t.reward for t in near[2:]]


def test_a_reward_that_the_earlier_run_did_not_measure(tmp_path):
  _earlier(tmp_path)
  with pytest.raises(UserError, match="needs 'validation_accuracy'"):
    first(fakes.SPACE, reward='accuracy', warm_start=str(tmp_path))


def test_included_cells_follow_those_of_the_warm_start(tmp_path):
  _earlier(tmp_path / 'run')
  cell = tmp_path / 'cell.json'
  cell.write_text(fakes.SPACE.decode(fakes.choices_of(99)).to_json())
  trials = first(
    fakes.SPACE, warm_start=str(tmp_path / 'run'), include_cells=(str(cell),)
  )
  assert [trial.trial_id for trial in trials] == list(range(9))
  assert trials[-1].origin is Origin.INCLUDED


def test_a_warm_start_from_what_is_no_run(tmp_path):
  with pytest.raises(UserError, match=r'holds no run\.sqlite3'):
    first(warm_start=str(tmp_path))


def test_a_warm_start_from_a_run_of_another_space(tmp_path):
  _earlier(tmp_path)
  with pytest.raises(UserError, match='completed trials of this search space'):
    first(warm_start=str(tmp_path))


def test_the_controller_learns_from_warm_and_included_trials(tmp_path):
  """In the order: earlier trials, included cells, its own proposals."""
  _earlier(tmp_path / 'earlier')
  cell = tmp_path / 'cell.json'
  architecture = fakes.SPACE.decode(fakes.choices_of(99))
  cell.write_text(architecture.to_json())
  trials = first(
    fakes.SPACE,
    warm_start=str(tmp_path / 'earlier'),
    include_cells=(str(cell),),
  )
  warm = [trial for trial in trials if trial.origin is Origin.WARM_START]
  controller = fakes.Controller(4)
  workers = fakes.Workers()
  fakes.run_search(
    tmp_path / 'new', controller, workers, first=trials, trials=5
  )
  # The references run, the included cell, then proposals; nothing warm.
  assert [trial.trial_id for trial in workers.submitted[:3]] == [0, 1, 8]
  learned = [lesson for call in controller.learned for lesson in call]
  rewards = [
    *(trial.reward for trial in warm),
    fakes.value_of(architecture),
  ]
  assert [reward for _, reward in learned[:7]] == rewards
  # Not proposed by this controller: no index, and no numbers either.
  assert [index for index, _ in learned[:7]] == [-1] * 7
  lessons = fakes.read(tmp_path / 'new').lessons()
  assert lessons[0]['trials'] == [2, 3, 4, 5]
  assert lessons[1]['trials'][:3] == [6, 7, 8]


def test_warm_trials_are_the_same_after_a_continuation(tmp_path):
  _earlier(tmp_path / 'earlier')
  trials = first(fakes.SPACE, warm_start=str(tmp_path / 'earlier'))
  stamps = [dataclasses.replace(trial, created_at=0.0) for trial in trials]
  for name, goals in (('a', (1, 2, 7)), ('b', (7,))):
    for goal in goals:
      fakes.run_search(
        tmp_path / name,
        fakes.Controller(4),
        fakes.Workers(),
        first=stamps,
        trials=goal,
      )
  assert fakes.content(tmp_path / 'a') == fakes.content(tmp_path / 'b')
