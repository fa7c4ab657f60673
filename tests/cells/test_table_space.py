"""Spaces of tables, and the two benchmarks' cells."""

import itertools

import numpy as np
import pytest

from nasnet_search.cells import zoo
from nasnet_search.cells.darts_space import DartsSpace
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.nasbench201_space import NASBench201Space
from nasnet_search.cells.search_space import random_choices
from nasnet_search.cells.table_space import TableSpace
from tests.controllers.toy_spaces import enumerate_choices

NAMES = ('first', 'second', 'third')
VALUES = (('a', 'b'), ('x', 'y', 'z'), ('a', 'b'))
ROWS = [(0, 2, 1), (1, 0, 0), (0, 0, 0), (0, 2, 0)]


def test_all_combinations_without_rows():
  space = TableSpace(NAMES, VALUES)
  expected = list(itertools.product(range(2), range(3), range(2)))
  assert enumerate_choices(space) == expected


def test_only_rows_are_allowed():
  space = TableSpace(NAMES, VALUES, np.array(ROWS))
  assert enumerate_choices(space) == sorted(ROWS)
  # After b and x only a is left.
  assert space.next_decision((1, 0)).allowed == (True, False)


def test_equal_values_share_a_kind():
  space = TableSpace(NAMES, VALUES)
  decisions = [space.next_decision((0,) * n) for n in range(3)]
  assert [d.kind for d in decisions] == ['first', 'second', 'first']
  assert [d.name for d in decisions] == list(NAMES)


def test_equal_positions_return_the_same_decision():
  space = TableSpace(NAMES, VALUES, np.array(ROWS))
  assert space.next_decision((0,)) is space.next_decision((0,))
  assert space.next_decision((0, 2)) is space.next_decision((0, 2))


def test_choices_and_architectures_map_both_ways():
  space = TableSpace(NAMES, VALUES, np.array(ROWS))
  found = space.decode((0, 2, 1))
  assert found.items == (('first', 'a'), ('second', 'z'), ('third', 'b'))
  assert space.encode(found) == (0, 2, 1)
  assert space.project(found) == found


@pytest.mark.parametrize(
  ('choices', 'message'),
  [
    ((0, 2), 'complete choices, third among them. Received: 2'),
    ((1, 1, 0), 'a choice that second allows, one of: .*. Received: 1'),
    ((0, 0, 1), 'a choice that third allows, one of: .*. Received: 1'),
    ((0, -1, 0), 'a choice that second allows, one of: .*. Received: -1'),
  ],
)
def test_what_is_no_row_is_refused(choices, message):
  with pytest.raises(UserError, match=message):
    TableSpace(NAMES, VALUES, np.array(ROWS)).decode(choices)


def test_architectures_of_other_spaces_are_refused():
  space = TableSpace(NAMES, VALUES)
  with pytest.raises(UserError, match='choices for first, second, third'):
    space.encode(NASBench201Space().decode((0,) * 6))
  with pytest.raises(UserError, match=r"kind 'cells'"):
    space.encode(zoo.load('nasnet_a'))
  other = TableSpace(NAMES, (('a', 'c'), *VALUES[1:]))
  with pytest.raises(UserError, match=r"value of first.*Received: 'c'"):
    space.encode(other.decode((1, 0, 0)))


def test_nasbench201_has_the_published_size_and_wiring():
  space = NASBench201Space()
  # The example of the benchmark's paper, section 2.1, has node 3 read all
  # three others: |op~0|+|op~0|op~1|+|op~0|op~1|op~2|.
  choices = (3, 0, 2, 1, 4, 3)
  assert space.decode(choices).items[0] == ('e0_1', 'nor_conv_3x3')
  (graph,) = space.graphs(choices)
  assert sorted(graph.paths()) == sorted(
    [
      ('skip_connect',),
      ('nor_conv_3x3', 'avg_pool_3x3'),
      ('none', 'nor_conv_3x3'),
      ('nor_conv_3x3', 'nor_conv_1x1', 'nor_conv_3x3'),
    ]
  )
  sizes = [len(space.next_decision((0,) * n).allowed) for n in range(6)]
  assert np.prod(sizes) == 15_625


def test_darts_has_the_published_size():
  space, choices, size = DartsSpace(), (), 1
  while (decision := space.next_decision(choices)) is not None:
    size *= decision.size
    choices += (0,)
  assert len(choices) == 22
  # Liu et al., section 2.1, footnote: a cell has
  # prod (k + 1) k / 2 * 7^2 for k = 1..4, that is about 10^9.
  assert size == (1 * 3 * 6 * 10 * 49**4) ** 2


def test_darts_cells_read_two_different_states():
  space = DartsSpace()
  for seed in range(20):
    choices = random_choices(space, np.random.default_rng(seed))
    for cell in space.cells(choices):
      assert len(cell) == 8
      for node in range(4):
        (one, _), (other, _) = cell[2 * node : 2 * node + 2]
        assert one < other < 2 + node


def test_darts_paths_begin_with_the_input_they_leave():
  space = DartsSpace()
  normal, _ = space.graphs((0,) * 22)
  # All nodes read states 0 and 1, so there are two short paths for each.
  expected = [('input_0', 'max_pool_3x3'), ('input_1', 'max_pool_3x3')] * 4
  assert sorted(normal.paths()) == sorted(expected)
  assert normal.name == 'normal'
