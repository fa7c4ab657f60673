"""Tests of the registry, and that the coordinator never meets TensorFlow."""

import subprocess
import sys

import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.data.config import DataConfig
from nasnet_search.evaluators.child import ChildEvaluator
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.evaluators.cost import CostEvaluator
from nasnet_search.evaluators.registry import EVALUATORS, make_evaluator


def _make(name):
  return make_evaluator(
    EvaluatorConfig(evaluator=name), ProxyConfig(), DataConfig()
  )


def test_names_lead_to_evaluators():
  assert isinstance(_make('child'), ChildEvaluator)
  assert isinstance(_make('cost'), CostEvaluator)
  # Not all names: plugins of other tests may have registered theirs.
  for name in ('child', 'cost'):
    assert EVALUATORS.load(name).name == name


def test_unknown_evaluator_lists_the_known_ones():
  with pytest.raises(UserError, match=r"evaluator.*child, cost.*'chld'"):
    _make('chld')


_COORDINATOR = """
import sys
from nasnet_search.cells.zoo import load_architecture
from nasnet_search.data.config import DataConfig
from nasnet_search.evaluators import registry, rewards
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.evaluators.protocol import Request, Silent

architecture = load_architecture('nasnet_a')
for name in registry.EVALUATORS.names():
  config = EvaluatorConfig(evaluator=name, max_child_parameters=10**9)
  evaluator = registry.make_evaluator(config, ProxyConfig(), DataConfig())
  if name in ('table', 'surrogate', 'language_model'):
    continue  # They value no cells, and need a file.
  evaluator.check(architecture)
  rewards.check_reward(evaluator.default_reward, evaluator)
  rewards.compute_reward(evaluator.default_reward, evaluator.chance())
  if name == 'cost':
    evaluator.evaluate(Request(architecture, 0), Silent())
print([name for name in ('tensorflow', 'keras') if name in sys.modules])
"""


def test_coordinator_needs_no_tensorflow():
  # In a process of its own: other tests have imported TensorFlow.
  result = subprocess.run(
    [sys.executable, '-c', _COORDINATOR],
    capture_output=True,
    check=True,
    text=True,
  )
  assert result.stdout.strip() == '[]'
