"""Searches of chains that grow: stopped and gone on with, as in one go."""

import dataclasses

import pytest

from nasnet_search.config import (
  GoalConfig,
  RunConfig,
  SearchConfig,
  SpaceConfig,
)
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.evaluators.config import EvaluatorConfig
from nasnet_search.report.summary import read_summary
from nasnet_search.search import search
from nasnet_search.trials import Origin, Status
from nasnet_search.verify import verify_run
from nasnet_search.workers.config import WorkersConfig


def config_of(path, trials=20, **controller):
  return SearchConfig(
    space=SpaceConfig(
      space='conv_chain',
      chain_layers=2,
      chain_layers_added=1,
      chain_layers_interval=6,
      chain_layers_most=4,
      chain_filters=('8', '12'),
      chain_strides=('1', '2', '3'),
    ),
    controller=ControllerConfig(controller_batch_size=2, **controller),
    evaluator=EvaluatorConfig(evaluator='cost', target_parameters=20_000),
    run=RunConfig(run_dir=str(path), trials=trials),
    workers=WorkersConfig(workers=0),
  )


def trials_of(path):
  assert verify_run(path, trusted=True).agrees
  return read_summary(path).trials


@pytest.mark.parametrize(
  'settings',
  [
    pytest.param(
      {'controller': 'reinforce', 'policy': 'anchors', 'policy_units': 8},
      marks=pytest.mark.slow,
    ),
    {'controller': 'evolution', 'evolution_population': 5},
    {'controller': 'local_search'},
    {'controller': 'random', 'predictor': 'ridge', 'predictor_trials': 5},
  ],
)
def test_a_search_that_goes_on_chooses_what_one_in_one_go_does(
  tmp_path, settings
):
  for name, trials in (('twice', 9), ('twice', 20), ('once', 20)):
    search(config_of(tmp_path / name, trials, **settings))
  twice, once = (trials_of(tmp_path / name) for name in ('twice', 'once'))
  assert [t.choices for t in twice] == [t.choices for t in once]
  proposed = [t for t in once if t.origin is Origin.PROPOSED]
  for trial in proposed:
    expected = min(2 + trial.proposal // 6, 4)
    assert len(trial.architecture.layers) == expected


@pytest.mark.slow
def test_chains_of_any_depth_are_learned_from_first(tmp_path):
  """An earlier run ended with deeper chains than the new one begins with."""
  search(config_of(tmp_path / 'earlier', controller='random'))
  best = tmp_path / 'earlier' / 'best_architecture.json'
  config = config_of(
    tmp_path / 'new', 6, controller='reinforce', policy='anchors', replay_size=4
  )
  goal = GoalConfig(
    warm_start=str(tmp_path / 'earlier'), include_cells=(str(best),)
  )
  search(dataclasses.replace(config, goal=goal))
  trials = trials_of(tmp_path / 'new')
  warm = [t for t in trials if t.origin is Origin.WARM_START]
  assert {len(t.architecture.layers) for t in warm} == {2, 3, 4}
  proposed = [t for t in trials if t.origin is Origin.PROPOSED]
  assert proposed
  assert {len(t.architecture.layers) for t in proposed} == {2}
  assert {t.status for t in trials if t.reward is not None} <= {
    Status.COMPLETED,
    Status.INVALID,
  }
