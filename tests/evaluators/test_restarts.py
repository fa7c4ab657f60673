"""Children that learn nothing at first are started again, and it is told."""

import dataclasses

import pytest
from tensorflow.python.framework import config as tensorflow_config

from nasnet_search.cells.layer_graph import Convolution, LayerGraph
from nasnet_search.data.config import DataConfig
from nasnet_search.evaluators import restarts
from nasnet_search.evaluators.child import ChildEvaluator
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.evaluators.early_stopping import in_full
from nasnet_search.evaluators.protocol import Diverged, Request, Silent

CHAIN = LayerGraph((Convolution(3, 4),), 'softmax')
REQUEST = Request(CHAIN, seed=5)
PROXY = ProxyConfig(
  epochs=2,
  batch_size=32,
  optimizer='adam',
  learning_rate=0.01,
  restarts=4,
  layer_dropout=0.0,
)
DATA = DataConfig(train_images=128, validation_images=50)


@pytest.fixture(scope='module', autouse=True)
def _deterministic_operations():
  yield
  # Evaluating switches it on, and other rooms draw without a seed.
  tensorflow_config.disable_op_determinism()


def value(proxy):
  evaluator = ChildEvaluator(EvaluatorConfig(), proxy, DATA)
  return evaluator.evaluate(REQUEST, Silent())


def test_learning_rates_are_those_of_the_paper():
  """The authors' code: 0.001 times 0.4 to the power of 0 to 4."""
  proxy = ProxyConfig(learning_rate=0.001, restarts=4)
  rates = [
    restarts.started(REQUEST, proxy, start)[1].learning_rate
    for start in range(5)
  ]
  assert rates == pytest.approx([1e-3, 4e-4, 1.6e-4, 6.4e-5, 2.56e-5])


def test_every_start_has_seeds_of_its_own_and_the_first_the_trial_s():
  starts = [restarts.started(REQUEST, PROXY, start) for start in range(4)]
  assert starts[0] == (REQUEST, PROXY)
  assert len({request.seed for request, _ in starts}) == 4
  assert starts == [restarts.started(REQUEST, PROXY, n) for n in range(4)]


@pytest.mark.parametrize(
  ('allowed', 'epoch', 'accuracy', 'expected'),
  [
    (1, 1, 0.12, True),
    (1, 1, 0.11, True),
    (1, 1, 0.13, False),
    (1, 2, 0.12, False),
    (0, 1, 0.12, False),
  ],
)
def test_only_a_first_epoch_at_chance_is_hopeless(
  allowed, epoch, accuracy, expected
):
  proxy = ProxyConfig(restarts=allowed)
  assert restarts.hopeless(proxy, epoch, accuracy, 0.12) is expected


def test_a_child_that_learns_is_not_started_again():
  found = value(PROXY)
  assert found.values['restarts'] == 0
  assert len(found.curves['validation_accuracy']) == 2
  assert in_full(found)
  without = value(dataclasses.replace(PROXY, restarts=0))
  assert 'restarts' not in without.values
  assert without.curves == found.curves


def test_a_rate_at_which_nothing_is_learned_is_lowered():
  """The first start comes to NaN, which is no answer but the first class."""
  proxy = dataclasses.replace(
    PROXY,
    optimizer='sgd',
    gradient_clip=0.0,
    learning_rate=1e30,
    restart_factor=1e-31,
  )
  found = value(proxy)
  assert found.values['restarts'] == 1
  assert len(found.curves['validation_accuracy']) == 2
  assert found.values['validation_accuracy'] > 0.3
  again = value(proxy)
  assert again.values['restarts'] == found.values['restarts']
  assert again.curves == found.curves


def test_what_never_learns_ends_after_the_last_first_epoch():
  proxy = dataclasses.replace(PROXY, learning_rate=0.0, restarts=2, epochs=4)
  evaluator = ChildEvaluator(EvaluatorConfig(), proxy, DATA)
  # Chance is what a constant answer gets; all starts here must be below it.
  evaluator._images.chance = 1.0
  reports = []

  class Listener:
    def report(self, epoch, metrics):
      reports.append(epoch)
      return True

  found = evaluator.evaluate(REQUEST, Listener())
  assert found.values['restarts'] == 2
  assert reports == [1]
  assert len(found.curves['validation_accuracy']) == 1
  assert not in_full(found)


def test_what_diverges_in_every_start_has_diverged():
  proxy = dataclasses.replace(
    PROXY, optimizer='sgd', learning_rate=1e30, gradient_clip=0.0, restarts=1
  )
  with pytest.raises(Diverged):
    value(proxy)
