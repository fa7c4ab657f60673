"""Tests of the two steps against plain Keras: gradients, decay, clipping."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.layers.training_clock import TrainingClock
from nasnet_search.builders.network import build_network
from nasnet_search.data.config import DataConfig
from nasnet_search.data.registry import load_data
from nasnet_search.evaluators.config import ProxyConfig
from nasnet_search.evaluators.device_images import DeviceImages
from nasnet_search.evaluators.steps import training_step, validation_step

_INDICES = np.arange(5, 21, dtype=np.int32)
_STEPS = 3


@pytest.fixture(scope='module')
def data():
  return load_data(DataConfig(train_images=64, validation_images=40))


@pytest.fixture
def model(tiny_architecture):
  network = NetworkConfig((8, 8, 1), 10, filters=2)
  return build_network(tiny_architecture, network, seed=0)


def _pixels(images, record):
  return ((images / 255 - record.mean) / record.std).astype(np.float32)


def _is_kernel(variable):
  # Scales and offsets of batch normalisation and biases are vectors.
  return len(variable.shape) > 1


def _train_with_keras(model, data, proxy):
  """The same training with stock parts: L2 in the loss, clip, SGD."""
  pixels = _pixels(data.train_images[_INDICES], data.record)
  labels = data.train_labels[_INDICES]
  variables = model.trainable_variables
  optimizer = keras.optimizers.SGD(
    proxy.learning_rate, momentum=proxy.momentum, nesterov=True
  )
  losses = []
  for step in range(_STEPS):
    with tf.GradientTape() as tape:
      logits = model(pixels, training=True)
      loss = tf.reduce_mean(
        keras.losses.sparse_categorical_crossentropy(
          labels, logits, from_logits=True
        )
      )
      squares = [tf.reduce_sum(v**2) for v in variables if _is_kernel(v)]
      total = loss + proxy.weight_decay / 2 * tf.add_n(squares)
    gradients = tape.gradient(total, variables)
    if proxy.gradient_clip:
      gradients, _ = tf.clip_by_global_norm(gradients, proxy.gradient_clip)
    rate = proxy.learning_rate * (1 + np.cos(np.pi * step / _STEPS)) / 2
    optimizer.learning_rate = float(rate)
    optimizer.apply(gradients, variables)
    losses.append(float(loss))
  return losses


@pytest.mark.parametrize(
  'proxy',
  [
    ProxyConfig(weight_decay=0.0, gradient_clip=0.0),
    ProxyConfig(weight_decay=0.1, gradient_clip=0.0),
    # Gradients of about 3 are clipped, those of the decay among them.
    ProxyConfig(weight_decay=0.1, gradient_clip=0.5),
  ],
)
def test_trains_as_stock_parts_do(model, data, proxy):
  start = model.get_weights()
  expected_losses = _train_with_keras(model, data, proxy)
  expected = model.get_weights()
  model.set_weights(start)
  clock = TrainingClock(_STEPS)
  step = training_step(
    model,
    clock,
    DeviceImages(data, DataConfig()),
    proxy,
    batch=len(_INDICES),
    total_steps=_STEPS,
    seed=0,
  )
  losses = [float(step(_INDICES)) for _ in range(_STEPS)]
  np.testing.assert_allclose(losses, expected_losses, rtol=1e-4)
  for received, weights in zip(model.get_weights(), expected, strict=True):
    np.testing.assert_allclose(received, weights, rtol=1e-3, atol=1e-4)
  assert int(clock.step) == _STEPS


def test_validation_counts_hits_and_sums_losses(model, data):
  weights = np.array([1, 1, 1, 0, 1, 0], np.float32)
  indices = np.array([3, 30, 7, 7, 12, 1], np.int32)
  images = DeviceImages(data, DataConfig(crop_padding=1))
  step = validation_step(model, images, batch=len(indices))
  correct, loss = step(indices, weights).numpy()

  counted = indices[weights > 0]
  pixels = _pixels(data.validation_images[counted], data.record)
  labels = data.validation_labels[counted]
  logits = model(pixels, training=False).numpy()
  losses = keras.losses.sparse_categorical_crossentropy(
    labels, logits, from_logits=True
  )
  assert correct == np.sum(logits.argmax(axis=1) == labels)
  assert loss == pytest.approx(float(np.sum(losses)), rel=1e-5)


def test_augmentation_is_keyed_on_seed_and_step(model, data):
  # With a learning rate of 0 losses differ only by the images.
  def losses(config, seed):
    step = training_step(
      model,
      TrainingClock(9),
      DeviceImages(data, config),
      ProxyConfig(learning_rate=0.0),
      batch=len(_INDICES),
      total_steps=9,
      seed=seed,
    )
    return [float(step(_INDICES)) for _ in range(2)]

  cropped = DataConfig(crop_padding=2)
  first, second = losses(cropped, 0)
  assert first != second
  assert losses(cropped, 0) == [first, second]
  assert losses(cropped, 1)[0] != first
  first, second = losses(DataConfig(), 0)
  assert first == second
