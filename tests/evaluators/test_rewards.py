"""Tests of the rewards: values by hand, and who measures what."""

import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.data.config import DataConfig
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.evaluators.registry import make_evaluator
from nasnet_search.evaluators.rewards import (
  REWARDS,
  check_reward,
  compute_reward,
)
from nasnet_search.registry import Registry

_VALUES = {
  'validation_accuracy': 0.4,
  'validation_accuracy_best': 0.9,
  'validation_accuracy_best_of_last_5': 0.5,
  'closeness': 0.25,
  'validation_perplexity': 20.0,
  'perplexity_constant': 80.0,
}


def _evaluator(name):
  return make_evaluator(
    EvaluatorConfig(evaluator=name), ProxyConfig(), DataConfig()
  )


@pytest.mark.parametrize(
  ('reward', 'expected'),
  [
    ('accuracy', 0.4),
    ('accuracy_cubed', 0.125),
    ('closeness', 0.25),
    ('perplexity', 0.2),
  ],
)
def test_reward_by_hand(reward, expected):
  assert compute_reward(reward, _VALUES) == pytest.approx(expected, rel=1e-12)


def test_rewards_are_plain_floats():
  # They are written to the run's log, which takes no numbers of NumPy.
  for reward in REWARDS.names():
    values = dict.fromkeys((*_VALUES, 'reward'), 1)
    assert type(compute_reward(reward, values)) is float


def test_missing_value_is_named():
  with pytest.raises(UserError, match="'closeness', which needs 'closeness'"):
    compute_reward('closeness', {'validation_accuracy': 0.4})


def test_unknown_reward_lists_the_known_ones():
  with pytest.raises(UserError, match='accuracy, accuracy_cubed, closeness'):
    compute_reward('acuracy', _VALUES)


@pytest.mark.parametrize(
  ('reward', 'evaluator'),
  [('accuracy', 'child'), ('accuracy_cubed', 'child'), ('closeness', 'cost')],
)
def test_measured_reward_is_accepted(reward, evaluator):
  check_reward(reward, _evaluator(evaluator))


@pytest.mark.parametrize(
  ('reward', 'evaluator'),
  [('closeness', 'child'), ('accuracy', 'cost'), ('accuracy_cubed', 'cost')],
)
def test_reward_that_is_not_measured_is_refused(reward, evaluator):
  message = f'--evaluator={evaluator} measures.*--reward={reward}'
  with pytest.raises(UserError, match=message):
    check_reward(reward, _evaluator(evaluator))


@pytest.mark.parametrize('evaluator', ['child', 'cost'])
def test_default_reward_is_measured(evaluator):
  made = _evaluator(evaluator)
  check_reward(made.default_reward, made)


def test_rewards_of_plugins_are_used(monkeypatch):
  registry = Registry('reward', {})
  monkeypatch.setattr('nasnet_search.evaluators.rewards.REWARDS', registry)
  registry.register('half', lambda values: values['closeness'] / 2)
  assert compute_reward('half', _VALUES) == 0.125
