"""Features: what makes architectures alike, whatever they are called."""

import numpy as np

from nasnet_search.benchmark.relabelled import RelabelledSpace
from nasnet_search.cells.chain_options import ChainOptions
from nasnet_search.cells.conv_chain_space import ConvChainSpace
from nasnet_search.cells.nasbench201_space import NASBench201Space
from nasnet_search.cells.nasnet_space import NASNetSpace
from nasnet_search.cells.search_space import random_choices, space_at
from nasnet_search.controllers import features
from nasnet_search.controllers.features import Features
from tests.controllers import toy_spaces

SPACE = NASBench201Space()


def drawn(space, count, seed=0):
  rng = np.random.default_rng(seed)
  return [random_choices(space, rng) for _ in range(count)]


def test_distances_count_what_differs():
  found = Features(SPACE, 0)
  # Edge 0->1 has another operation. So two paths differ, of four: that of
  # the one edge to node 3 and that over node 2 are other ones, twice each.
  one, other = (3, 0, 2, 1, 4, 3), (2, 0, 2, 1, 4, 3)
  squared = found.distances([one, one], [other, one])
  for group, expected in (('decisions', 2), ('counts', 2), ('paths', 4)):
    assert squared[group][1, 1] == 0
    unit = found._scales[group]
    np.testing.assert_allclose(squared[group][:, 0] * unit, expected)


def test_choices_of_many_decisions_at_once():
  """Each brings more columns than there is room for: 140 and 300 decisions."""
  kinds = [(f'kind_{number}', '11') for number in range(140)]
  short = toy_spaces.FixedSpace(*kinds)
  found = Features(short, 0)
  squared = found.distances([(0,) * 140], [(1,) * 140, (0,) * 139 + (1,)])
  np.testing.assert_allclose(
    squared['decisions'][0] * found._scales['decisions'], [280, 2]
  )
  chains = ConvChainSpace(ChainOptions())
  long = drawn(space_at(chains, 12_000), 3)
  assert np.all(np.isfinite(Features(chains, 0).matrix(long)))


def test_random_architectures_are_one_apart():
  found = Features(SPACE, 0)
  apart = found.distances(drawn(SPACE, 300), drawn(SPACE, 300, 1))
  assert set(apart) == set(features.GROUPS)
  for squared in apart.values():
    assert 0.9 < squared.mean() < 1.1


def test_names_and_order_change_nothing():
  relabelled = RelabelledSpace(SPACE, 5)
  choices = drawn(relabelled, 30)
  original = [relabelled.original(each) for each in choices]
  one, other = Features(SPACE, 0), Features(relabelled, 0)
  for group in features.GROUPS:
    a = one.distances(original, original)[group] * one._scales[group]
    b = other.distances(choices, choices)[group] * other._scales[group]
    np.testing.assert_allclose(a, b, atol=1e-9)


def test_spaces_without_graphs_have_decisions_and_counts():
  for space in (toy_spaces.SMALL, toy_spaces.TreeSpace()):
    assert Features(space, 0).groups == ('decisions', 'counts')
  assert Features(NASNetSpace(), 0).groups == features.GROUPS


def test_dense_and_sparse_give_the_same(monkeypatch):
  choices = drawn(SPACE, 40)
  dense = Features(SPACE, 0).distances(choices, choices)
  monkeypatch.setattr(features, 'MOST_DENSE', 0)
  sparse = Features(SPACE, 0).distances(choices, choices)
  for group, squared in dense.items():
    np.testing.assert_array_equal(squared, sparse[group])


def test_what_was_met_before_changes_nothing(monkeypatch):
  monkeypatch.setattr(features, 'MOST_KNOWN', 250)
  choices = drawn(SPACE, 40)
  one, other = Features(SPACE, 0), Features(SPACE, 0)
  for seed in range(1, 9):
    other.distances(drawn(SPACE, 20, seed), drawn(SPACE, 20, seed + 50))
  for group, squared in one.distances(choices, choices).items():
    np.testing.assert_array_equal(
      squared, other.distances(choices, choices)[group]
    )


def test_the_matrix_has_the_same_distances():
  found = Features(SPACE, 0)
  choices = drawn(SPACE, 10)
  rows = found.matrix(choices)
  squared = ((rows[:, None] - rows[None]) ** 2).sum(-1)
  expected = sum(found.distances(choices, choices).values())
  np.testing.assert_allclose(squared, expected, atol=1e-9)
