"""Tests of the two steps against plain Keras: gradients, decay, clipping."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.graph import network_graph
from nasnet_search.builders.network import build_network
from nasnet_search.data.config import DataConfig
from nasnet_search.data.registry import load_data
from nasnet_search.evaluators.config import ProxyConfig
from nasnet_search.evaluators.device_images import DeviceImages
from nasnet_search.evaluators.steps import Child

_INDICES = np.arange(5, 21, dtype=np.int32)
_STEPS = 3
_PLAIN = DataConfig()


@pytest.fixture(scope='module')
def data():
  return load_data(DataConfig(train_images=64, validation_images=40))


_NETWORK = NetworkConfig((8, 8, 1), 10, filters=2)


@pytest.fixture
def model(tiny_architecture):
  return build_network(tiny_architecture, _NETWORK, seed=0)


@pytest.fixture
def child_of(tiny_architecture, data):
  """Returns a function to a child of some settings."""

  def make(proxy, config=_PLAIN, total_steps=_STEPS, seed=0):
    return Child(
      network_graph(tiny_architecture, _NETWORK),
      DeviceImages(data, config),
      proxy,
      total_steps=total_steps,
      seed=0,
      augmentation_seed=seed,
    )

  return make


def _take_over(model, child):
  """Gives a child the weights of a Keras model."""
  child.parameters.assign(_trainable(model, child))
  child.statistics.assign(
    np.concatenate(
      [
        weight.numpy()
        for name in child.layout.tracked
        for weight in model.get_layer(name).non_trainable_weights
      ]
    )
  )


def _trainable(model, child):
  return np.concatenate(
    [
      weight.numpy().ravel()
      for name in child.layout.shapes
      for weight in model.get_layer(name).trainable_weights
    ]
  )


def _pixels(images, record):
  return ((images / 255 - record.mean) / record.std).astype(np.float32)


def _is_kernel(variable):
  # Scales and offsets of batch normalisation and biases are vectors.
  return len(variable.shape) > 1


def _train_with_keras(model, data, proxy):
  """The same training with stock parts: L2 in the loss, clip, optimizer."""
  pixels = _pixels(data.train_images[_INDICES], data.record)
  labels = data.train_labels[_INDICES]
  variables = model.trainable_variables
  if proxy.optimizer == 'adam':
    optimizer = keras.optimizers.Adam(epsilon=1e-8)
  else:
    optimizer = keras.optimizers.SGD(momentum=proxy.momentum, nesterov=True)
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
    ProxyConfig(weight_decay=0.1, gradient_clip=0.5, optimizer='adam'),
  ],
)
def test_trains_as_stock_parts_do(model, data, proxy, child_of):
  child = child_of(proxy)
  _take_over(model, child)
  expected_losses = _train_with_keras(model, data, proxy)
  step = child.training_step(len(_INDICES))
  losses = [float(step(_INDICES)) for _ in range(_STEPS)]
  np.testing.assert_allclose(losses, expected_losses, rtol=1e-4)
  np.testing.assert_allclose(
    child.parameters.numpy(), _trainable(model, child), rtol=1e-3, atol=1e-4
  )
  trained = child.statistics.numpy()
  _take_over(model, child)
  np.testing.assert_allclose(
    trained, child.statistics.numpy(), rtol=1e-3, atol=1e-4
  )
  assert int(child.clock.step) == _STEPS


def test_validation_counts_hits_and_sums_losses(model, data, child_of):
  weights = np.array([1, 1, 1, 0, 1, 0], np.float32)
  indices = np.array([3, 30, 7, 7, 12, 1], np.int32)
  child = child_of(ProxyConfig(), DataConfig(crop_padding=1))
  _take_over(model, child)
  step = child.validation_step(len(indices))
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


def test_augmentation_is_keyed_on_seed_and_step(child_of):
  # With a learning rate of 0 losses differ only by the images.
  def losses(config, seed):
    child = child_of(ProxyConfig(learning_rate=0.0), config, 9, seed)
    step = child.training_step(len(_INDICES))
    return [float(step(_INDICES)) for _ in range(2)]

  cropped = DataConfig(crop_padding=2)
  first, second = losses(cropped, 0)
  assert first != second
  assert losses(cropped, 0) == [first, second]
  assert losses(cropped, 1)[0] != first
  first, second = losses(DataConfig(), 0)
  assert first == second


def test_steps_compile_for_accelerators(child_of):
  # What XLA compiles has fixed shapes and no operation that only a CPU has.
  child, other = child_of(ProxyConfig()), child_of(ProxyConfig())
  compiled = child.training_step(len(_INDICES), jit_compile=True)
  plain = other.training_step(len(_INDICES))
  for _ in range(2):
    assert float(compiled(_INDICES)) == pytest.approx(
      float(plain(_INDICES)), rel=1e-4
    )
  weights = np.ones(len(_INDICES), np.float32)
  np.testing.assert_allclose(
    child.validation_step(len(_INDICES), jit_compile=True)(_INDICES, weights),
    other.validation_step(len(_INDICES))(_INDICES, weights),
    rtol=1e-4,
  )
