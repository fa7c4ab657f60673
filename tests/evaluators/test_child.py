"""Tests of the child evaluator on a few hundred digits."""

import dataclasses
import gc
import math

import keras
import numpy as np
import psutil
import pytest
import tensorflow as tf
from tensorflow.python.framework import config as tensorflow_config

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.cost import network_cost
from nasnet_search.cells.errors import UserError
from nasnet_search.data.config import DataConfig
from nasnet_search.evaluators.child import ChildEvaluator
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.evaluators.protocol import (
  Diverged,
  Refused,
  Request,
  Silent,
)

_DATA = DataConfig(train_images=320, validation_images=100, crop_padding=1)
_PROXY = ProxyConfig(
  filters=4, epochs=2, batch_size=32, learning_rate=0.2, drop_path_keep=0.8
)
_TIMES = {'seconds', 'seconds_startup', 'images_per_second'}


@pytest.fixture(scope='module', autouse=True)
def _deterministic_operations():
  tf.config.experimental.enable_op_determinism()
  yield
  # There is no public way back, and other rooms draw without a seed.
  tensorflow_config.disable_op_determinism()


class _Listener:
  """Keeps what is reported, and stops after some epochs."""

  def __init__(self, epochs=math.inf):
    self.reports = []
    self._epochs = epochs

  def report(self, epoch, metrics):
    self.reports.append((epoch, dict(metrics)))
    return epoch < self._epochs


def _evaluator(proxy=_PROXY, data=_DATA, **settings):
  return ChildEvaluator(EvaluatorConfig(**settings), proxy, data)


def _found(measurement):
  """What must be equal for equal requests: all but the times."""
  values = {k: v for k, v in measurement.values.items() if k not in _TIMES}
  return values, measurement.curves


@pytest.fixture(scope='module')
def evaluator():
  return _evaluator()


@pytest.fixture(scope='module')
def measured(evaluator, tiny_architecture):
  listener = _Listener()
  request = Request(tiny_architecture, seed=1)
  return evaluator.evaluate(request, listener), listener.reports


def test_learns(tiny_architecture):
  proxy = dataclasses.replace(_PROXY, epochs=5, drop_path_keep=1.0)
  data = dataclasses.replace(_DATA, crop_padding=0)
  measurement = _evaluator(proxy, data).evaluate(
    Request(tiny_architecture, seed=0), Silent()
  )
  # Chance is 0.1, with a standard deviation of 0.03 on 100 images.
  assert measurement.values['validation_accuracy'] > 0.7
  losses = measurement.curves['training_loss']
  assert losses[-1] < losses[0] / 2


def test_measures_what_it_says(measured, tiny_architecture):
  measurement, _ = measured
  values = measurement.values
  cost = network_cost(
    tiny_architecture, NetworkConfig((8, 8, 1), 10, filters=4)
  )
  assert values['parameters'] == cost.trainable_parameters
  assert values['multiply_adds'] == cost.multiply_adds
  assert 0 < values['seconds_startup'] < values['seconds']
  assert values['images_per_second'] > 0
  for name in ('training_loss', 'validation_loss', 'validation_accuracy'):
    assert len(measurement.curves[name]) == _PROXY.epochs
    assert measurement.curves[name][-1] == values[name]
  accuracies = np.array(measurement.curves['validation_accuracy'])
  np.testing.assert_allclose(accuracies * 100, np.round(accuracies * 100))


def test_values_are_plain_floats(measured):
  # They are written to the run's log, which takes no numbers of NumPy.
  measurement, reports = measured
  numbers = [*measurement.values.values(), *reports[0][1].values()]
  numbers += [
    number for curve in measurement.curves.values() for number in curve
  ]
  assert {type(number) for number in numbers} == {float}


def test_reports_every_epoch(measured):
  measurement, reports = measured
  assert [epoch for epoch, _ in reports] == [1, 2]
  for epoch, metrics in reports:
    for name, value in metrics.items():
      assert measurement.curves[name][epoch - 1] == value


def test_same_request_measures_the_same(measured, tiny_architecture):
  expected, _ = measured
  request = Request(tiny_architecture, seed=1)
  again = _evaluator().evaluate(request, Silent())
  assert _found(again) == _found(expected)


def test_what_ran_before_does_not_matter(
  evaluator, measured, tiny_architecture, separable_architecture
):
  expected, _ = measured
  evaluator.evaluate(Request(separable_architecture, seed=5), Silent())
  keras.random.normal((3,))  # Draws that were not ours.
  request = Request(tiny_architecture, seed=1)
  assert _found(evaluator.evaluate(request, Silent())) == _found(expected)


def test_another_seed_measures_something_else(
  evaluator, measured, tiny_architecture
):
  expected, _ = measured
  other = evaluator.evaluate(Request(tiny_architecture, seed=2), Silent())
  losses = zip(
    other.curves['training_loss'], expected.curves['training_loss'], strict=True
  )
  assert all(one != another for one, another in losses)


def test_initial_weights_are_keyed_on_the_seed(tiny_architecture):
  # One step on all images that changes nothing: only the weights are left.
  proxy = ProxyConfig(filters=2, epochs=1, batch_size=1000, learning_rate=0.0)
  evaluator = _evaluator(proxy, dataclasses.replace(_DATA, crop_padding=0))
  first, second = (
    evaluator.evaluate(Request(tiny_architecture, seed), Silent())
    for seed in (0, 1)
  )
  one, other = first.values['training_loss'], second.values['training_loss']
  assert abs(one - other) > 1e-3


def test_stops_when_told(evaluator, measured, tiny_architecture):
  expected, _ = measured
  listener = _Listener(epochs=1)
  request = Request(tiny_architecture, seed=1)
  stopped = evaluator.evaluate(request, listener)
  assert len(listener.reports) == 1
  assert stopped.curves == {
    name: curve[:1] for name, curve in expected.curves.items()
  }
  accuracy = expected.curves['validation_accuracy'][0]
  assert stopped.values['validation_accuracy_best_of_last_5'] == accuracy


def test_absurd_learning_rate_diverges(tiny_architecture):
  proxy = ProxyConfig(
    filters=2, epochs=3, learning_rate=1e30, gradient_clip=0.0
  )
  listener = _Listener()
  with pytest.raises(Diverged, match='epoch 1 of 3'):
    _evaluator(proxy).evaluate(Request(tiny_architecture, seed=0), listener)
  assert not listener.reports


def test_nothing_of_a_child_stays_alive(evaluator, measured):
  del evaluator, measured  # They have trained children.
  alive = [x for x in gc.get_objects() if issubclass(type(x), keras.Model)]
  assert not alive


@pytest.mark.slow
def test_memory_does_not_grow(tiny_architecture):
  proxy = ProxyConfig(filters=2, epochs=1)
  data = DataConfig(train_images=64, validation_images=30)
  evaluator = _evaluator(proxy, data)
  resident = []
  for seed in range(40):
    evaluator.evaluate(Request(tiny_architecture, seed), Silent())
    resident.append(psutil.Process().memory_info().rss / 2**20)
  # The first ones fill the pools of the memory allocator.
  slope = np.polyfit(np.arange(30), resident[10:], 1)[0]
  assert slope < 0.5  # MiB a child; it was 2 with TensorFlow's cache kept.


def test_fewer_images_than_a_batch(tiny_architecture):
  proxy = ProxyConfig(filters=2, epochs=1, batch_size=1000)
  data = DataConfig(train_images=50, validation_images=30)
  measurement = _evaluator(proxy, data).evaluate(
    Request(tiny_architecture, seed=0), Silent()
  )
  assert math.isfinite(measurement.values['training_loss'])
  assert measurement.values['images_per_second'] == 0.0


def test_refuses_above_the_limit(tiny_architecture):
  network = NetworkConfig((8, 8, 1), 10, filters=4)
  parameters = network_cost(tiny_architecture, network).trainable_parameters
  _evaluator(max_child_parameters=parameters).check(tiny_architecture)
  evaluator = _evaluator(max_child_parameters=parameters - 1)
  with pytest.raises(Refused, match=f'Received: {parameters:,}'):
    evaluator.check(tiny_architecture)
  with pytest.raises(Refused):
    evaluator.evaluate(Request(tiny_architecture, seed=0), Silent())


def test_check_names_what_no_child_can_be_built_with(tiny_architecture):
  proxy = ProxyConfig(filters=3)
  with pytest.raises(UserError, match=r'even number of filters.*3'):
    _evaluator(proxy).check(tiny_architecture)


def test_chance_of_ten_classes(evaluator):
  assert evaluator.chance() == {
    'validation_accuracy': 0.1,
    'validation_accuracy_best': 0.1,
    'validation_accuracy_best_of_last_5': 0.1,
    'validation_loss': pytest.approx(2.302585, abs=1e-6),
  }


@pytest.mark.parametrize('disabled', [True, False])
def test_graph_options_are_set_back(tiny_architecture, disabled):
  options = tf.config.optimizer
  options.set_experimental_options({'disable_meta_optimizer': disabled})
  proxy = ProxyConfig(filters=2, epochs=1)
  _evaluator(proxy).evaluate(Request(tiny_architecture, seed=0), Silent())
  after = options.get_experimental_options()['disable_meta_optimizer']
  assert after == disabled


def test_facts_describe_the_data_that_children_are_valued_on():
  # 1,797 digits; 359 of them are for testing and 288 for validation.
  evaluator = ChildEvaluator(EvaluatorConfig(), ProxyConfig(), DataConfig())
  dataset = evaluator.facts()['dataset']
  assert dataset['name'] == 'digits'
  assert list(dataset['image_shape']) == [8, 8, 1]
  assert list(dataset['class_names']) == [str(digit) for digit in range(10)]
  assert dataset['train_images'] == 1797 - 359 - 288
