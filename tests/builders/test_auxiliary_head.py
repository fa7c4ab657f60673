"""Tests of the auxiliary head of the Keras model."""

import keras
import numpy as np

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.network import (
  build_network,
  without_auxiliary_head,
)
from tests.builders.networks import (
  check_gradients,
  random_images,
  small_architecture,
)


def with_head(**changes):
  arguments = {
    'image_shape': (16, 16, 1),
    'classes': 3,
    'filters': 4,
    'reductions': 1,
    'auxiliary_head': 'before_last_reduction',
  }
  return NetworkConfig(**arguments | changes)


def test_auxiliary_head_is_a_second_output():
  config = with_head()
  model = build_network(small_architecture(), config, seed=0)
  images = random_images(config.image_shape)
  check_gradients(model, images)
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
  model = build_network(small_architecture(), with_head(), seed=5)
  other = build_network(
    small_architecture(), with_head(auxiliary_head='none'), seed=5
  )
  bare = without_auxiliary_head(model)
  for left, right in zip(bare.weights, other.weights, strict=True):
    assert left.path == right.path
    np.testing.assert_array_equal(left.numpy(), right.numpy())


def test_auxiliary_head_is_trained_and_saved(tmp_path):
  config = with_head()
  model = build_network(small_architecture('conv_3x3'), config, seed=0)
  loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
  names = ('logits', 'auxiliary_logits')
  model.compile(
    keras.optimizers.SGD(0.05, momentum=0.9),
    dict.fromkeys(names, loss),
    # The weight of the papers (NASNet paper, App. A.7).
    loss_weights={'logits': 1.0, 'auxiliary_logits': 0.4},
  )
  images = random_images(config.image_shape, count=32)
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
