"""Tests that gradients reach every weight, in any precision."""

import pytest
import tensorflow as tf

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.network import (
  build_network,
)
from nasnet_search.builders.options import SKELETONS
from nasnet_search.builders.published import READINGS
from nasnet_search.cells.operations import ALL_OPERATIONS, COMBINATIONS
from tests.builders.networks import (
  NASNET_A,
  all_operations,
  check_gradients,
  random_images,
  small_architecture,
)


@pytest.mark.parametrize('size', [(8, 8), (9, 11)])
@pytest.mark.parametrize('combination', COMBINATIONS)
@pytest.mark.parametrize('operation', ALL_OPERATIONS)
def test_gradients_reach_every_weight(operation, combination, size):
  # With stride 1 in the normal cells and stride 2 in the reduction cell, on
  # inputs of F and, after a block that concatenates, of 2 F channels.
  config = NetworkConfig((*size, 1), 3, filters=4, reductions=1)
  model = build_network(
    small_architecture(operation, combination), config, seed=0
  )
  check_gradients(model, random_images(config.image_shape))


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
  model = build_network(all_operations(combination), config, seed=0)
  check_gradients(model, random_images(config.image_shape, count=8))


@pytest.mark.parametrize('skeleton', SKELETONS)
@pytest.mark.parametrize('size', [(32, 32), (33, 47)])
def test_gradients_reach_every_weight_in_every_skeleton(skeleton, size):
  config = NetworkConfig((*size, 1), 3, filters=8, skeleton=skeleton)
  model = build_network(NASNET_A, config, seed=0)
  check_gradients(model, random_images(config.image_shape))


@pytest.mark.usefixtures('mixed_precision')
def test_mixed_precision_gives_float32_logits():
  config = NetworkConfig((8, 8, 1), 3, filters=2, drop_path_keep=0.5)
  model = build_network(small_architecture(), config, seed=0)
  logits = model(random_images(config.image_shape), training=True)
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
  model = build_network(all_operations(combination), config, seed=0)
  images = random_images(config.image_shape)
  outputs = model(images, training=True)
  assert {x.dtype for x in outputs.values()} == {tf.float32}
  check_gradients(model, images)
