"""The space of recurrent cells: its decisions, its size, both ways."""

import itertools
import math
import re

import numpy as np
import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.cells.recurrent_cell_space import RecurrentCellSpace
from nasnet_search.cells.search_space import random_choices
from tests.cells.recurrent_cells import FIGURE_5, NAS_CELL
from tests.controllers.toy_spaces import enumerate_choices


def decisions_of(space):
  choices = random_choices(space, np.random.default_rng(0))
  return [space.next_decision(choices[:end]) for end in range(len(choices))]


def test_decisions_come_in_the_order_of_the_paper():
  assert [(each.name, each.kind) for each in decisions_of(_TWO)] == [
    ('node_0/combination', 'combination'),
    ('node_0/activation', 'activation'),
    ('node_1/combination', 'combination'),
    ('node_1/activation', 'activation'),
    ('node_2/combination', 'combination'),
    ('node_2/activation', 'activation'),
    ('inject/combination', 'combination'),
    ('inject/activation', 'activation'),
    ('memory_source', 'node'),
    ('inject_node', 'node'),
  ]


def test_the_space_is_as_large_as_the_paper_says():
  """Section 4.2: about 6e16 architectures of base number 8."""
  sizes = [each.size for each in decisions_of(RecurrentCellSpace())]
  assert len(sizes) == 34
  assert f'{math.prod(sizes):.0e}' == '6e+16'


def test_figure_5_is_chosen_as_in_the_paper():
  """Add tanh, multiply ReLU, multiply sigmoid; add ReLU; 1, 0."""
  choices = (0, 1, 1, 3, 1, 2, 0, 3, 1, 0)
  assert _TWO.encode(FIGURE_5) == choices
  assert _TWO.decode(choices) == FIGURE_5


@pytest.mark.parametrize('base', [2, 4, 8])
def test_decoding_and_encoding_are_inverse(base):
  space, rng = RecurrentCellSpace(base), np.random.default_rng(base)
  for _ in range(50):
    choices = random_choices(space, rng)
    assert space.encode(space.decode(choices)) == choices
    assert space.project(space.decode(choices)) == space.decode(choices)


def test_every_cell_is_chosen_in_one_way():
  found = enumerate_choices(_TWO)
  assert len(found) == 8**4 * 9
  assert len({_TWO.decode(choices) for choices in found}) == len(found)


def test_choices_may_be_numbers_of_numpy():
  assert _TWO.decode(np.array(_TWO.encode(FIGURE_5))) == FIGURE_5


def test_figure_5_as_graphs():
  hidden, memory = _TWO.graphs(_TWO.encode(FIGURE_5))
  assert sorted(hidden.paths()) == [
    ('add tanh', 'add relu', 'multiply sigmoid'),
    ('memory add relu', 'multiply sigmoid'),
    ('multiply relu', 'multiply sigmoid'),
  ]
  assert memory.paths() == [('multiply relu',)]


@pytest.mark.parametrize('base', [0, 1, 3, 6, 128, -2])
def test_a_base_number_of_no_tree_is_refused(base):
  message = f'--base_number a number .* 2, 4, 8, 16, 32, 64. Received: {base}.'
  with pytest.raises(UserError, match=message):
    RecurrentCellSpace(base)


@pytest.mark.parametrize(
  ('choices', 'message'),
  [
    ((0,) * 9, 'inject_node among them. Received: 9 choices'),
    ((*(0,) * 9, 3), 'inject_node allows, one of: 0, 1, 2. Received: 3'),
    ((2, *(0,) * 9), 'node_0/combination allows, one of: 0, 1. Received: 2'),
    (
      (0, -1, *(0,) * 8),
      'node_0/activation allows, one of: 0, 1, 2, 3. Received: -1',
    ),
    ((0, 'tanh', *(0,) * 8), "Received: 'tanh'"),
  ],
)
def test_choices_that_are_not_allowed_are_refused(choices, message):
  with pytest.raises(UserError, match=re.escape(message)):
    _TWO.decode(choices)


def test_cells_of_another_base_number_are_refused():
  with pytest.raises(UserError, match=r'of 8. Search with --base_number=8'):
    _TWO.encode(NAS_CELL)


def test_equal_positions_return_the_same_object():
  for one, other in itertools.pairwise([(0, 1), (1, 3)]):
    assert _TWO.next_decision(one) is _TWO.next_decision(other)


_TWO = RecurrentCellSpace(2)
