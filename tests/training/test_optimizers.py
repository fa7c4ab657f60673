"""Schedules and optimizers, against hand computation and Keras."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from nasnet_search.builders.layers.training_clock import TrainingClock
from nasnet_search.training.averaging import Averages
from nasnet_search.training.optimizers import Updates, make_optimizer
from nasnet_search.training.recipe_config import RecipeConfig
from nasnet_search.training.schedules import learning_rate_schedule


def rates(steps_per_epoch, steps, **recipe):
  """Returns the learning rates of some steps."""
  schedule = learning_rate_schedule(RecipeConfig(**recipe), steps_per_epoch)
  return [float(schedule(tf.constant(step, tf.int64))) for step in steps]


def test_cosine_after_a_warm_up():
  # 2 epochs of 10 steps; half an epoch of warm-up leaves 15 steps of cosine.
  received = rates(
    10, [0, 1, 5, 12, 20], epochs=2, learning_rate=0.4, warmup_epochs=0.5
  )
  half_cosine = 0.2 * (1 + math.cos(math.pi * 7 / 15))
  expected = [0.0, 0.08, 0.4, half_cosine, 0.0]
  np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-7)


def test_exponential_in_steps():
  # NASNet on ImageNet: x 0.97 every 2.4 epochs, here of 10 steps.
  received = rates(
    10,
    [0, 23, 24, 47, 48],
    epochs=30,
    learning_rate=1.0,
    schedule='exponential',
  )
  np.testing.assert_allclose(received, [1, 1, 0.97, 0.97, 0.97**2], rtol=1e-5)


def test_the_learning_rate_follows_the_batch_size_if_asked_to():
  recipe = {'epochs': 2, 'schedule': 'constant', 'learning_rate': 0.1}
  assert rates(10, [0, 19], **recipe) == pytest.approx([0.1, 0.1])
  scaled = recipe | {'learning_rate_batch': 32, 'batch_size': 256}
  assert rates(10, [0, 19], **scaled) == pytest.approx([0.8, 0.8])


def model():
  """Returns y = (w1 x) w2 with a kernel that decays and an offset."""
  inputs = keras.Input((2,))
  dense = keras.layers.Dense(1, kernel_initializer='ones')
  return keras.Model(inputs, dense(inputs))


def after(steps, gradients, **recipe):
  """Returns the weights after some equal steps, from ones and zero."""
  network = model()
  config = RecipeConfig(schedule='constant', **recipe)
  updates = Updates(make_optimizer(config, 10), network, config)
  for _ in range(steps):
    updates.apply([tf.constant(each) for each in gradients])
  return [np.ravel(each) for each in network.get_weights()]


GRADIENTS = [[3.0], [0.0]], [4.0]


def test_momentum_sgd():
  kernel, bias = after(
    2, GRADIENTS, learning_rate=0.1, weight_decay=0.0, gradient_clip=0.0
  )
  # Nesterov: m = 0.9 m - 0.1 g; w += 0.9 m - 0.1 g; so -0.19 g, -0.271 g.
  np.testing.assert_allclose(kernel, [1 - 0.461 * 3, 1.0], rtol=1e-6)
  np.testing.assert_allclose(bias, [-0.461 * 4], rtol=1e-6)


def test_clipping_is_by_the_norm_of_all():
  # Of norm 5: a fifth of each is left.
  kernel, bias = after(
    1,
    GRADIENTS,
    learning_rate=1.0,
    momentum=0.0,
    weight_decay=0.0,
    gradient_clip=1.0,
  )
  np.testing.assert_allclose(kernel, [1 - 0.6, 1.0], rtol=1e-6)
  np.testing.assert_allclose(bias, [-0.8], rtol=1e-6)


def test_kernels_decay_and_offsets_do_not():
  recipe = {
    'learning_rate': 0.5,
    'momentum': 0.0,
    'weight_decay': 0.1,
    'gradient_clip': 0.0,
  }
  still = [[[0.0], [0.0]], [0.0]]
  kernel, bias = after(1, still, **recipe)
  np.testing.assert_allclose(kernel, [0.95, 0.95], rtol=1e-6)
  np.testing.assert_allclose(bias, [0.0])
  # Decoupled: the same, but apart from what adam makes of the gradients.
  kernel, _ = after(1, still, **recipe | {'optimizer': 'adamw'})
  np.testing.assert_allclose(kernel, [0.95, 0.95], rtol=1e-6)


def test_rmsprop_has_its_epsilon_under_the_root():
  kernel, _ = after(
    1,
    GRADIENTS,
    optimizer='rmsprop',
    learning_rate=0.1,
    optimizer_epsilon=1.0,
    weight_decay=0.0,
    gradient_clip=0.0,
  )
  # NASNet paper, App. A.7: decay 0.9, epsilon 1; mean square 0.1 * 9.
  np.testing.assert_allclose(kernel[0], 1 - 0.1 * 3 / 1.9**0.5, rtol=1e-6)


def test_averages_begin_quickly_and_include_all_weights():
  network, clock = model(), TrainingClock(9)
  averages = Averages(network, 0.9, clock)
  network.set_weights([np.full((2, 1), 11.0), np.full(1, 10.0)])
  averages.update()
  # The decay of the first step is 1/10, of the second 2/11, at most 0.9.
  kept = [float(np.ravel(each.numpy())[0]) for each in averages.variables]
  assert kept == pytest.approx([1 / 10 * 1 + 9 / 10 * 11, 9 / 10 * 10])
  clock.step.assign(1000)
  averages.update()
  assert averages.variables[1].numpy() == pytest.approx(0.9 * 9 + 0.1 * 10)
  before = network.get_weights()
  with averages.in_place():
    assert network.get_weights()[1] == pytest.approx(0.9 * 9 + 0.1 * 10)
  for one, two in zip(before, network.get_weights(), strict=True):
    np.testing.assert_array_equal(one, two)
