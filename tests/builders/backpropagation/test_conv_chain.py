"""The fast child of a chain against its Keras model.

Rectangular kernels, strides of 3, zero-padding and images read by several
layers, which no network of cells has.
"""

import os

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import numpy as np
import pytest

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.cost import network_cost
from nasnet_search.builders.network import build_network
from nasnet_search.cells.chain_options import ChainOptions, DepthSchedule
from nasnet_search.cells.conv_chain import ChainLayer, ConvChain
from nasnet_search.cells.conv_chain_space import ConvChainSpace
from nasnet_search.cells.search_space import random_choices
from tests.builders.backpropagation.test_network_function import _check

CONFIG = NetworkConfig(image_shape=(11, 9, 3), classes=5, dropout=0.25)


def random_chain(seed, layers=6, **options):
  schedule = DepthSchedule(layers, 0, 1, layers)
  space = ConvChainSpace(
    ChainOptions(schedule, filters=(3, 4, 6), **options),
    CONFIG.image_shape[:2],
  )
  return space.decode(random_choices(space, np.random.default_rng(seed)))


def test_every_size_and_stride():
  """Each of the paper's sizes and strides, in height and in width."""
  layers = [
    ChainLayer(7, 1, 4, (), 3, 1),
    ChainLayer(1, 7, 4, (), 1, 3),
    ChainLayer(5, 3, 3, (0, 1), 2, 3),
    ChainLayer(3, 5, 4, (0, 2), 3, 2),
    ChainLayer(1, 1, 4, (1, 3), 2, 2),
    ChainLayer(3, 3, 0, (1, 2), 2, 2, 'max_pool'),
  ]
  _check(ConvChain(tuple(layers)), CONFIG)


@pytest.mark.parametrize(
  ('seed', 'options'),
  [
    (1, {}),
    (2, {'skips': False, 'strides': (1, 2, 3)}),
    (3, {'types': ('convolution', 'max_pool'), 'skips': False}),
  ],
)
def test_random_chains(seed, options):
  _check(random_chain(seed, **options), CONFIG, on_cpu=bool(seed % 2))


def test_the_cost_is_that_of_the_keras_model():
  for seed in (4, 5):
    chain = random_chain(seed, layers=8)
    model = build_network(chain, CONFIG, seed=0)
    cost = network_cost(chain, CONFIG)
    assert cost.total_parameters == model.count_params()
    assert cost.trainable_parameters == sum(
      int(np.prod(w.shape)) for w in model.trainable_weights
    )
    assert model.output_shape == (None, 5)
    # As an image is padded by "same" convolutions of Keras.
    for layer in model.layers[1:]:
      values = np.prod(layer.output.shape[1:])
      assert cost.activation_sizes[layer.name] == values
