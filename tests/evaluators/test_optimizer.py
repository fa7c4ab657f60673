"""Tests of the fused optimizer against Keras' own, and of the clipping."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from nasnet_search.cells.errors import UserError
from nasnet_search.evaluators.config import ProxyConfig
from nasnet_search.evaluators.optimizer import (
  FusedSGD,
  child_optimizer,
  clipping_scale,
)

# Rises and falls, to tell Keras' momentum from the one that keeps gradients
# without their rate.
_RATES = (0.1, 0.5, 0.01, 0.3, 0.3, 0.0, 0.2)


class _Rates(keras.optimizers.schedules.LearningRateSchedule):
  def __call__(self, step):
    return tf.gather(tf.constant(_RATES), tf.cast(step, tf.int32))


def _descend(optimizer, apply, dtype='float32'):
  rng = np.random.default_rng(0)
  variables = [
    keras.Variable(rng.normal(size=shape), dtype=dtype)
    for shape in ((3, 4), (5,))
  ]
  path = []
  for _ in _RATES:
    gradients = [
      tf.constant(rng.normal(size=variable.shape), dtype)
      for variable in variables
    ]
    apply(optimizer, gradients, variables)
    path += [variable.numpy() for variable in variables]
  return path


def _apply(optimizer, gradients, variables):
  optimizer.apply(gradients, variables)


def _apply_in_graph(optimizer, gradients, variables):
  optimizer.build(variables)
  tf.function(lambda: optimizer.apply(gradients, variables))()


@pytest.mark.parametrize('apply', [_apply, _apply_in_graph])
@pytest.mark.parametrize('nesterov', [True, False])
@pytest.mark.parametrize('momentum', [0.0, 0.9])
def test_equals_keras_under_a_schedule(momentum, nesterov, apply):
  arguments = {'momentum': momentum, 'nesterov': nesterov}
  expected = _descend(keras.optimizers.SGD(_Rates(), **arguments), _apply)
  received = _descend(FusedSGD(_Rates(), **arguments), apply)
  for one, other in zip(expected, received, strict=True):
    np.testing.assert_allclose(other, one, rtol=1e-6, atol=1e-7)


def test_takes_other_types_of_variables():
  arguments = {'momentum': 0.9, 'nesterov': True}
  stock = keras.optimizers.SGD(_Rates(), **arguments)
  expected = _descend(stock, _apply, 'float64')
  received = _descend(FusedSGD(_Rates(), **arguments), _apply, 'float64')
  # The rates and the momentum are float32 numbers in both.
  for one, other in zip(expected, received, strict=True):
    np.testing.assert_allclose(other, one, rtol=1e-6)


def test_trains_in_fit():
  model = keras.Sequential([keras.layers.Dense(1)])
  model.compile(FusedSGD(0.1, momentum=0.9, nesterov=True), 'mse')
  inputs = np.random.default_rng(0).normal(size=(64, 2))
  history = model.fit(inputs, inputs @ [[1.0], [2.0]], epochs=20, verbose=0)
  assert history.history['loss'][-1] < 1e-3


def _rates(proxy, total_steps):
  optimizer = child_optimizer(proxy, total_steps)
  optimizer.build([keras.Variable(0.0)])
  rates = []
  for step in range(total_steps + 1):
    optimizer.iterations.assign(step)
    rates.append(float(optimizer.learning_rate))
  return rates


def test_rate_falls_along_half_a_cosine():
  # cos of 0, 60, 90, 120 and 180 degrees, moved to lie between 0 and 1.
  rates = _rates(ProxyConfig(learning_rate=0.4), 6)
  expected = [0.4, 0.3, 0.2, 0.1, 0.0]
  np.testing.assert_allclose(
    [rates[step] for step in (0, 2, 3, 4, 6)], expected, atol=1e-7
  )


def test_rate_rises_first_in_the_warmup():
  rates = _rates(ProxyConfig(learning_rate=0.4, warmup_steps=2), 8)
  expected = [0.0, 0.2, 0.4, 0.3, 0.2, 0.1, 0.0]
  np.testing.assert_allclose(
    [rates[step] for step in (0, 1, 2, 4, 5, 6, 8)], expected, atol=1e-7
  )


def test_warmup_longer_than_training_is_shortened():
  rates = _rates(ProxyConfig(learning_rate=0.4, warmup_steps=100), 5)
  np.testing.assert_allclose(rates[:5], [0.0, 0.1, 0.2, 0.3, 0.4], atol=1e-7)


def test_rate_falls_in_steps():
  # A fifth after every 2 of 6 epochs, each of 3 steps.
  proxy = ProxyConfig(
    learning_rate=0.5, schedule='step', step_epochs=2, step_factor=0.2, epochs=6
  )
  rates = _rates(proxy, 18)
  expected = [0.5] * 6 + [0.1] * 6 + [0.02] * 6
  np.testing.assert_allclose(rates[:18], expected, rtol=1e-6)


def test_a_warmup_before_steps_is_refused():
  with pytest.raises(UserError, match='--warmup_steps=0 with --schedule=step'):
    ProxyConfig(schedule='step', warmup_steps=3)


def test_adam_by_hand():
  """Two steps of a weight from 1, gradients 2 and -1, rate 0.1.

  Kingma and Ba 2015, Algorithm 1, with the paper's 0.9, 0.999 and 1e-8.
  """
  optimizer = child_optimizer(
    ProxyConfig(optimizer='adam', learning_rate=0.1, schedule='step'), 30
  )
  weight = keras.Variable([1.0])
  optimizer.build([weight])
  m = v = 0.0
  expected = 1.0
  for step, gradient in enumerate((2.0, -1.0), 1):
    optimizer.apply([tf.constant([gradient])], [weight])
    m = 0.9 * m + 0.1 * gradient
    v = 0.999 * v + 0.001 * gradient**2
    step_size = (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)) ** 0.5 + 1e-8)
    expected -= 0.1 * step_size
    assert float(weight[0]) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
  ('gradients', 'limit', 'expected'),
  [
    # Norms 5, 5 and 13, the last of 3, 4 and 12.
    ([[3.0, 4.0]], 10.0, 1.0),
    ([[3.0, 4.0]], 2.5, 0.5),
    ([[3.0, 4.0], [12.0]], 1.3, 0.1),
    ([[0.0]], 1.0, 1.0),
  ],
)
def test_clipping_scale_by_hand(gradients, limit, expected):
  tensors = [tf.constant(gradient) for gradient in gradients]
  assert float(clipping_scale(tensors, limit)) == pytest.approx(
    expected, rel=1e-6
  )
