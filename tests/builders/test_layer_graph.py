"""Networks of chains of layers, against shapes and counts by hand."""

import json

import numpy as np
import pytest

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.cost import network_cost
from nasnet_search.builders.graph import network_graph
from nasnet_search.builders.primitives import (
  Convolution,
  Dense,
  Dropout,
  MaxPool,
)
from nasnet_search.cells import layer_graph as chain
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.layer_graph_space import LayerGraphSpace
from nasnet_search.cells.search_space import random_choices

CONFIG = NetworkConfig((12, 10, 3), 5)
CHAIN = chain.LayerGraph(
  (
    chain.Convolution(3, 8),
    chain.Pooling(5, 3),
    chain.Convolution(1, 4),
    chain.Pooling(2, 2),
    chain.FullyConnected(6),
  ),
  'softmax',
)


def test_every_layer_is_what_the_paper_says():
  graph = network_graph(CHAIN, CONFIG)
  assert [(n.name, n.shape) for n in graph.nodes] == [
    ('image', (12, 10, 3)),
    ('layer_0.convolution', (12, 10, 8)),
    ('layer_0.convolution.relu', (12, 10, 8)),
    # Windows of 5 every 3 pixels: at 0, 3 and 6 of 12, at 0 and 3 of 10.
    ('layer_1.max_pool', (3, 2, 8)),
    ('layer_1.dropout', (3, 2, 8)),
    ('layer_2.convolution', (3, 2, 4)),
    ('layer_2.convolution.relu', (3, 2, 4)),
    ('layer_3.max_pool', (1, 1, 4)),
    ('layer_3.dropout', (1, 1, 4)),
    ('layer_4.flatten', (4,)),
    ('layer_4.fully_connected', (6,)),
    ('layer_4.fully_connected.relu', (6,)),
    ('logits', (5,)),
  ]
  primitives = {node.name: node.primitive for node in graph.nodes}
  assert primitives['layer_0.convolution'] == Convolution(8, (3, 3), bias=True)
  assert primitives['layer_1.max_pool'] == MaxPool(5, 3, 'valid')
  assert primitives['layer_4.fully_connected'] == Dense(6)
  assert [node.name for node in graph.cells] == [
    'layer_0.convolution.relu',
    'layer_1.dropout',
    'layer_2.convolution.relu',
    'layer_3.dropout',
    'layer_4.fully_connected.relu',
  ]


def test_counts_by_hand():
  cost = network_cost(CHAIN, CONFIG)
  kernels = (3 * 3 * 3 * 8, 8 * 4, 4 * 6, 6 * 5)
  assert cost.trainable_parameters == sum(kernels) + 8 + 4 + 6 + 5
  assert cost.total_parameters == cost.trainable_parameters
  pixels = (12 * 10, 3 * 2, 1, 1)
  assert cost.multiply_adds == sum(np.multiply(kernels, pixels))


@pytest.mark.parametrize(
  ('layers', 'rates'),
  [
    (0, []),
    (1, []),
    (2, [1 / 2]),
    (3, [1 / 2]),
    # Appendix A: the i-th of n has i / 2n.
    (4, [1 / 4, 1 / 2]),
    (7, [1 / 6, 1 / 3, 1 / 2]),
  ],
)
def test_dropout_grows_to_a_half(layers, rates):
  made = chain.LayerGraph((chain.Convolution(1, 2),) * layers, 'softmax')
  found = [
    node.primitive.rate
    for node in network_graph(made, CONFIG).nodes
    if isinstance(node.primitive, Dropout)
  ]
  assert found == pytest.approx(rates)


def test_dropout_can_be_left_out():
  config = NetworkConfig((12, 10, 3), 5, layer_dropout=0.0)
  kinds = {type(node.primitive) for node in network_graph(CHAIN, config).nodes}
  assert Dropout not in kinds


@pytest.mark.parametrize(
  'change',
  [
    {'auxiliary_head': 'last_reduction'},
    {'drop_path_keep': 0.5},
    {'dropout': 0.2},
  ],
)
def test_what_such_chains_do_not_have_is_refused(change):
  config = NetworkConfig((32, 32, 3), 5, **change)
  with pytest.raises(UserError, match=f'without {next(iter(change))}'):
    network_graph(CHAIN, config)


def test_terminations_of_a_chain_without_layers():
  pooled = network_graph(chain.LayerGraph((), 'global_average_pool'), CONFIG)
  assert [node.shape for node in pooled.nodes] == [(12, 10, 3), (3,), (5,)]
  flat = network_graph(chain.LayerGraph((), 'softmax'), CONFIG)
  assert [node.shape for node in flat.nodes] == [(12, 10, 3), (360,), (5,)]


def test_a_chain_too_deep_for_its_images_is_refused():
  deep = chain.LayerGraph(
    (chain.Pooling(2, 2), chain.Convolution(1, 2)) * 4, 'softmax'
  )
  with pytest.raises(UserError) as error:
    network_graph(deep, NetworkConfig((8, 8, 1), 10))
  assert str(error.value) == (
    'Expected an image of at least 2x2 pixels before P(2,2), at layer_6. '
    'Received: 1x1. Use larger images (--image_size) or fewer poolings.'
  )


def test_chains_of_a_space_fit_its_images():
  space = LayerGraphSpace(9, 12, (2,), (3, 2))
  rng = np.random.default_rng(0)
  for _ in range(200):
    made = space.decode(random_choices(space, rng))
    for shape in ((9, 9, 1), (9, 14, 3)):
      network_cost(made, NetworkConfig(shape, 4))


def test_the_model_is_the_network_that_was_counted():
  from nasnet_search.builders.network import build_network

  model = build_network(CHAIN, CONFIG, seed=0)
  cost = network_cost(CHAIN, CONFIG)
  assert model.count_params() == cost.total_parameters
  names = [layer.name for layer in model.layers]
  assert names == [node.name for node in network_graph(CHAIN, CONFIG).nodes]


def test_inference_needs_layers_of_keras_only():
  from nasnet_search.builders.inference import copy_weights, inference_network
  from nasnet_search.builders.network import build_network

  trained = build_network(CHAIN, CONFIG, seed=0)
  model = inference_network(CHAIN, CONFIG)
  copy_weights(trained, model)
  images = np.random.default_rng(0).normal(size=(2, 12, 10, 3))
  np.testing.assert_allclose(
    model(images), trained(images, training=False), rtol=1e-6
  )
  modules = {
    layer['module'] for layer in json.loads(model.to_json())['config']['layers']
  }
  assert modules == {'keras.layers'}
