"""Tests of the auxiliary head: its place, its layers, its parameters."""

import pytest

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.cost import network_cost
from nasnet_search.builders.graph import network_graph
from nasnet_search.builders.published import published_config
from nasnet_search.cells import zoo
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.cell import Block, Cell

NASNET_A = zoo.load('nasnet_a')


def _config(**changes):
  arguments = {'auxiliary_head': 'before_last_reduction'} | changes
  return NetworkConfig((32, 32, 3), 10, **arguments)


def _graph(config, architecture=NASNET_A):
  graph = network_graph(architecture, config)
  return graph, {x.name: x for x in graph.nodes}


@pytest.mark.parametrize(
  ('place', 'cell', 'side'),
  [
    # With N = 2: n n r n n r n n. slim: the cell before the second reduction.
    ('before_last_reduction', 'cell_4.normal.output', 16),
    # DARTS: i == 2 * layers // 3, a reduction cell.
    ('last_reduction', 'cell_5.reduction.output', 8),
    # ENAS: pool_layers[-1] + 1.
    ('after_last_reduction', 'cell_6.normal.output', 8),
  ],
)
def test_place(place, cell, side):
  _, nodes = _graph(_config(auxiliary_head=place, repeats=2))
  relu = nodes['auxiliary.pool'].inputs[0]
  assert nodes[relu].inputs == (cell,)
  assert nodes[cell].shape[:2] == (side, side)


def test_layers_are_those_of_slim():
  graph, nodes = _graph(_config(filters=32))
  shapes = {
    x.name.removeprefix('auxiliary.'): x.shape
    for x in graph.nodes
    if x.name.startswith('auxiliary.')
  }
  # slim, `_build_aux_head`: 5x5 stride 3 VALID, so 16 pixels become 4.
  assert shapes == {
    'pool': (4, 4, 384),
    'convolution_1': (4, 4, 128),
    'batch_normalization_1': (4, 4, 128),
    'batch_normalization_1.relu': (4, 4, 128),
    'convolution_2': (1, 1, 768),
    'batch_normalization_2': (1, 1, 768),
    'batch_normalization_2.relu': (1, 1, 768),
    'global_average_pool': (768,),
    'logits': (10,),
  }
  assert nodes['auxiliary.convolution_2'].primitive.kernel == (4, 4)
  assert graph.auxiliary_output.name == 'auxiliary.logits'
  assert graph.output.name == 'logits'


@pytest.mark.parametrize(('stride', 'side'), [(2, 2), (3, 1)])
def test_stride_of_the_pool(stride, side):
  # DARTS, AuxiliaryHeadImageNet: stride 2 makes 2x2 of a map of 7x7.
  config = NetworkConfig(
    (28, 28, 3),
    10,
    auxiliary_head='last_reduction',
    auxiliary_stride=stride,
  )
  _, nodes = _graph(config)
  assert nodes['auxiliary.pool'].shape[:2] == (side, side)


def _published(skeleton, repeats, filters):
  """Returns the cost of a published NASNet-A."""
  entry = zoo.entry('nasnet_a')
  config = published_config(
    entry, skeleton=skeleton, repeats=repeats, filters=filters
  )
  return network_cost(entry.architecture, config)


def test_parameters_of_the_cifar_head():
  # Recomputed from slim.
  cost = _published('cifar', 6, 32)
  assert cost.auxiliary_trainable_parameters == 1_631_498
  # Two batch normalisations, of 128 and 768 channels, mean and variance each.
  assert cost.auxiliary_total_parameters == 1_631_498 + 2 * (128 + 768)


@pytest.mark.parametrize(('size', 'total'), [((4, 44), 7.7), ((6, 168), 93.5)])
def test_parameters_with_the_head_on_imagenet(size, total):
  cost = _published('imagenet', *size)
  # johannesu/NASNet-keras, nasnet_test.py: millions, within 0.1.
  found = cost.total_parameters + cost.auxiliary_total_parameters
  assert found / 1e6 == pytest.approx(total, abs=0.1)


def test_network_counts_the_same_with_and_without_the_head():
  cost = network_cost(NASNET_A, _config())
  bare = network_cost(NASNET_A, _config(auxiliary_head='none'))
  assert bare.auxiliary_total_parameters == 0
  assert cost.trainable_parameters == bare.trainable_parameters
  assert cost.total_parameters == bare.total_parameters
  assert cost.multiply_adds == bare.multiply_adds


def test_what_only_the_head_needs_is_of_the_head():
  # Each cell reads only the cell before the previous one, so that the logits
  # need every second cell and the head the others.
  cell = Cell((Block((1, 1), ('conv_3x3', 'identity')),), (2,))
  architecture = Architecture(cell, cell)
  changes = {'filters': 4, 'auxiliary_head': 'last_reduction'}
  bare = network_cost(
    architecture, _config(**changes | {'auxiliary_head': 'none'})
  )
  cost = network_cost(architecture, _config(**changes))
  assert cost.trainable_parameters == bare.trainable_parameters
  graph, _ = _graph(_config(**changes), architecture)
  of_the_head = {x.split('.')[0] for x in graph.auxiliary_names()}
  assert of_the_head == {'auxiliary', 'cell_1', 'cell_3'}
