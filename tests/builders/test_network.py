"""Tests of the Keras model: counts, weights, training, saving."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.cost import network_cost
from nasnet_search.builders.layers.training_clock import TrainingClock
from nasnet_search.builders.network import (
  build_network,
  decayed_variables,
  without_auxiliary_head,
)
from nasnet_search.builders.options import SKELETONS
from nasnet_search.builders.published import READINGS, published_config
from nasnet_search.cells import zoo
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.cell import Block, Cell
from nasnet_search.cells.operations import ALL_OPERATIONS, COMBINATIONS

NASNET_A = zoo.load('nasnet_a')


def _small_architecture(operation='separable_conv_3x3', combination='add'):
  cell = Cell(
    blocks=(
      Block((0, 1), (operation, operation), combination),
      Block((2, 0), (operation, 'conv_1x1'), 'add'),
    ),
    concat=(3,),
  )
  return Architecture(normal=cell, reduction=cell)


def _all_operations(combination):
  """Returns cells in which every operation reads each of the inputs."""
  half = len(ALL_OPERATIONS) // 2
  operations = ALL_OPERATIONS + ALL_OPERATIONS[half:] + ALL_OPERATIONS[:half]
  blocks = tuple(
    Block((0, 1), (one, other), combination)
    for one, other in zip(ALL_OPERATIONS, operations[-2 * half :], strict=True)
  )
  cell = Cell(blocks, tuple(range(2, 2 + len(blocks))))
  return Architecture(normal=cell, reduction=cell)


def _images(shape, count=4):
  return np.random.default_rng(0).normal(size=(count, *shape)).astype('float32')


def _trainable_size(model):
  return sum(int(np.prod(x.shape)) for x in model.trainable_variables)


def _check_against_cost(architecture, config):
  model = build_network(architecture, config, seed=0)
  cost = network_cost(architecture, config)
  assert cost.activation_sizes == {
    layer.name: int(np.prod(layer.output.shape[1:])) for layer in model.layers
  }
  assert model.count_params() == (
    cost.total_parameters + cost.auxiliary_total_parameters
  )
  assert _trainable_size(model) == (
    cost.trainable_parameters + cost.auxiliary_trainable_parameters
  )
  bare = without_auxiliary_head(model)
  assert bare.count_params() == cost.total_parameters
  assert _trainable_size(bare) == cost.trainable_parameters


@pytest.mark.parametrize('seed', range(24))
def test_cost_is_that_of_the_model(random_network, seed):
  _check_against_cost(*random_network(seed))


@pytest.mark.slow
@pytest.mark.parametrize('seed', range(24, 200))
def test_cost_is_that_of_the_model_for_more(random_network, seed):
  _check_against_cost(*random_network(seed))


def test_model_of_the_search_has_the_published_size():
  config = NetworkConfig((32, 32, 3), 10, repeats=2, filters=32)
  model = build_network(NASNET_A, config, seed=0)
  assert _trainable_size(model) == 1_294_698


def test_model_of_nasnet_a_has_the_published_size():
  # NASNet-A 6 @ 768, 3.3M in the NASNet paper, Table 1; see test_cost.
  config = published_config(
    zoo.entry('nasnet_a'), skeleton='cifar', repeats=6, filters=32
  )
  model = build_network(NASNET_A, config, seed=0)
  bare = without_auxiliary_head(model)
  assert _trainable_size(bare) == 3_346_538
  assert bare.count_params() == 3_383_786
  assert _trainable_size(model) - _trainable_size(bare) == 1_631_498


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
  _check_against_cost(entry.architecture, config)


def _check_gradients(model, images):
  """Fails unless the gradient of every weight is there, finite and not 0."""
  with tf.GradientTape() as tape:
    outputs = model(images, training=True)
    if not isinstance(outputs, dict):
      outputs = {'logits': outputs}
    labels = np.arange(len(images)) % 2
    loss = tf.add_n(
      [
        tf.reduce_mean(
          tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        )
        for logits in outputs.values()
      ]
    )
  variables = [x.value for x in model.trainable_variables]
  for variable, gradient in zip(
    model.trainable_variables, tape.gradient(loss, variables), strict=True
  ):
    assert gradient is not None, variable.path
    values = gradient.numpy()
    assert np.all(np.isfinite(values)), variable.path
    if variable.name == 'kernel':
      assert np.any(values), variable.path


@pytest.mark.parametrize('size', [(8, 8), (9, 11)])
@pytest.mark.parametrize('combination', COMBINATIONS)
@pytest.mark.parametrize('operation', ALL_OPERATIONS)
def test_gradients_reach_every_weight(operation, combination, size):
  # With stride 1 in the normal cells and stride 2 in the reduction cell, on
  # inputs of F and, after a block that concatenates, of 2 F channels.
  config = NetworkConfig((*size, 1), 3, filters=4, reductions=1)
  model = build_network(
    _small_architecture(operation, combination), config, seed=0
  )
  _check_gradients(model, _images(config.image_shape))


@pytest.mark.parametrize(
  ('reading', 'combination'),
  [
    ('tpu', 'concat'),
    ('darts', 'add'),
    ('enas', 'concat'),
    ('pnasnet', 'add'),
    ('keras_applications', 'concat'),
  ],
)
def test_gradients_reach_every_weight_in_every_reading(reading, combination):
  config = NetworkConfig(
    (9, 10, 1),
    3,
    filters=8,
    reductions=1,
    auxiliary_head='last_reduction',
    **READINGS[reading],
  )
  model = build_network(_all_operations(combination), config, seed=0)
  _check_gradients(model, _images(config.image_shape, count=8))


@pytest.mark.parametrize('skeleton', SKELETONS)
@pytest.mark.parametrize('size', [(32, 32), (33, 47)])
def test_gradients_reach_every_weight_in_every_skeleton(skeleton, size):
  config = NetworkConfig((*size, 1), 3, filters=8, skeleton=skeleton)
  model = build_network(NASNET_A, config, seed=0)
  _check_gradients(model, _images(config.image_shape))


@pytest.mark.parametrize('shape', [(8, 8, 1), (17, 23, 1), (224, 224, 3)])
def test_images_of_any_size(shape):
  config = NetworkConfig(shape, 5, filters=2)
  model = build_network(NASNET_A, config, seed=0)
  logits = model(_images(shape, count=2), training=False)
  assert logits.shape == (2, 5)
  assert np.all(np.isfinite(logits))


def test_weights_follow_from_the_seed():
  config = NetworkConfig((8, 8, 1), 3, filters=2, reductions=1)

  def weights(seed):
    return build_network(_small_architecture(), config, seed=seed).get_weights()

  first, again, other = weights(1), weights(1), weights(2)
  for left, right in zip(first, again, strict=True):
    np.testing.assert_array_equal(left, right)
  model = build_network(_small_architecture(), config, seed=1)
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
  model = build_network(_small_architecture(), config, seed=0)
  layers = [
    x for x in model.layers if isinstance(x, keras.layers.BatchNormalization)
  ]
  assert layers
  assert {(x.momentum, x.epsilon) for x in layers} == {(0.7, 0.01)}


def test_decay_applies_to_kernels_only():
  config = NetworkConfig((8, 8, 1), 3, filters=2, reductions=1)
  model = build_network(_small_architecture(), config, seed=0)
  decayed = {id(x) for x in decayed_variables(model)}
  for layer in model.layers:
    kinds = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)
    has_kernel = isinstance(layer, (*kinds, keras.layers.Dense))
    for variable in layer.weights:
      expected = has_kernel and 'bias' not in variable.name
      assert (id(variable) in decayed) == expected, variable.path


def test_only_the_classifier_has_a_bias():
  model = build_network(
    _small_architecture(), NetworkConfig((8, 8, 1), 3), seed=0
  )
  biases = [x.path for x in model.weights if x.name == 'bias']
  assert biases == ['logits/bias']


def _noisy_config(**changes):
  return NetworkConfig(
    (8, 8, 1),
    2,
    filters=4,
    reductions=1,
    drop_path_keep=0.9,
    dropout=0.1,
    **changes,
  )


def _with_head(**changes):
  arguments = {
    'image_shape': (16, 16, 1),
    'classes': 3,
    'filters': 4,
    'reductions': 1,
    'auxiliary_head': 'before_last_reduction',
  }
  return NetworkConfig(**arguments | changes)


def test_auxiliary_head_is_a_second_output():
  config = _with_head()
  model = build_network(_small_architecture(), config, seed=0)
  images = _images(config.image_shape)
  _check_gradients(model, images)
  outputs = model(images, training=False)
  assert {name: x.shape for name, x in outputs.items()} == {
    'logits': (4, 3),
    'auxiliary_logits': (4, 3),
  }

  bare = without_auxiliary_head(model)
  np.testing.assert_array_equal(bare(images, training=False), outputs['logits'])
  assert not [x.name for x in bare.layers if x.name.startswith('auxiliary')]
  # It has the same weights, not copies of them.
  assert {id(x) for x in bare.weights} < {id(x) for x in model.weights}
  assert without_auxiliary_head(bare) is bare


def test_network_starts_the_same_with_and_without_a_head():
  model = build_network(_small_architecture(), _with_head(), seed=5)
  other = build_network(
    _small_architecture(), _with_head(auxiliary_head='none'), seed=5
  )
  bare = without_auxiliary_head(model)
  for left, right in zip(bare.weights, other.weights, strict=True):
    assert left.path == right.path
    np.testing.assert_array_equal(left.numpy(), right.numpy())


def test_auxiliary_head_is_trained_and_saved(tmp_path):
  config = _with_head()
  model = build_network(_small_architecture('conv_3x3'), config, seed=0)
  loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
  names = ('logits', 'auxiliary_logits')
  model.compile(
    keras.optimizers.SGD(0.05, momentum=0.9),
    dict.fromkeys(names, loss),
    # The weight of the papers (NASNet paper, App. A.7).
    loss_weights={'logits': 1.0, 'auxiliary_logits': 0.4},
  )
  images = _images(config.image_shape, count=32)
  labels = (images.mean(axis=(1, 2, 3)) > 0).astype('int32')
  targets = dict.fromkeys(names, labels)
  history = model.fit(images, targets, batch_size=32, epochs=10, verbose=0)
  for name in names:
    losses = history.history[f'{name}_loss']
    assert losses[-1] < 0.5 * losses[0]

  model.save(tmp_path / 'network.keras')
  loaded = keras.models.load_model(tmp_path / 'network.keras')
  for name in names:
    np.testing.assert_array_equal(
      loaded(images, training=False)[name], model(images, training=False)[name]
    )


def test_network_learns():
  config = _noisy_config()
  model = build_network(
    _small_architecture('conv_3x3'), config, seed=0, clock=TrainingClock(20)
  )
  images = _images(config.image_shape, count=32)
  labels = (images.mean(axis=(1, 2, 3)) > 0).astype('int32')
  model.compile(
    keras.optimizers.SGD(0.05, momentum=0.9),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
  )
  history = model.fit(images, labels, batch_size=32, epochs=20, verbose=0)
  assert history.history['loss'][-1] < 0.5 * history.history['loss'][0]


def test_network_is_saved_and_loaded(tmp_path):
  config = _noisy_config()
  model = build_network(
    _small_architecture(), config, seed=0, clock=TrainingClock(20)
  )
  images = _images(config.image_shape)
  model(images, training=True)  # Moves the moving statistics.
  expected = model(images, training=False)

  model.save(tmp_path / 'network.keras')
  loaded = keras.models.load_model(tmp_path / 'network.keras')
  np.testing.assert_array_equal(loaded(images, training=False), expected)
  loaded(images, training=True)  # Draws without a clock.

  model.save_weights(tmp_path / 'network.weights.h5')
  other = build_network(_small_architecture(), config, seed=1)
  other.load_weights(tmp_path / 'network.weights.h5')
  np.testing.assert_array_equal(other(images, training=False), expected)


@pytest.mark.parametrize(
  ('reading', 'combination', 'size'),
  [
    ('slim', 'concat', (8, 8)),
    ('keras_applications', 'add', (9, 11)),
    ('tpu', 'add', (8, 8)),
  ],
)
def test_every_operation_is_saved_and_loaded(
  tmp_path, reading, combination, size
):
  config = NetworkConfig(
    (*size, 1),
    3,
    filters=4,
    reductions=1,
    drop_path_keep=0.8,
    **READINGS[reading],
  )
  model = build_network(_all_operations(combination), config, seed=0)
  images = _images(config.image_shape)
  model(images, training=True)
  model.save(tmp_path / 'network.keras')
  loaded = keras.models.load_model(tmp_path / 'network.keras')
  assert [x.get_config() for x in loaded.layers] == [
    x.get_config() for x in model.layers
  ]
  np.testing.assert_array_equal(
    loaded(images, training=False), model(images, training=False)
  )


def test_network_is_exported_without_its_clock(tmp_path):
  config = _noisy_config()
  model = build_network(
    _small_architecture('conv_1x1'), config, seed=0, clock=TrainingClock(20)
  )
  images = _images(config.image_shape)
  model.export(tmp_path / 'exported', verbose=False)
  exported = tf.saved_model.load(tmp_path / 'exported')
  np.testing.assert_allclose(
    exported.serve(images),
    model(images, training=False),
    rtol=1e-5,
    atol=1e-6,
  )


def test_clock_is_no_weight():
  config = NetworkConfig((8, 8, 1), 2, filters=2, drop_path_keep=0.5)
  model = build_network(
    _small_architecture(), config, seed=0, clock=TrainingClock(10)
  )
  cost = network_cost(_small_architecture(), config)
  assert model.count_params() == cost.total_parameters
  assert len(model.variables) == len(model.weights)


@pytest.mark.usefixtures('mixed_precision')
def test_mixed_precision_gives_float32_logits():
  config = NetworkConfig((8, 8, 1), 3, filters=2, drop_path_keep=0.5)
  model = build_network(_small_architecture(), config, seed=0)
  logits = model(_images(config.image_shape), training=True)
  assert logits.dtype == tf.float32
  hidden = model.get_layer('cell_0.normal.block_0.add')
  assert hidden.compute_dtype == 'bfloat16'
  assert {x.dtype for x in model.weights} == {'float32'}


@pytest.mark.usefixtures('mixed_precision')
@pytest.mark.parametrize(
  ('reading', 'combination', 'size'),
  [('slim', 'concat', (10, 10)), ('tpu', 'add', (9, 11))],
)
def test_every_operation_trains_in_mixed_precision(reading, combination, size):
  config = NetworkConfig(
    (*size, 1),
    3,
    filters=4,
    reductions=1,
    auxiliary_head='before_last_reduction',
    **READINGS[reading],
  )
  model = build_network(_all_operations(combination), config, seed=0)
  images = _images(config.image_shape)
  outputs = model(images, training=True)
  assert {x.dtype for x in outputs.values()} == {tf.float32}
  _check_gradients(model, images)
