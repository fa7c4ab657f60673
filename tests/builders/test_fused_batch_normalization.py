"""Tests of the fused batch normalisation against the layer of Keras."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from nasnet_search.builders.layers.fused_batch_normalization import (
  FusedBatchNormalization,
)

ARGUMENTS = {'momentum': 0.8, 'epsilon': 1e-5, 'name': 'normalization'}


def _pair(shape, **changes):
  """Returns the fused and the stock layer with equal, uneven weights."""
  rng = np.random.default_rng(1)
  layers = []
  for layer_class in (FusedBatchNormalization, keras.layers.BatchNormalization):
    layer = layer_class(**(ARGUMENTS | changes))
    layer.build(shape)
    layers.append(layer)
  weights = [rng.uniform(0.5, 1.5, x.shape) for x in layers[0].weights]
  for layer in layers:
    layer.set_weights(weights)
  return layers


def _images(shape, dtype='float32'):
  rng = np.random.default_rng(0)
  return tf.constant(3.0 + 2.0 * rng.normal(size=shape), dtype)


def _train(layer, images):
  with tf.GradientTape() as tape:
    tape.watch(images)
    outputs = layer(images, training=True)
    loss = tf.reduce_mean(tf.square(outputs) * tf.sin(outputs))
  variables = [x.value for x in layer.trainable_weights]
  gradients = tape.gradient(loss, [images, *variables])
  return [outputs, *gradients, *layer.get_weights()]


@pytest.mark.parametrize(
  'shape', [(4, 5, 3, 6), (2, 1, 1, 3), (1, 1, 2, 2), (64, 8, 8, 4)]
)
def test_training_equals_keras(shape):
  fused, stock = _pair(shape)
  images = _images(shape)
  for left, right in zip(
    _train(fused, images), _train(stock, images), strict=True
  ):
    np.testing.assert_allclose(left, right, rtol=1e-4, atol=1e-5)


def test_moving_variance_of_few_values_is_the_biased_one():
  # Of the values 1 and 3: mean 2, biased variance 1 (the unbiased one is 2).
  layer = FusedBatchNormalization(momentum=0.75)
  layer(tf.constant([1.0, 3.0], shape=[2, 1, 1, 1]), training=True)
  np.testing.assert_allclose(layer.moving_mean, [0.25 * 2.0])
  np.testing.assert_allclose(layer.moving_variance, [0.75 + 0.25 * 1.0])


def test_single_value_leaves_a_finite_variance():
  layer = FusedBatchNormalization(momentum=0.75)
  layer(tf.ones([1, 1, 1, 1]), training=True)
  np.testing.assert_allclose(layer.moving_variance, [0.75])


def test_graph_of_unknown_sizes_equals_keras():
  fused, stock = _pair((None, None, None, 3))
  images = _images((4, 6, 5, 3))

  @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3])])
  def train(x):
    return fused(x, training=True)

  np.testing.assert_allclose(
    train(images), stock(images, training=True), rtol=1e-4, atol=1e-5
  )
  for left, right in zip(fused.get_weights(), stock.get_weights(), strict=True):
    np.testing.assert_allclose(left, right, rtol=1e-5)


def test_training_uses_the_fused_kernel():
  fused, _ = _pair((None, 4, 4, 3))

  def kinds(training):
    graph = (
      tf.function(lambda x: fused(x, training=training))
      .get_concrete_function(tf.TensorSpec([2, 4, 4, 3]))
      .graph
    )
    return {x.type for x in graph.get_operations()}

  assert 'FusedBatchNormV3' in kinds(training=True)
  assert 'FusedBatchNormV3' not in kinds(training=False)


@pytest.mark.parametrize('trainable', [True, False])
def test_inference_and_frozen_layers_equal_keras(trainable):
  fused, stock = _pair((4, 4, 4, 3))
  fused.trainable = stock.trainable = trainable
  images = _images((4, 4, 4, 3))
  # A frozen layer is in inference mode, whatever it is told.
  for training in (False,) if trainable else (False, True):
    np.testing.assert_array_equal(
      fused(images, training=training), stock(images, training=training)
    )
  np.testing.assert_array_equal(fused.moving_mean, stock.moving_mean)


@pytest.mark.parametrize(
  ('shape', 'changes'),
  [
    ((4, 3), {}),
    ((4, 3, 5, 2, 3), {}),
    ((4, 3, 5, 2), {'axis': 1}),
    ((4, 3, 5, 2), {'scale': False}),
    ((4, 3, 5, 2), {'center': False}),
    ((4, 3, 5, 2), {'dtype': 'float64'}),
    ((4, 3, 5, 2), {'dtype': 'bfloat16'}),
  ],
)
def test_what_does_not_fit_equals_keras(shape, changes):
  fused, stock = _pair(shape, **changes)
  images = _images(shape, changes.get('dtype', 'float32'))
  for left, right in zip(
    _train(fused, images), _train(stock, images), strict=True
  ):
    np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize('dtype', ['bfloat16', 'float16'])
def test_mixed_precision_keeps_statistics_in_float32(dtype):
  fused, stock = _pair((8, 4, 4, 3), dtype=f'mixed_{dtype}')
  images = _images((8, 4, 4, 3), dtype)
  left, right = fused(images, training=True), stock(images, training=True)
  assert left.dtype == right.dtype == dtype
  np.testing.assert_allclose(
    tf.cast(left, 'float32'), tf.cast(right, 'float32'), atol=0.05
  )
  for variable, other in zip(fused.weights, stock.weights, strict=True):
    assert variable.dtype == 'float32'
    np.testing.assert_allclose(variable, other, rtol=1e-5)


def test_mask_takes_the_way_of_keras():
  fused, stock = _pair((2, 3, 4, 2))
  images = _images((2, 3, 4, 2))
  mask = tf.constant(np.arange(24).reshape(2, 3, 4) % 2 == 0)
  np.testing.assert_array_equal(
    fused(images, training=True, mask=mask),
    stock(images, training=True, mask=mask),
  )


def test_layer_keeps_the_names_and_configuration_of_keras():
  fused, stock = _pair((None, 4, 4, 3))
  assert fused.get_config() == stock.get_config()
  assert [x.path for x in fused.weights] == [x.path for x in stock.weights]


def test_layer_passes_the_common_checks(check_layer):
  check_layer(FusedBatchNormalization, {'momentum': 0.9}, (5, 4, 3))
