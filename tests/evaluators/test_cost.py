"""Tests of the cost evaluator: a count by hand, and that it needs no data."""

import pytest

from nasnet_search.cells.zoo import load_architecture
from nasnet_search.data.config import DataConfig
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.evaluators.cost import CostEvaluator
from nasnet_search.evaluators.protocol import Refused, Request, Silent

# NASNet-A 6 @ 768 on CIFAR-10, without its auxiliary head: recomputed from
# slim and from a Keras build; the paper's Table 1 says 3.3M.
_NASNET_A_6_768 = 3_346_538
_PUBLISHED = ProxyConfig(repeats=6, filters=32)


def _evaluator(proxy=_PUBLISHED, **settings):
  # A data set that does not exist shows that none is looked for.
  data = DataConfig(data='folder', data_path='/nowhere')
  return CostEvaluator(EvaluatorConfig(**settings), proxy, data)


def _closeness(target):
  evaluator = _evaluator(target_parameters=target)
  request = Request(load_architecture('nasnet_a'), seed=0)
  return evaluator.evaluate(request, Silent()).values['closeness']


def test_closeness_is_1_at_the_published_count():
  assert _closeness(_NASNET_A_6_768) == 1.0


def test_closeness_falls_alike_on_both_sides():
  # Targets of half and of twice the count are equally far.
  assert _closeness(_NASNET_A_6_768 * 2) == 0.5
  assert _closeness(_NASNET_A_6_768 // 2) == 0.5
  assert _closeness(_NASNET_A_6_768 * 10) == pytest.approx(0.1)


def test_measures_the_count_itself():
  request = Request(load_architecture('nasnet_a'), seed=0)
  values = _evaluator().evaluate(request, Silent()).values
  assert values['parameters'] == _NASNET_A_6_768
  assert values['multiply_adds'] > 0


def test_seed_does_not_matter():
  architecture = load_architecture('nasnet_a')
  evaluator = _evaluator()
  first, second = (
    evaluator.evaluate(Request(architecture, seed), Silent()) for seed in (0, 1)
  )
  assert first == second


def test_chance_is_the_worst():
  assert _evaluator().chance() == {'closeness': 0.0}


def test_refuses_above_the_limit():
  architecture = load_architecture('nasnet_a')
  _evaluator(max_child_parameters=_NASNET_A_6_768).check(architecture)
  evaluator = _evaluator(max_child_parameters=_NASNET_A_6_768 - 1)
  message = 'at most 3,346,537 .*Received: 3,346,538'
  with pytest.raises(Refused, match=message):
    evaluator.check(architecture)
  with pytest.raises(Refused, match=message):
    evaluator.evaluate(Request(architecture, 0), Silent())


def test_refuses_above_the_memory_of_a_training_step():
  architecture = load_architecture('nasnet_a')
  # About 4 GiB for the 64 images of a batch at 6 @ 768.
  _evaluator(max_child_memory=16.0).check(architecture)
  with pytest.raises(
    Refused,
    match=r'at most 0\.5 GiB for a training step \(--max_child_memory\)',
  ):
    _evaluator(max_child_memory=0.5).check(architecture)


def test_reports_once():
  reports = []

  class Listener:
    def report(self, epoch, metrics):
      reports.append((epoch, metrics['closeness']))
      return True

  evaluator = _evaluator(target_parameters=_NASNET_A_6_768)
  evaluator.evaluate(Request(load_architecture('nasnet_a'), 0), Listener())
  assert reports == [(1, 1.0)]
