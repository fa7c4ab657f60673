"""The space of chains: its decisions, its schedule, and the way back."""

import numpy as np
import pytest

from nasnet_search.cells import zoo
from nasnet_search.cells.chain_options import ChainOptions, DepthSchedule
from nasnet_search.cells.conv_chain import ChainLayer, ConvChain
from nasnet_search.cells.conv_chain_space import ConvChainSpace
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.search_space import random_choices, space_at

GROWING = DepthSchedule(first=2, added=2, interval=10, most=5)
STRIDED = ChainOptions(
  GROWING, strides=(1, 2, 3), types=('convolution', 'max_pool'), skips=False
)


def names_of(space, choices):
  return [
    space.next_decision(choices[:position]).name
    for position in range(len(choices))
  ]


def test_the_decisions_are_those_of_the_paper():
  """Section 3: size, stride and filters layer by layer, then its anchors."""
  schedule = DepthSchedule(first=3, added=0)
  space = ConvChainSpace(ChainOptions(schedule, strides=(1, 2, 3)))
  choices = random_choices(space, np.random.default_rng(0))
  of_a_layer = [
    'filter_height', 'filter_width', 'stride_height', 'stride_width', 'filters',
  ]  # fmt: skip
  expected = ['layers']
  for layer in range(3):
    anchors = [f'anchor_{earlier}' for earlier in range(layer)]
    expected += [f'layer_{layer}/{name}' for name in of_a_layer + anchors]
  assert names_of(space, choices) == expected
  decisions = [space.next_decision(choices[:k]) for k in range(len(choices))]
  sizes = {d.kind: d.size for d in decisions}
  assert sizes == {
    'layers': 1, 'filter_height': 4, 'filter_width': 4, 'stride_height': 3,
    'stride_width': 3, 'filters': 4, 'anchor': 2,
  }  # fmt: skip
  # One step for all anchors of a layer; the first layer has no step for them.
  anchors = [d for d in decisions if d.kind == 'anchor']
  assert [d.group for d in anchors] == [11, 17, 17]
  # Each refers to the anchor point of its layer; that of the first is its end.
  assert [d.refers_to for d in anchors] == [(5,), (5,), (11,)]


def test_choices_say_what_the_layers_are():
  schedule = DepthSchedule(first=3, added=0)
  space = ConvChainSpace(
    ChainOptions(schedule, filter_sizes=(1, 3), filters=(4, 8))
  )
  choices = (0, 0, 1, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1)
  chain = ConvChain(
    (
      ChainLayer(1, 3, 4, ()),
      ChainLayer(3, 3, 8, ()),
      ChainLayer(1, 1, 8, (0, 1)),
    )
  )
  assert space.decode(choices) == chain
  assert space.encode(chain) == choices


@pytest.mark.parametrize(
  'options',
  [
    ChainOptions(GROWING),
    STRIDED,
    ChainOptions(GROWING, types=('convolution', 'max_pool')),
    ChainOptions(GROWING, strides=(1, 2, 3), skips=False),
  ],
)
def test_every_architecture_leads_back_to_its_choices(options):
  space = ConvChainSpace(options, (12, 9))
  rng = np.random.default_rng(0)
  for _ in range(60):
    choices = random_choices(space, rng)
    assert space.encode(space.decode(choices)) == choices
    assert space.project(space.decode(choices)) == space.decode(choices)


def test_without_skips_no_stride_is_larger_than_the_map():
  space = ConvChainSpace(STRIDED, (4, 7))
  rng = np.random.default_rng(0)
  strided = 0
  for _ in range(200):
    sides = (4, 7)
    for layer in space.decode(random_choices(space, rng)).layers:
      assert layer.stride[0] <= sides[0]
      assert layer.stride[1] <= sides[1]
      sides = layer.shape_of_output(*sides)
      strided += layer.stride != (1, 1)
  assert strided > 100


def test_depth_grows_with_the_index():
  # Section 4.1: 6 layers at first, 2 more every 1,600 samples; 12,800 in all.
  paper = DepthSchedule()
  assert [paper.layers(k) for k in (0, 1599, 1600, 12_799)] == [6, 6, 8, 20]
  assert paper.all() == (6, 8, 10, 12, 14, 16, 18, 20)
  assert GROWING.all() == (2, 4, 5)
  assert [GROWING.layers(k) for k in (-1, 9, 10, 20, 999)] == [2, 2, 4, 5, 5]
  space = ConvChainSpace(ChainOptions(GROWING))
  rng = np.random.default_rng(0)
  for index in (0, 9, 10, 19, 20, 500):
    part = space_at(space, index)
    chain = space.decode(random_choices(part, rng))
    assert len(chain.layers) == GROWING.layers(index)
    assert part is space_at(space, index)
    assert part is space_at(space_at(space, 0), index)


def test_what_was_chosen_before_stays_when_the_depth_grows():
  space = ConvChainSpace(ChainOptions(GROWING))
  rng = np.random.default_rng(0)
  short = random_choices(space_at(space, 0), rng)
  grown = (1, *short[1:])
  while (decision := space.next_decision(grown)) is not None:
    grown += (decision.size - 1,)
  two, four = (space.decode(choices).layers for choices in (short, grown))
  assert four[:2] == two
  assert len(four) == 4


def test_positions_have_one_decision_each():
  space = ConvChainSpace(STRIDED, (8, 8))
  choices = random_choices(space, np.random.default_rng(0))
  for position in range(len(choices)):
    one = space.next_decision(choices[:position])
    assert one is space.next_decision(choices[:position])


@pytest.mark.parametrize(
  ('make', 'message'),
  [
    (lambda: DepthSchedule(most=4), 'chain_layers_most of at least 6'),
    (lambda: DepthSchedule(interval=0), 'interval of at least 1 proposal'),
    (lambda: ChainOptions(filters=()), r'chain_filters .* none'),
    (lambda: ChainOptions(filters=(8, 8)), 'different whole numbers'),
    (lambda: ChainOptions(filter_sizes=(0,)), 'chain_filter_sizes'),
    (lambda: ChainOptions(strides=(2, 3)), 'chain_strides to contain 1'),
    (lambda: ChainOptions(types=('conv',)), 'Unknown type of layer'),
    (lambda: ChainOptions(types=('max_pool',)), 'begin with convolution'),
    (
      lambda: ChainOptions(types=('convolution', 'max_pool', 'max_pool')),
      'each type once. Received: convolution, max_pool, max_pool',
    ),
    (
      lambda: ChainOptions(
        filter_sizes=(1,), types=('convolution', 'max_pool')
      ),
      'windows of pools',
    ),
  ],
)
def test_settings_that_make_no_space_are_refused(make, message):
  with pytest.raises(UserError, match=f'{message}.*'):
    make()


@pytest.mark.parametrize(
  ('chain', 'message'),
  [
    (ConvChain((ChainLayer(3, 3, 24, ()),)), 'layers to be one of: 2, 4, 5'),
    (
      ConvChain((ChainLayer(3, 3, 24, ()), ChainLayer(3, 4, 24, (0,)))),
      'layer_1: Expected filter_width to be one of: 1, 3, 5, 7. Received: 4',
    ),
    (
      ConvChain((ChainLayer(3, 3, 24, ()), ChainLayer(3, 3, 10, (0,)))),
      'layer_1: Expected filters to be one of: 24, 36, 48, 64. Received: 10',
    ),
    (
      ConvChain((ChainLayer(3, 3, 24, (), 2), ChainLayer(3, 3, 24, (0,)))),
      'Expected a chain .*strides are among 1 and',
    ),
    (zoo.load('nasnet_a'), "kind 'conv_chain'. Received: one of kind 'cells'"),
  ],
)
def test_what_is_not_in_the_space_is_refused(chain, message):
  with pytest.raises(UserError, match=message):
    ConvChainSpace(ChainOptions(GROWING)).encode(chain)


@pytest.mark.parametrize(
  ('choices', 'message'),
  [
    ((), 'complete choices, layers among them. Received: 0'),
    ((0, 1), 'layer_0/filter_width among them. Received: 2'),
    ((0, 9), 'layer_0/filter_height allows, one of: 0, 1, 2, 3. Received: 9'),
    ((3,), 'layers allows, one of: 0, 1, 2. Received: 3'),
  ],
)
def test_choices_that_are_none_are_refused(choices, message):
  with pytest.raises(UserError, match=message):
    ConvChainSpace(ChainOptions(GROWING)).decode(choices)
