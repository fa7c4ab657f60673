"""Tests of networks that are saved, loaded and exported."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.layers.training_clock import TrainingClock
from nasnet_search.builders.network import (
  build_network,
)
from nasnet_search.builders.published import READINGS
from tests.builders.networks import (
  all_operations,
  noisy_config,
  random_images,
  small_architecture,
)


def test_network_is_saved_and_loaded(tmp_path):
  config = noisy_config()
  model = build_network(
    small_architecture(), config, seed=0, clock=TrainingClock(20)
  )
  images = random_images(config.image_shape)
  model(images, training=True)  # Moves the moving statistics.
  expected = model(images, training=False)

  model.save(tmp_path / 'network.keras')
  loaded = keras.models.load_model(tmp_path / 'network.keras')
  np.testing.assert_array_equal(loaded(images, training=False), expected)
  loaded(images, training=True)  # Draws without a clock.

  model.save_weights(tmp_path / 'network.weights.h5')
  other = build_network(small_architecture(), config, seed=1)
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
  model = build_network(all_operations(combination), config, seed=0)
  images = random_images(config.image_shape)
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
  config = noisy_config()
  model = build_network(
    small_architecture('conv_1x1'), config, seed=0, clock=TrainingClock(20)
  )
  images = random_images(config.image_shape)
  model.export(tmp_path / 'exported', verbose=False)
  exported = tf.saved_model.load(tmp_path / 'exported')
  np.testing.assert_allclose(
    exported.serve(images),
    model(images, training=False),
    rtol=1e-5,
    atol=1e-6,
  )
