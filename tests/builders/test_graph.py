"""Tests of the skeleton against the published networks."""

import re

import pytest

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.graph import network_graph
from nasnet_search.builders.primitives import Convolution, DropPath, Relu
from nasnet_search.builders.published import READINGS, published_config
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


def _published(name, repeats, filters):
  entry = zoo.entry(name)
  config = published_config(
    entry, skeleton='imagenet', repeats=repeats, filters=filters
  )
  return network_graph(entry.architecture, config)


@pytest.mark.parametrize(
  ('size', 'end_points'),
  [
    # slim, nasnet_test.py, testAllEndPointsShapesMobileModel and ...LargeModel:
    # Stem, Cell_0 to Cell_n, and the two reduction cells among them.
    (
      (4, 44),
      [
        (28, 28, 88),
        *[(28, 28, 264)] * 4,
        (14, 14, 352),
        *[(14, 14, 528)] * 4,
        (7, 7, 704),
        *[(7, 7, 1056)] * 4,
      ],
    ),
    (
      (6, 168),
      [
        (42, 42, 336),
        *[(42, 42, 1008)] * 6,
        (21, 21, 1344),
        *[(21, 21, 2016)] * 6,
        (11, 11, 2688),
        *[(11, 11, 4032)] * 6,
      ],
    ),
  ],
)
def test_end_points_of_the_imagenet_networks_are_those_of_slim(
  size, end_points
):
  graph = _published('nasnet_a', *size)
  # Before `Stem`, which is the second of its cells, stands the first.
  assert [x.shape for x in graph.cells[1:]] == end_points
  assert graph.output.shape == graph.auxiliary_output.shape == (1000,)


@pytest.mark.parametrize(
  ('size', 'end_points'),
  [
    # slim, pnasnet_test.py, likewise.
    (
      (3, 54),
      [
        (28, 28, 135),
        *[(28, 28, 270)] * 3,
        *[(14, 14, 540)] * 3,
        *[(7, 7, 1080)] * 3,
      ],
    ),
    (
      (4, 216),
      [
        (42, 42, 540),
        *[(42, 42, 1080)] * 4,
        *[(21, 21, 2160)] * 4,
        *[(11, 11, 4320)] * 4,
      ],
    ),
  ],
)
def test_end_points_of_pnasnet_are_those_of_slim(size, end_points):
  graph = _published('pnasnet_5', *size)
  assert [x.shape for x in graph.cells[1:]] == end_points


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


def _previous_of(nodes, cell):
  """Returns the cell that a normal cell behind a reduction reads as h_{i-1}."""
  # Its size is another, so that a factorized reduction fits it.
  relu = nodes[f'{cell}.previous.pool_1'].inputs[0]
  return nodes[relu].inputs[0]


@pytest.mark.parametrize(
  ('skip', 'first', 'second'),
  [
    (False, 'cell_1.normal.output', 'cell_4.normal.output'),
    (True, 'cell_0.normal.output', 'cell_3.normal.output'),
  ],
)
def test_skipping_the_input_of_a_reduction(skip, first, second):
  config = NetworkConfig(
    (32, 32, 3), 10, repeats=2, skip_reduction_layer_input=skip
  )
  nodes = _nodes(NASNET_A, config)
  assert _previous_of(nodes, 'cell_3.normal') == first
  assert _previous_of(nodes, 'cell_6.normal') == second


def test_skipping_with_one_cell_in_a_stack():
  # With N = 1, slim's h_{i-1} is the stem; later ones, the reduction before.
  config = NetworkConfig((32, 32, 3), 10, skip_reduction_layer_input=True)
  nodes = _nodes(NASNET_A, config)
  assert _previous_of(nodes, 'cell_2.normal') == 'stem.batch_normalization'
  assert _previous_of(nodes, 'cell_4.normal') == 'cell_1.reduction.output'


def test_stem_of_imagenet_is_not_padded():
  nodes = _nodes(
    NASNET_A, NetworkConfig((224, 224, 3), 10, skeleton='imagenet')
  )
  # slim, `_imagenet_stem`: padding VALID.
  assert nodes['stem.convolution'].shape == (111, 111, 32)
  assert nodes['cell_0.reduction.output'].shape == (56, 56, 8)


def test_stem_of_darts_is_read_twice():
  config = NetworkConfig(
    (224, 224, 3), 10, skeleton='darts_imagenet', filters=48
  )
  nodes = _nodes(zoo.load('darts_v2'), config)
  convolutions = [
    (x.primitive.filters, x.primitive.stride, x.shape)
    for x in nodes.values()
    if x.name.startswith('stem.') and isinstance(x.primitive, Convolution)
  ]
  # DARTS, NetworkImageNet: stem0 and stem1.
  assert convolutions == [
    (24, (2, 2), (112, 112, 24)),
    (48, (2, 2), (56, 56, 48)),
    (48, (2, 2), (28, 28, 48)),
  ]
  current = nodes['cell_0.normal.current.convolution'].inputs[0]
  assert nodes[current].inputs == ('stem.batch_normalization_3',)
  assert _previous_of(nodes, 'cell_0.normal') == 'stem.batch_normalization_2'


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


def _keeps(config, architecture=NASNET_A):
  """Returns the probability of keeping a path, by cell."""
  keeps = {}
  for node in network_graph(architecture, config).nodes:
    if isinstance(node.primitive, DropPath):
      cell, keep = node.name.split('.')[0], node.primitive.keep
      assert keeps.setdefault(cell, keep) == keep
  return keeps


def test_drop_path_grows_with_depth_if_told():
  flat = NetworkConfig((32, 32, 3), 10, drop_path_keep=0.6)
  assert _keeps(flat) == {f'cell_{x}': 0.6 for x in range(5)}
  by_depth = NetworkConfig(
    (64, 64, 3),
    10,
    skeleton='imagenet',
    drop_path_keep=0.6,
    drop_path_by_depth=True,
  )
  # slim, `_apply_drop_path`, v3: 1 - (cell + 1) / cells * (1 - 0.6), of 7 cells
  # with those of the stem.
  assert _keeps(by_depth) == pytest.approx(
    {f'cell_{x}': 1 - (x + 1) / 7 * 0.4 for x in range(7)}
  )


def test_drop_path_is_on_a_strided_identity_of_darts_only():
  cell = Cell((Block((0, 0), ('identity', 'identity')),), (2,))
  architecture = Architecture(cell, cell)
  for reading, expected in (('slim', {}), ('enas', {}), ('darts', {'cell_1'})):
    config = NetworkConfig(
      (8, 8, 1), 2, reductions=1, drop_path_keep=0.5, **READINGS[reading]
    )
    assert set(_keeps(config, architecture)) == set(expected)


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


@pytest.mark.parametrize('final_relu', [True, False])
def test_relu_before_the_pooling(final_relu):
  config = NetworkConfig((32, 32, 3), 10, final_relu=final_relu)
  nodes = _nodes(NASNET_A, config)
  source = nodes['global_average_pool'].inputs[0]
  assert isinstance(nodes[source].primitive, Relu) == final_relu


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
