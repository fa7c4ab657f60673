"""Networks as functions of their weights, against the Keras models.

Values, gradients, batch statistics and draws are those that Keras' layers and
TensorFlow's tape give from the same weights.
"""

import dataclasses
import functools
import os

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import keras
import numpy as np
import pytest
import tensorflow as tf

from nasnet_search.builders.backpropagation.network_function import (
  NetworkFunction,
)
from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.graph import network_graph
from nasnet_search.builders.layers.training_clock import TrainingClock
from nasnet_search.builders.network import (
  build_network,
  without_auxiliary_head,
)
from nasnet_search.cells import zoo
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.cell import Block, Cell
from nasnet_search.cells.layer_graph import (
  Convolution,
  FullyConnected,
  LayerGraph,
  Pooling,
)
from nasnet_search.cells.operations import ALL_OPERATIONS

_SEED = 3
_BATCH = 4


def _randomised(model):
  """Gives every vector random values: scales, offsets, biases, statistics."""
  draws = np.random.default_rng(_SEED)
  for layer in model.layers:
    for weight in layer.weights:
      if weight.name == 'kernel':
        continue
      values = draws.normal(0, 0.5, weight.shape)
      if weight.name in ('gamma', 'moving_variance'):
        values = np.abs(values) + 0.5
      weight.assign(values)


def _vectors(model, layout):
  """Returns the weights of a model as the two vectors of a layout."""
  parameters = [
    w.numpy().ravel()
    for name in layout.shapes
    for w in model.get_layer(name).trainable_weights
  ]
  statistics = [
    w.numpy()
    for name in layout.tracked
    for w in model.get_layer(name).non_trainable_weights
  ]
  # Chains of layers have no batch normalisation.
  none = np.zeros(0, np.float32)
  return np.concatenate(parameters), np.concatenate([none, *statistics])


def _loss(labels):
  def loss(logits):
    found = tf.raw_ops.SparseSoftmaxCrossEntropyWithLogits(
      features=logits, labels=labels
    )
    return found.loss, found.backprop / len(labels)

  return loss


def _error(received, expected):
  """Returns the norm of the difference over that of what is expected."""
  difference = np.linalg.norm(np.asarray(received) - np.asarray(expected))
  return difference / max(np.linalg.norm(expected), 1e-6)


def _gradients(model, images, labels):
  with tf.GradientTape() as tape:
    loss = keras.ops.mean(
      keras.losses.sparse_categorical_crossentropy(
        labels, model(images, training=True), from_logits=True
      )
    )
  return loss, tape.gradient(loss, model.trainable_variables)


def _rounding(model, images, labels):
  """Returns how far the tape's gradients move with the last digit of images."""
  before = model.get_weights()
  found = []
  for pixels in (images, images * np.float32(1 + 1e-7)):
    found.append(_gradients(model, pixels, labels)[1])
    model.set_weights(before)
  return {
    variable.path: np.linalg.norm(one - other)
    for variable, one, other in zip(
      model.trainable_variables, *found, strict=True
    )
  }


def _check(architecture, config, *, on_cpu=True, step=2):
  """Compares a network with its Keras model: all it computes."""
  clock = TrainingClock(10)
  clock.step.assign(step)
  graph = network_graph(architecture, config)
  model = without_auxiliary_head(
    build_network(architecture, config, seed=_SEED, clock=clock)
  )
  _randomised(model)
  function = NetworkFunction(graph, seed=_SEED, clock=clock, on_cpu=on_cpu)
  parameters, statistics = _vectors(model, function.layout)
  draws = np.random.default_rng(0)
  images = draws.normal(size=(_BATCH, *config.image_shape)).astype(np.float32)
  labels = draws.integers(0, config.classes, _BATCH).astype(np.int32)

  infer = tf.function(function.logits, autograph=False)
  logits = infer(parameters, statistics, images)
  assert _error(logits, model(images, training=False)) < 1e-4

  @functools.partial(tf.function, autograph=False)
  def train(parameters, images):
    found = function.training_pass(parameters, images, _loss(labels))
    return found.losses, found.gradient, found.statistics

  losses, gradient, batch_statistics = train(parameters, images)
  loss, expected = _gradients(model, images, labels)
  assert np.mean(losses) == pytest.approx(float(loss), rel=1e-4)
  variables = {
    id(variable): (gradient, variable.path)
    for variable, gradient in zip(
      model.trainable_variables, expected, strict=True
    )
  }
  whole = np.linalg.norm([np.linalg.norm(x) for x in expected])
  start = 0
  for name in function.layout.shapes:
    for weight in model.get_layer(name).trainable_weights:
      wanted, path = variables[id(weight)]
      part = gradient[start : start + wanted.numpy().size]
      start += wanted.numpy().size
      difference = np.linalg.norm(part - wanted.numpy().ravel())
      # A bias before batch normalisation, say, has a gradient of rounding.
      scale = np.linalg.norm(wanted) + 1e-3 * whole
      if difference >= 1e-3 * scale:
        # Few networks are so steep that the tape's own rounding is as large.
        assert difference < 5 * _rounding(model, images, labels)[path], path
  assert start == len(gradient)
  kept = function.layout.kept()
  moved = kept * statistics + (1 - kept) * batch_statistics
  _, tracked = _vectors(model, function.layout)
  np.testing.assert_allclose(moved, tracked, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize('seed', range(4))
def test_random_networks(random_network, seed):
  _check(*random_network(seed))


@pytest.mark.slow
@pytest.mark.parametrize('seed', range(4, 40))
def test_many_random_networks(random_network, seed):
  _check(*random_network(seed), on_cpu=bool(seed % 2))


def _cell(operation, combination):
  block = Block(
    inputs=(0, 1), operations=(operation, 'identity'), combination=combination
  )
  return Cell(blocks=(block,), concat=(2,))


@pytest.mark.parametrize('operation', ALL_OPERATIONS)
def test_every_operation_with_stride_and_without(operation):
  architecture = Architecture(
    normal=_cell(operation, 'add'), reduction=_cell(operation, 'concat')
  )
  # 11 and then 6 pixels: odd and even sides.
  _check(architecture, NetworkConfig((11, 11, 3), 5, filters=4, reductions=1))


def test_as_accelerators_compute_it():
  # Wide kernels and pools, of which a CPU computes the gradients otherwise.
  architecture = Architecture(
    normal=_cell('separable_conv_7x7', 'add'),
    reduction=_cell('average_pool_3x3', 'add'),
  )
  config = NetworkConfig((8, 8, 3), 5, filters=4, reductions=1)
  _check(architecture, config, on_cpu=False)


def test_pools_of_the_same_are_computed_once():
  architecture = zoo.entry('nasnet_a').architecture
  config = NetworkConfig((8, 8, 3), 10, filters=2)
  graph = network_graph(architecture, config)
  function = NetworkFunction(graph, seed=0, clock=TrainingClock(1), on_cpu=True)
  traced = tf.function(function.logits, autograph=False).get_concrete_function(
    np.zeros(function.layout.parameters, np.float32),
    np.zeros(function.layout.statistics, np.float32),
    np.zeros((2, 8, 8, 3), np.float32),
  )
  kinds = [operation.type for operation in traced.graph.get_operations()]
  # NASNet-A, Figure 4: a normal cell adds the pool of h_{i-1} to itself, so
  # two of its three pools are one, except where fitting makes them differ.
  assert kinds.count('AvgPool') < sum(
    type(node.primitive).__name__ == 'AveragePool' for node in graph.nodes
  )


_LAYERS = {
  'convolutions': (Convolution(3, 4), Convolution(1, 6), Convolution(5, 3)),
  'poolings': (Pooling(3, 2), Convolution(3, 4), Pooling(2, 2)),
  'wide pooling': (Convolution(1, 4), Pooling(5, 3), Convolution(3, 2)),
  'neurons': (Pooling(2, 2), FullyConnected(8), FullyConnected(5)),
  'none': (),
}


@pytest.mark.parametrize('layers', _LAYERS.values(), ids=_LAYERS)
@pytest.mark.parametrize('end', ['softmax', 'global_average_pool'])
def test_chains_of_layers(layers, end):
  if end == 'global_average_pool' and FullyConnected(8) in layers:
    pytest.skip('No image is left to be averaged.')
  config = NetworkConfig((11, 9, 2), 5)
  _check(LayerGraph(layers, end), config, step=7)


def test_drop_path_and_dropout_draw_what_the_layers_draw(random_network):
  architecture, config = random_network(0)
  config = dataclasses.replace(
    config, drop_path_keep=0.5, dropout=0.5, auxiliary_head='none'
  )
  _check(architecture, config, step=9)
