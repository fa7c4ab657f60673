"""Tests of the Keras model: counts, weights, training."""

import keras
import numpy as np
import pytest

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.cost import network_cost
from nasnet_search.builders.layers.training_clock import TrainingClock
from nasnet_search.builders.network import (
  build_network,
  decayed_variables,
  without_auxiliary_head,
)
from nasnet_search.builders.published import published_config
from nasnet_search.cells import zoo
from tests.builders.networks import (
  NASNET_A,
  noisy_config,
  random_images,
  small_architecture,
  trainable_size,
)


def check_against_cost(architecture, config):
  model = build_network(architecture, config, seed=0)
  cost = network_cost(architecture, config)
  assert cost.activation_sizes == {
    layer.name: int(np.prod(layer.output.shape[1:])) for layer in model.layers
  }
  assert model.count_params() == (
    cost.total_parameters + cost.auxiliary_total_parameters
  )
  assert trainable_size(model) == (
    cost.trainable_parameters + cost.auxiliary_trainable_parameters
  )
  bare = without_auxiliary_head(model)
  assert bare.count_params() == cost.total_parameters
  assert trainable_size(bare) == cost.trainable_parameters


@pytest.mark.parametrize('seed', range(24))
def test_cost_is_that_of_the_model(random_network, seed):
  check_against_cost(*random_network(seed))


@pytest.mark.slow
@pytest.mark.parametrize('seed', range(24, 200))
def test_cost_is_that_of_the_model_for_more(random_network, seed):
  check_against_cost(*random_network(seed))


def test_model_of_the_search_has_the_published_size():
  config = NetworkConfig((32, 32, 3), 10, repeats=2, filters=32)
  model = build_network(NASNET_A, config, seed=0)
  assert trainable_size(model) == 1_294_698


def test_model_of_nasnet_a_has_the_published_size():
  # NASNet-A 6 @ 768, 3.3M in the NASNet paper, Table 1; see test_cost.
  config = published_config(
    zoo.entry('nasnet_a'), skeleton='cifar', repeats=6, filters=32
  )
  model = build_network(NASNET_A, config, seed=0)
  bare = without_auxiliary_head(model)
  assert trainable_size(bare) == 3_346_538
  assert bare.count_params() == 3_383_786
  assert trainable_size(model) - trainable_size(bare) == 1_631_498


@pytest.mark.slow
@pytest.mark.parametrize(
  ('name', 'network'),
  [
    pytest.param(name, network, id=f'{name} {network.name}')
    for name in zoo.names()
    for network in zoo.entry(name).networks
    # AmoebaNet-A 6 / 448 alone has 469M parameters.
    if network.counts.get('trainable_parameters', 0) < 1e8
  ],
)
def test_cost_is_that_of_every_published_model(name, network):
  entry = zoo.entry(name)
  config = published_config(
    entry,
    skeleton=network.skeleton,
    repeats=network.repeats,
    filters=network.filters,
  )
  check_against_cost(entry.architecture, config)


@pytest.mark.parametrize('shape', [(8, 8, 1), (17, 23, 1), (224, 224, 3)])
def test_images_of_any_size(shape):
  config = NetworkConfig(shape, 5, filters=2)
  model = build_network(NASNET_A, config, seed=0)
  logits = model(random_images(shape, count=2), training=False)
  assert logits.shape == (2, 5)
  assert np.all(np.isfinite(logits))


def test_weights_follow_from_the_seed():
  config = NetworkConfig((8, 8, 1), 3, filters=2, reductions=1)

  def weights(seed):
    return build_network(small_architecture(), config, seed=seed).get_weights()

  first, again, other = weights(1), weights(1), weights(2)
  for left, right in zip(first, again, strict=True):
    np.testing.assert_array_equal(left, right)
  model = build_network(small_architecture(), config, seed=1)
  for variable, left, right in zip(model.weights, first, other, strict=True):
    if variable.name == 'kernel':
      assert not np.array_equal(left, right), variable.path


def test_layers_of_equal_shape_start_differently():
  config = NetworkConfig((8, 8, 1), 3, filters=4)
  model = build_network(NASNET_A, config, seed=0)
  kernels = [x.numpy().tobytes() for x in decayed_variables(model)]
  assert len(set(kernels)) == len(kernels)


def test_initial_kernels_keep_the_variance():
  # He et al. 2015: variance 2 / (values that are summed), for 5x5 depthwise
  # convolutions 2 / 25, for 1x1 convolutions of 64 channels 2 / 64.
  config = NetworkConfig((8, 8, 3), 3, filters=64, reductions=0)
  model = build_network(NASNET_A, config, seed=0)
  prefix = 'cell_0.normal.block_0.operation_1'
  depthwise = model.get_layer(f'{prefix}.depthwise_1').kernel.numpy()
  pointwise = model.get_layer(f'{prefix}.convolution_1').kernel.numpy()
  assert depthwise.shape == (5, 5, 64, 1)
  assert depthwise.var() == pytest.approx(2 / 25, rel=0.1)
  assert pointwise.var() == pytest.approx(2 / 64, rel=0.1)


def test_batch_normalisation_is_configured():
  config = NetworkConfig(
    (8, 8, 1), 3, batch_norm_momentum=0.7, batch_norm_epsilon=0.01
  )
  model = build_network(small_architecture(), config, seed=0)
  layers = [
    x for x in model.layers if isinstance(x, keras.layers.BatchNormalization)
  ]
  assert layers
  assert {(x.momentum, x.epsilon) for x in layers} == {(0.7, 0.01)}


def test_decay_applies_to_kernels_only():
  config = NetworkConfig((8, 8, 1), 3, filters=2, reductions=1)
  model = build_network(small_architecture(), config, seed=0)
  decayed = {id(x) for x in decayed_variables(model)}
  for layer in model.layers:
    kinds = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)
    has_kernel = isinstance(layer, (*kinds, keras.layers.Dense))
    for variable in layer.weights:
      expected = has_kernel and 'bias' not in variable.name
      assert (id(variable) in decayed) == expected, variable.path


def test_only_the_classifier_has_a_bias():
  model = build_network(
    small_architecture(), NetworkConfig((8, 8, 1), 3), seed=0
  )
  biases = [x.path for x in model.weights if x.name == 'bias']
  assert biases == ['logits/bias']


def test_network_learns():
  config = noisy_config()
  model = build_network(
    small_architecture('conv_3x3'), config, seed=0, clock=TrainingClock(20)
  )
  images = random_images(config.image_shape, count=32)
  labels = (images.mean(axis=(1, 2, 3)) > 0).astype('int32')
  model.compile(
    keras.optimizers.SGD(0.05, momentum=0.9),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
  )
  history = model.fit(images, labels, batch_size=32, epochs=20, verbose=0)
  assert history.history['loss'][-1] < 0.5 * history.history['loss'][0]


def test_clock_is_no_weight():
  config = NetworkConfig((8, 8, 1), 2, filters=2, drop_path_keep=0.5)
  model = build_network(
    small_architecture(), config, seed=0, clock=TrainingClock(10)
  )
  cost = network_cost(small_architecture(), config)
  assert model.count_params() == cost.total_parameters
  assert len(model.variables) == len(model.weights)
