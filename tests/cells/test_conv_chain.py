"""Chains of layers as plain data, and what makes two of them equal."""

import dataclasses
import itertools

import pytest

from nasnet_search.cells.architectures import read_architecture, read_text
from nasnet_search.cells.conv_chain import ChainLayer, ConvChain
from nasnet_search.cells.errors import UserError


def layer(*inputs, filters=4, **changes):
  return ChainLayer(3, 5, filters, inputs, **changes)


POOL = ChainLayer(3, 3, 0, (0,), 2, 2, 'max_pool')
CHAIN = ConvChain((layer(), POOL, layer(0, 1, filters=8)))


def test_a_chain_survives_its_file():
  read = read_architecture(read_text(CHAIN.to_json()))
  assert read == CHAIN
  assert read.kind == 'conv_chain'
  assert read.layers[2].inputs == (0, 1)


def test_what_no_layer_reads_goes_to_the_classifier():
  assert CHAIN.unread() == (2,)
  assert ConvChain((layer(), layer(), layer(0))).unread() == (1, 2)


def test_layers_are_summed_up_in_words():
  assert layer(stride_height=2).summary() == '4 filters of 3x5, stride 2x1'
  assert POOL.summary() == 'max pool 3x3, stride 2x2'


def reordered(chain, order):
  """Returns the chain with its layers in another order."""
  place = {old: new for new, old in enumerate(order)}
  return ConvChain(
    tuple(
      dataclasses.replace(
        chain.layers[old],
        inputs=tuple(sorted(place[k] for k in chain.layers[old].inputs)),
      )
      for old in order
    )
  )


def all_orders(chain):
  """Yields the chain in all orders in which layers follow what they read."""
  for order in itertools.permutations(range(len(chain.layers))):
    place = {old: new for new, old in enumerate(order)}
    if all(
      place[read] < place[k]
      for k, each in enumerate(chain.layers)
      for read in each.inputs
    ):
      yield reordered(chain, order)


@pytest.mark.parametrize(
  'chain',
  [
    ConvChain((layer(), layer(filters=5), layer(0), layer(1), layer(2, 3))),
    # Two pairs of equal layers that belong together crosswise.
    ConvChain((layer(), layer(), layer(1), layer(0), layer(2, filters=6))),
    ConvChain((layer(), layer(), layer(), layer(0, 1), layer(1, 2))),
  ],
)
def test_the_order_of_layers_does_not_matter(chain):
  orders = set(all_orders(chain))
  assert len(orders) > 2
  assert len({each.canonical_key() for each in orders}) == 1


def test_equal_keys_are_equal_up_to_order():
  """All chains of four layers of two kinds, by brute force."""
  kinds = [layer(), layer(filters=5)]
  chains = []
  wirings = itertools.product(*(range(2**k) for k in range(4)))
  for wiring in wirings:
    for first in itertools.product(kinds, repeat=4):
      chains.append(
        ConvChain(
          tuple(
            dataclasses.replace(
              each, inputs=tuple(i for i in range(k) if wiring[k] >> i & 1)
            )
            for k, each in enumerate(first)
          )
        )
      )
  classes = {}
  for chain in chains:
    classes.setdefault(chain.canonical_key(), set()).add(chain)
  for together in classes.values():
    assert set(all_orders(next(iter(together)))) == together


@pytest.mark.parametrize(
  ('wrong', 'message'),
  [
    (lambda: layer(filters=0), 'filters to be a whole number from 1 to'),
    (lambda: layer(filters=10**24), 'a whole number from 1 to 1,048,576'),
    (lambda: ChainLayer(0, 3, 4, ()), 'filter_height .* from 1 to'),
    (lambda: ChainLayer(3, 3, 4, (), True), 'stride_height'),
    (lambda: ChainLayer(3, 3, 4, (), operation='dense'), 'Unknown operation'),
    (lambda: ChainLayer(3, 5, 0, (), operation='max_pool'), 'square window'),
    (lambda: ConvChain(()), 'at least one layer'),
    (lambda: ConvChain((layer(0),)), 'inputs of layer_0 .* earlier'),
    (lambda: ConvChain((layer(), layer(), layer(1, 0))), 'ascending'),
  ],
)
def test_what_is_no_chain_is_refused(wrong, message):
  with pytest.raises(UserError, match=f'{message}.*Received'):
    wrong()


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    (lambda d: d.update(layers={}), 'layers to be a list'),
    (lambda d: d['layers'][1].pop('inputs'), 'layer_1: .*none for: inputs'),
    (lambda d: d['layers'][0].update(filters='x'), 'layer_0: .*filters'),
    (lambda d: d['layers'][2].update(inputs=['x']), 'layer_2: inputs'),
    (lambda d: d['layers'][0].update(bias=1), "layer_0: .*Received: 'bias'"),
    (lambda d: d.update(kind='cells'), 'mapping|keys'),
  ],
)
def test_files_that_hold_no_chain_are_refused(change, message):
  data = CHAIN.to_dict()
  change(data)
  with pytest.raises(UserError, match=message):
    read_architecture(data)
