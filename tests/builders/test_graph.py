"""Tests of the skeleton against the published networks."""

import re

import pytest

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.graph import network_graph
from nasnet_search.builders.primitives import DropPath, Relu
from nasnet_search.cells import zoo
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.cell import Block, Cell

NASNET_A = zoo.load('nasnet_a')


def _nodes(architecture, config):
  return {x.name: x for x in network_graph(architecture, config).nodes}


def test_end_points_of_the_cifar_network_are_those_of_slim():
  # slim, nasnet_test.py, testAllEndPointsShapesCifarModel.
  graph = network_graph(
    NASNET_A, NetworkConfig((32, 32, 3), 10, repeats=6, filters=32)
  )
  nodes = {x.name: x for x in graph.nodes}
  assert nodes['stem.batch_normalization'].shape == (32, 32, 96)
  assert [x.shape for x in graph.cells] == [
    *[(32, 32, 192)] * 6,
    (16, 16, 256),
    *[(16, 16, 384)] * 6,
    (8, 8, 512),
    *[(8, 8, 768)] * 6,
  ]
  assert nodes['global_average_pool'].shape == (768,)
  assert graph.output.shape == (10,)


def test_names_say_where_a_node_stands():
  graph = network_graph(NASNET_A, NetworkConfig((32, 32, 3), 10))
  names = [x.name for x in graph.nodes]
  assert len(set(names)) == len(names)
  assert all(re.fullmatch(r'[a-z][a-z0-9_.]*', name) for name in names)
  assert 'cell_3.reduction.block_1.operation_2.depthwise_1' in names
  assert [x.name for x in graph.cells] == [
    'cell_0.normal.output',
    'cell_1.reduction.output',
    'cell_2.normal.output',
    'cell_3.reduction.output',
    'cell_4.normal.output',
  ]


def test_nodes_read_earlier_nodes():
  seen = set()
  for node in network_graph(NASNET_A, NetworkConfig((32, 32, 3), 10)).nodes:
    assert seen.issuperset(node.inputs)
    seen.add(node.name)


def test_cells_read_the_previous_two_cells():
  nodes = _nodes(NASNET_A, NetworkConfig((32, 32, 3), 10, repeats=2))
  relus = {
    name: nodes[name].inputs[0]
    for name in nodes
    if isinstance(nodes[name].primitive, Relu)
  }

  def source(name):
    return relus[nodes[name].inputs[0]]

  # cell_2 is the reduction: it reads the two cells before it.
  assert source('cell_2.reduction.current.convolution') == (
    'cell_1.normal.output'
  )
  assert source('cell_2.reduction.previous.convolution') == (
    'cell_0.normal.output'
  )
  # After a reduction, h_{i-1} is the cell before it, brought to its size.
  assert source('cell_3.normal.current.convolution') == (
    'cell_2.reduction.output'
  )
  assert source('cell_3.normal.previous.pool_1') == 'cell_1.normal.output'
  # The cell after that reads the reduction, whose size needs no change.
  assert source('cell_4.normal.previous.convolution') == (
    'cell_2.reduction.output'
  )


def test_first_cell_reads_the_raw_stem_as_both_inputs():
  nodes = _nodes(NASNET_A, NetworkConfig((32, 32, 3), 10))
  stem = 'stem.batch_normalization'
  assert nodes[f'{stem}.relu'].inputs == (stem,)
  assert nodes['cell_0.normal.current.convolution'].inputs == (f'{stem}.relu',)
  assert nodes['cell_0.normal.block_3.operation_1.pool'].inputs == (stem,)
  assert 'cell_0.normal.previous.convolution' not in nodes


def test_relu_of_a_state_is_shared():
  nodes = _nodes(NASNET_A, NetworkConfig((32, 32, 3), 10))
  readers = [
    x.name
    for x in nodes.values()
    if 'stem.batch_normalization.relu' in x.inputs
  ]
  # The squeeze, three separable convolutions on state 1 and the identity in
  # the first cell, and the squeeze of state 1 in the second.
  assert len(readers) == 6


def test_drop_path_is_on_every_operation_but_identity():
  config = NetworkConfig((32, 32, 3), 10, drop_path_keep=0.6)
  drops = [
    x.name
    for x in network_graph(NASNET_A, config).nodes
    if isinstance(x.primitive, DropPath)
  ]
  # NASNet-A: 8 of 10 operations of the normal cell are not the identity, and
  # 9 of 10 of the reduction cell.
  assert len(drops) == 3 * 8 + 2 * 9
  assert 'cell_0.normal.block_2.operation_1.drop_path' in drops
  assert 'cell_0.normal.block_2.operation_2.drop_path' not in drops


def test_filters_double_in_the_reduction_cell():
  shapes = [
    x.shape
    for x in network_graph(
      NASNET_A, NetworkConfig((33, 47, 1), 10, filters=4, reductions=3)
    ).cells
  ]
  # 6 F of a normal cell and 4 F of a reduction cell, sides rounded up.
  assert shapes == [
    (33, 47, 24),
    (17, 24, 32),
    (17, 24, 48),
    (9, 12, 64),
    (9, 12, 96),
    (5, 6, 128),
    (5, 6, 192),
  ]


@pytest.mark.parametrize('dropout', [0.0, 0.5])
def test_dropout_stands_before_the_classifier(dropout):
  config = NetworkConfig((32, 32, 3), 10, dropout=dropout)
  nodes = _nodes(NASNET_A, config)
  expected = 'dropout' if dropout else 'global_average_pool'
  assert nodes['logits'].inputs == (expected,)


def test_dead_parts_are_not_built():
  dead = Block((1, 1), ('conv_3x3', 'conv_3x3'))
  live = Block((0, 0), ('conv_1x1', 'identity'))
  cell = Cell(blocks=(dead, live), concat=(3,))
  nodes = _nodes(Architecture(cell, cell), NetworkConfig((8, 8, 1), 2))
  assert not [x for x in nodes if 'block_0' in x or 'previous' in x]
  assert 'cell_0.normal.block_1.add' in nodes


def test_cells_that_nothing_reads_are_not_built():
  # Every cell reads only h_{i-1}: with 2 normal cells, cell_1 reads the stem
  # and is the last; cell_0 is passed over.
  cell = Cell(blocks=(Block((1, 1), ('conv_1x1', 'identity')),), concat=(2,))
  config = NetworkConfig((8, 8, 1), 2, repeats=2, reductions=0)
  nodes = _nodes(Architecture(cell, cell), config)
  assert not [x for x in nodes if x.startswith('cell_0')]
  assert 'cell_1.normal.block_0.add' in nodes
