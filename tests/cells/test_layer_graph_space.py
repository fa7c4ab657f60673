"""The space of MetaQNN, against its rules written down a second time."""

import itertools

import numpy as np
import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.cells.layer_graph import (
  Convolution,
  FullyConnected,
  LayerGraph,
  Pooling,
)
from nasnet_search.cells.layer_graph_space import LayerGraphSpace
from nasnet_search.cells.search_space import random_choices
from tests.controllers.toy_spaces import enumerate_choices

WORDS = {
  **{f'C{f},{d}': Convolution(f, d) for f in (1, 3, 5) for d in (4, 8)},
  'P5,3': Pooling(5, 3),
  'P3,2': Pooling(3, 2),
  'P2,2': Pooling(2, 2),
  **{f'F{n}': FullyConnected(n) for n in (16, 8)},
}


def legal(words, end, side):
  """Returns whether the paper allows a chain: written without the space."""
  connected = 0
  before = ''
  for word in words:
    kind, *numbers = word[0], *map(int, word[1:].split(','))
    if kind in 'CP':
      if connected or numbers[0] > side:
        return False
      if kind == 'P':
        if before[:1] == 'P':
          return False
        # Where windows of this field begin that lie within the image.
        side = len(range(0, side - numbers[0] + 1, numbers[1]))
    else:
      if connected == 2 or (connected == 0 and side > 7):
        return False
      if connected == 1 and numbers[0] > int(before[1:]):
        return False
      connected += 1
    before = word
  return end == 'softmax' or not connected


@pytest.mark.parametrize(
  ('side', 'depth'), [(8, 3), (7, 3), (3, 3), (2, 2), (1, 2), (32, 2), (9, 4)]
)
def test_exactly_the_chains_of_the_paper_are_chosen(side, depth):
  space = LayerGraphSpace(side, depth, (4, 8), (16, 8))
  chosen = {
    space.decode(choices).canonical_key()
    for choices in enumerate_choices(space)
  }
  expected = {
    LayerGraph(tuple(WORDS[w] for w in words), end).canonical_key()
    for length in range(depth + 1)
    for words in itertools.product(WORDS, repeat=length)
    for end in ('global_average_pool', 'softmax')
    if legal(words, end, side)
  }
  assert chosen == expected
  assert len(enumerate_choices(space)) == len(chosen)


def test_the_paper_allows_so_many_first_layers():
  """12 convolutions, 3 poolings and the two ends on CIFAR-10."""
  decision = LayerGraphSpace(32, 18).next_decision(())
  assert decision.size == 12 + 3 + 3 + 2
  assert sum(decision.allowed) == 12 + 3 + 2
  assert decision.kind == 'layer'


def test_states_are_those_of_table_1():
  """Depth, last choice, bin of the image, consecutive fully connected."""
  space = LayerGraphSpace(16, 6, (4, 8), (16, 8))
  chain = LayerGraph(
    (
      Convolution(3, 8),
      Pooling(2, 2),  # 8 pixels: the bin (inf, 8].
      Convolution(1, 4),
      Pooling(3, 2),  # 3 pixels: the bin (4, 1].
      FullyConnected(16),
      FullyConnected(16),
    ),
    'softmax',
  )
  choices = space.encode(chain)
  assert choices == (3, 8, 0, 7, 9, 9, 12)
  assert [space.state(choices[:n]) for n in range(7)] == [
    (0, -1, 8, 0),
    (1, 3, 8, 0),
    (2, 8, 8, 0),
    (3, 0, 8, 0),
    (4, 7, 1, 0),
    (5, 9, 0, 1),
    (6, 9, 0, 2),
  ]
  assert space.next_decision(choices) is None
  assert space.decode(choices) == chain


@pytest.mark.parametrize(
  ('side', 'expected'), [(32, 8), (8, 8), (7, 4), (4, 4), (3, 1), (1, 1)]
)
def test_bins_begin_where_the_code_of_the_paper_begins_them(side, expected):
  assert LayerGraphSpace(side, 3).state(())[2] == expected


def test_random_chains_come_back():
  space = LayerGraphSpace(32, 18)
  rng = np.random.default_rng(0)
  lengths = set()
  for _ in range(200):
    choices = random_choices(space, rng)
    lengths.add(len(choices))
    assert space.encode(space.decode(choices)) == choices
    assert space.project(space.decode(choices)) == space.decode(choices)
  assert max(lengths) <= 19
  assert len(lengths) > 8


def test_equal_places_return_the_same_decision():
  space = LayerGraphSpace(32, 6, (4, 8))
  assert space.next_decision((0,)) is space.next_decision((1,))


@pytest.mark.parametrize(
  ('layers', 'message'),
  [
    ((Convolution(7, 4),), 'field=7.* as its part 0'),
    ((Pooling(2, 2), Pooling(2, 2)), 'part 1'),
    ((FullyConnected(16),), 'part 0'),
    ((Convolution(3, 4),) * 5, 'part 4'),
  ],
)
def test_other_chains_are_refused(layers, message):
  space = LayerGraphSpace(8, 4, (4, 8), (16, 8))
  with pytest.raises(UserError, match=message):
    space.encode(LayerGraph(layers, 'softmax'))


@pytest.mark.parametrize(
  ('choices', 'message'),
  [
    ((0,), 'layer_1 among them. Received: 1'),
    ((6, 6, 12), 'that layer_1 allows, one of: 0, .*. Received: 6'),
    ((12, 0), 'Expected complete choices, 1 of them. Received: 2'),
    ((99,), 'layer_0 allows'),
    ((-1,), 'layer_0 allows'),
  ],
)
def test_other_choices_are_refused(choices, message):
  with pytest.raises(UserError, match=message):
    LayerGraphSpace(8, 4, (4, 8), (16, 8)).decode(choices)


@pytest.mark.parametrize(
  ('arguments', 'message'),
  [
    ((8, 4, ()), 'at least 1 number of filters.*layer_graph_filters'),
    ((8, 4, (4, 4)), 'different numbers of filters above 0. Received: 4, 4'),
    ((8, 4, (4,), (0,)), 'different numbers of neurons'),
    ((8, 0), 'depth of a layer graph to be at least 1'),
    ((0, 4), 'side of a layer graph to be at least 1'),
  ],
)
def test_what_makes_no_space_is_refused(arguments, message):
  with pytest.raises(UserError, match=message):
    LayerGraphSpace(*arguments)


def test_chains_without_fully_connected_layers():
  space = LayerGraphSpace(4, 3, (4,), ())
  assert all(
    'FC' not in space.decode(choices).notation()
    for choices in enumerate_choices(space)
  )
