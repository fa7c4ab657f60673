"""Where weights stand and how they start, against Keras' layers."""

import os

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import numpy as np
import pytest

from nasnet_search.builders.backpropagation.weights import WeightLayout
from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.cost import network_cost
from nasnet_search.builders.graph import network_graph
from nasnet_search.cells import zoo

_CONFIG = NetworkConfig((32, 32, 3), 10, filters=32)
_NASNET = zoo.entry('nasnet_a').architecture


@pytest.fixture(scope='module')
def layout():
  return WeightLayout(network_graph(_NASNET, _CONFIG))


def _parts(layout, vector):
  """Returns the values of each weight, by node and place."""
  pieces = np.split(vector, np.cumsum(layout.sizes())[:-1])
  shapes = [
    (name, place, shape)
    for name, shapes in layout.shapes.items()
    for place, shape in enumerate(shapes)
  ]
  return {
    (name, place): piece.reshape(shape)
    for (name, place, shape), piece in zip(shapes, pieces, strict=True)
  }


def test_counts_are_those_of_the_network(layout):
  cost = network_cost(_NASNET, _CONFIG)
  assert layout.parameters == cost.trainable_parameters
  total = layout.parameters + layout.statistics
  assert total == cost.total_parameters


def test_an_auxiliary_head_is_left_out(layout):
  config = NetworkConfig(
    (32, 32, 3), 10, filters=32, auxiliary_head='after_last_reduction'
  )
  without = WeightLayout(network_graph(_NASNET, config))
  assert without.parameters == layout.parameters


def test_kernels_start_as_in_keras(layout):
  import keras

  parts = _parts(layout, layout.initial_parameters(0))
  found = parts['stem.convolution', 0]
  expected = np.array(keras.initializers.HeNormal(0)(found.shape))
  # He et al. 2015: variance 2 / fan-in, here 3 x 3 pixels of 3 channels; the
  # normal distribution is cut off at two of its own standard deviations.
  assert found.std() == pytest.approx(np.sqrt(2 / 27), rel=0.05)
  assert np.abs(found).max() == pytest.approx(np.abs(expected).max(), rel=0.05)
  depthwise = np.concatenate(
    [
      value.ravel()
      for (node, _), value in parts.items()
      if 'depthwise' in node and value.shape[0] == 5
    ]
  )
  assert depthwise.std() == pytest.approx(np.sqrt(2 / 25), rel=0.05)
  dense = parts['logits', 0]
  bound = np.sqrt(6 / sum(dense.shape))
  assert 0.95 * bound < np.abs(dense).max() <= bound
  assert not parts['logits', 1].any()


def test_batch_normalisation_starts_as_identity(layout):
  parts = _parts(layout, layout.initial_parameters(0))
  for name in layout.tracked:
    assert (parts[name, 0] == 1).all()
    assert not parts[name, 1].any()
  start = layout.initial_statistics()
  channels = next(iter(layout.tracked.values()))
  assert not start[:channels].any()
  assert (start[channels : 2 * channels] == 1).all()


def test_weights_follow_from_the_seed_of_the_network(layout):
  first = layout.initial_parameters(0)
  np.testing.assert_array_equal(first, layout.initial_parameters(0))
  other = layout.initial_parameters(1)
  parts, others = _parts(layout, first), _parts(layout, other)
  kernels = [key for key, value in parts.items() if value.ndim > 1]
  assert all((parts[key] != others[key]).any() for key in kernels)


def test_only_kernels_decay(layout):
  # As in slim, whose weight decay regularises kernels.
  parts = _parts(layout, layout.decayed())
  for value in parts.values():
    assert (value == (value.ndim > 1)).all()
