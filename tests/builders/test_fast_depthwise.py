"""Tests of the fast depthwise convolution against the layer of Keras."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from nasnet_search.builders.layers.fast_depthwise import FastDepthwiseConv2D


def _pair(images, **arguments):
  """Returns the fast and the stock layer with equal weights."""
  kernel = None
  for layer_class in (FastDepthwiseConv2D, keras.layers.DepthwiseConv2D):
    layer = layer_class(use_bias=False, **arguments)
    layer.build(images.shape)
    if kernel is None:
      shape = layer.kernel.shape
      kernel = np.random.default_rng(1).normal(size=shape)
    layer.set_weights([kernel])
    yield layer


def _train(layer, images):
  with tf.GradientTape() as tape:
    tape.watch(images)
    outputs = layer(images)
    loss = tf.reduce_sum(tf.sin(tf.cast(outputs, tf.float32)))
  return [outputs, *tape.gradient(loss, [images, layer.kernel.value])]


@pytest.mark.parametrize('side', [3, 5, 7])
@pytest.mark.parametrize('strides', [1, 2])
@pytest.mark.parametrize('shape', [(2, 8, 10, 3), (1, 9, 9, 2)])
def test_training_equals_keras(side, strides, shape):
  images = tf.constant(np.random.default_rng(0).normal(size=shape), tf.float32)
  arguments = {'kernel_size': side, 'strides': strides, 'padding': 'same'}
  fast, stock = (_train(layer, images) for layer in _pair(images, **arguments))
  for left, right in zip(fast, stock, strict=True):
    np.testing.assert_allclose(left, right, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
  'changes', [{'dilation_rate': 2}, {'dtype': 'mixed_bfloat16'}]
)
def test_what_does_not_fit_goes_the_way_of_keras(changes):
  images = tf.ones([1, 8, 8, 2])
  arguments = {'kernel_size': 5, 'padding': 'same', **changes}
  fast, stock = (_train(layer, images) for layer in _pair(images, **arguments))
  for left, right in zip(fast, stock, strict=True):
    assert left.dtype == right.dtype
    np.testing.assert_array_equal(left, right)


def test_the_gradient_is_made_of_narrow_ones():
  """A slow kernel of five columns is nowhere in the graph."""
  layer = FastDepthwiseConv2D(5, padding='same', use_bias=False)
  layer.build((1, 8, 8, 2))
  traced = tf.function(lambda x: _train(layer, x)).get_concrete_function(
    tf.TensorSpec([1, 8, 8, 2])
  )
  sizes = [
    tf.get_static_value(operation.inputs[1])
    for operation in traced.graph.get_operations()
    if operation.type == 'DepthwiseConv2dNativeBackpropFilter'
  ]
  assert sizes
  assert all(columns <= 3 for _, columns, _, _ in sizes)


def test_is_a_layer_of_keras(check_layer):
  arguments = {'kernel_size': 5, 'padding': 'same', 'use_bias': False}
  check_layer(FastDepthwiseConv2D, arguments, (6, 6, 2))
