"""Chains of layers as plain data."""

import json

import pytest

from nasnet_search.cells import zoo
from nasnet_search.cells.architectures import read_architecture
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.layer_graph import (
  Convolution,
  FullyConnected,
  LayerGraph,
  Pooling,
  layer_graph_of,
)

CHAIN = LayerGraph(
  (Convolution(3, 64), Pooling(2, 2), FullyConnected(128)), 'softmax'
)
DATA = {
  'format': 'nasnet_search.architecture',
  'format_version': 1,
  'kind': 'layer_graph',
  'layers': [
    {'type': 'convolution', 'field': 3, 'filters': 64},
    {'type': 'pooling', 'field': 2, 'stride': 2},
    {'type': 'fully_connected', 'neurons': 128},
  ],
  'termination': 'softmax',
}


def test_a_chain_is_written_and_read_as_json():
  assert CHAIN.to_dict() == DATA
  assert json.loads(CHAIN.to_json()) == DATA
  assert read_architecture(DATA) == CHAIN
  assert layer_graph_of(read_architecture(DATA)) is not None


def test_notation_is_that_of_the_paper():
  # Table A2 of the paper has lines such as C(512,5,1), P(2,2), SM(10).
  assert CHAIN.notation() == 'C(64,3,1) P(2,2) FC(128) SM'
  assert LayerGraph((), 'global_average_pool').notation() == 'GAP'


def test_the_key_tells_different_chains_apart_for_ever():
  others = [
    LayerGraph((Convolution(3, 64), Pooling(2, 2)), 'softmax'),
    LayerGraph((Convolution(3, 64), Pooling(3, 2)), 'softmax'),
    LayerGraph((Pooling(2, 2), Convolution(3, 64)), 'softmax'),
    LayerGraph((Convolution(3, 64), Pooling(2, 2)), 'global_average_pool'),
    LayerGraph((), 'softmax'),
    CHAIN,
  ]
  assert len({each.canonical_key() for each in others}) == len(others)
  # Runs keep it.
  assert CHAIN.canonical_key() == '0f3c3111456229efb9a8c24227bab5a2'


@pytest.mark.parametrize(
  ('layers', 'termination', 'message'),
  [
    ((), 'end', 'Unknown termination'),
    ((FullyConnected(8), Pooling(2, 2)), 'softmax', 'layer 1 to be fully_conn'),
    ((FullyConnected(8), Convolution(1, 2)), 'softmax', 'leaves no image'),
    ((FullyConnected(8),), 'global_average_pool', 'termination softmax after'),
    (('conv',), 'softmax', "layer 0 to be a layer. Received: 'conv'"),
  ],
)
def test_what_cannot_be_computed_is_refused(layers, termination, message):
  with pytest.raises(UserError, match=message):
    LayerGraph(layers, termination)


@pytest.mark.parametrize('value', [0, -1, 2.0, True, '3', None, 10**24])
def test_sizes_are_whole_numbers(value):
  with pytest.raises(UserError, match='Expected filters to be a whole number'):
    Convolution(3, value)


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'layers': {}}, 'layers to be a list'),
    ({'layers': [{'type': 'dropout'}]}, 'layer 0: Unknown type of layer'),
    ({'layers': [{'type': []}]}, 'layer 0: Unknown type of layer'),
    ({'layers': [{'type': 'pooling', 'field': 2}]}, 'none for: stride'),
    (
      {'layers': [{'type': 'fully_connected', 'neurons': 8, 'x': 1}]},
      "Received: 'x'",
    ),
    ({'layers': [3]}, 'layer 0: Expected a mapping'),
    ({'termination': ['softmax']}, 'termination to be a name'),
  ],
)
def test_damaged_files_are_refused(changes, message):
  with pytest.raises(UserError, match=message):
    read_architecture({**DATA, **changes})


def test_cells_are_no_chain():
  with pytest.raises(
    UserError, match=r"kind 'layer_graph'\. Received.*'cells'"
  ):
    layer_graph_of(zoo.load('nasnet_a'))
