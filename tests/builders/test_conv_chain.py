"""Networks of chains: shapes and counts by hand, and what does not fit."""

import dataclasses

import pytest

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.cost import network_cost
from nasnet_search.builders.graph import network_graph
from nasnet_search.builders.primitives import Concatenate, MaxPool, Pad
from nasnet_search.cells.conv_chain import ChainLayer, ConvChain
from nasnet_search.cells.errors import UserError

CONFIG = NetworkConfig(image_shape=(9, 8, 3), classes=10)
PLAIN = ConvChain(
  (
    ChainLayer(3, 3, 4, ()),
    ChainLayer(1, 5, 6, (0,), 2, 3),
    ChainLayer(7, 3, 8, (1,), 3, 1),
  )
)


def shapes_of(chain, config=CONFIG):
  return {n.name: n.shape for n in network_graph(chain, config).nodes}


def test_a_plain_chain_by_hand():
  graph = network_graph(PLAIN, CONFIG)
  # "Same" padding: ceil(9 / 2) = 5, ceil(8 / 3) = 3; then ceil(5 / 3) = 2.
  assert [node.shape for node in graph.cells] == [
    (9, 8, 4),
    (5, 3, 6),
    (2, 3, 8),
  ]
  assert [type(node.primitive).__name__ for node in graph.nodes] == [
    'Image',
    *('Convolution', 'BatchNormalization', 'Relu') * 3,
    'GlobalAveragePool',
    'Dense',
  ]
  cost = network_cost(PLAIN, CONFIG)
  kernels = 3 * 3 * 3 * 4, 1 * 5 * 4 * 6, 7 * 3 * 6 * 8
  assert cost.trainable_parameters == (
    sum(kernels) + 2 * (4 + 6 + 8) + 8 * 10 + 10
  )
  pixels = 9 * 8, 5 * 3, 2 * 3
  assert cost.multiply_adds == 8 * 10 + sum(
    k * p for k, p in zip(kernels, pixels, strict=True)
  )


def test_inputs_are_joined_as_in_the_paper():
  """Section 3.3: concatenated in depth, the smaller ones padded with zeros."""
  chain = ConvChain(
    (
      ChainLayer(3, 3, 4, ()),
      ChainLayer(3, 3, 5, (), 2, 3),  # No input: the image.
      ChainLayer(1, 1, 7, (0, 1)),
      ChainLayer(3, 3, 0, (1,), 2, 2, 'max_pool'),
    )
  )
  graph = network_graph(chain, CONFIG)
  nodes = {node.name: node for node in graph.nodes}
  assert nodes['layer_1.convolution'].inputs == ('image',)
  # 5x3 to 9x8: 4 rows and 5 columns of zeros.
  assert nodes['layer_2.pad_1'].primitive == Pad((2, 2), (2, 3))
  assert nodes['layer_2.concatenate'].shape == (9, 8, 4 + 5)
  assert nodes['layer_3.pool'].primitive == MaxPool(3, 2)
  assert nodes['layer_3.pool'].shape == (3, 2, 5)
  # What no layer reads, 2 and 3, is concatenated for the classifier.
  assert nodes['unread.pad_1'].primitive == Pad((3, 3), (3, 3))
  assert nodes['unread.concatenate'].shape == (9, 8, 7 + 5)
  kernels = 9 * 3 * 4, 9 * 3 * 5, (4 + 5) * 7
  assert network_cost(chain, CONFIG).trainable_parameters == (
    sum(kernels) + 2 * (4 + 5 + 7) + 12 * 10 + 10
  )


def test_equal_sizes_and_single_inputs_are_left_as_they_are():
  chain = ConvChain(
    (
      ChainLayer(3, 3, 4, ()),
      ChainLayer(3, 3, 4, ()),
      ChainLayer(1, 1, 4, (1,)),
    )
  )
  kinds = [type(n.primitive) for n in network_graph(chain, CONFIG).nodes]
  assert kinds.count(Concatenate) == 1
  assert Pad not in kinds


@pytest.mark.parametrize(
  ('layer', 'received'),
  [
    (ChainLayer(3, 3, 4, (1,), 3, 1), 'layer_2 with strides of 3x1 on a map'),
    (ChainLayer(3, 3, 4, (1,), 1, 2), 'layer_2 with strides of 1x2 on a map'),
    (ChainLayer(3, 3, 0, (1,), 2, 2, 'max_pool'), 'strides of 2x2 on a map'),
  ],
)
def test_strides_that_shrink_the_image_away_are_refused(layer, received):
  first = ChainLayer(3, 3, 4, (), 3, 3)
  chain = ConvChain((first, ChainLayer(3, 3, 4, (0,), 2, 3), layer))
  with pytest.raises(UserError, match=f'{received} of 2x1.*--image_size'):
    network_graph(chain, CONFIG)
  larger = dataclasses.replace(CONFIG, image_shape=(36, 36, 3))
  network_graph(chain, larger)


@pytest.mark.parametrize(
  'change', [{'auxiliary_head': 'last_reduction'}, {'drop_path_keep': 0.5}]
)
def test_what_only_cells_have_is_refused(change):
  config = NetworkConfig((32, 32, 3), 10, **change)
  with pytest.raises(UserError, match=f'without {next(iter(change))}'):
    network_graph(PLAIN, config)


def test_dropout_stands_before_the_classifier():
  config = dataclasses.replace(CONFIG, dropout=0.5)
  *_, pool, dropout, logits = network_graph(PLAIN, config).nodes
  assert dropout.inputs == (pool.name,)
  assert logits.inputs == (dropout.name,)
