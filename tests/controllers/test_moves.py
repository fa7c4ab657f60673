"""Neighbours and mutations, in spaces of every shape; and what is kept."""

import numpy as np
import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.cells.nasnet_space import NASNetSpace
from nasnet_search.cells.search_space import random_choices
from nasnet_search.controllers import moves
from nasnet_search.controllers.memory import Memory
from nasnet_search.trials import Lesson, Proposal, Status
from tests.controllers import toy_spaces

FIXED = toy_spaces.FixedSpace(('a', '1101'), ('b', '11'), ('c', '010'))
SPACES = [
  FIXED,
  toy_spaces.ChainSpace(),
  toy_spaces.TreeSpace(),
  toy_spaces.AnchorSpace(),
  NASNetSpace(blocks=2),
]


def check_complete(space, choices):
  for position, choice in enumerate(choices):
    assert space.next_decision(choices[:position]).allowed[choice]
  assert space.next_decision(choices) is None


def test_neighbours_are_all_that_differ_in_one_decision():
  rng = np.random.default_rng(0)
  near = list(moves.neighbours(FIXED, (3, 0, 1), rng))
  assert sorted(near) == [(0, 0, 1), (1, 0, 1), (3, 1, 1)]


@pytest.mark.parametrize('space', SPACES, ids=lambda s: type(s).__name__)
def test_what_is_changed_is_complete(space):
  rng = np.random.default_rng(0)
  for _ in range(10):
    choices = random_choices(space, rng)
    for near in moves.neighbours(space, choices, rng):
      check_complete(space, near)
      assert near != choices
    changed = moves.mutation(space, choices, rng)
    check_complete(space, changed)
    assert changed != choices


def test_what_follows_is_kept_where_it_is_allowed():
  # Four layers become three: the first three stay.
  chain = toy_spaces.ChainSpace()
  rng = np.random.default_rng(0)
  near = set(moves.neighbours(chain, (3, 2, 1, 0, 2), rng))
  assert (2, 2, 1, 0) in near
  # Five: the fifth is the first outcome allowed.
  assert (4, 2, 1, 0, 2, 0) in near


def test_where_nothing_can_be_changed_nothing_is():
  space = toy_spaces.FixedSpace(('a', '010'))
  rng = np.random.default_rng(0)
  assert moves.mutation(space, (1,), rng) == (1,)
  assert list(moves.neighbours(space, (1,), rng)) == []


def test_equal_cells_are_told_by_what_they_are():
  space = NASNetSpace(blocks=1, combinations=('add',))
  key = moves.identity(space)
  # The inputs of a block may be swapped, with their operations.
  assert key((0, 1, 2, 3, 0) * 2) == key((1, 0, 3, 2, 0) * 2)
  assert key((0, 1, 2, 3, 0) * 2) != key((0, 1, 3, 2, 0) * 2)


def lesson(choices, reward):
  return Lesson(Proposal(0, choices), reward, Status.COMPLETED)


def test_a_memory_keeps_the_first_of_equals_and_their_order():
  memory = Memory(moves.identity(FIXED))
  first, second = (3, 0, 1), (0, 1, 1)
  memory.add([lesson(first, 1.0), lesson(second, 2.0), lesson(first, 9.0)])
  assert (memory.choices, memory.rewards) == ([first, second], [1.0, 2.0])
  assert memory.best(5) == [second, first]
  other = Memory(moves.identity(FIXED))
  other.restore(memory.arrays())
  assert (other.choices, other.rewards) == (memory.choices, memory.rewards)
  other.add([lesson(second, 5.0)])
  assert len(other) == 2


def test_a_memory_may_keep_all_and_forget_the_oldest():
  memory = Memory(None)
  memory.add([lesson((3, 0, 1), float(n)) for n in range(5)])
  memory.keep_newest(2)
  assert memory.rewards == [3.0, 4.0]


@pytest.mark.parametrize(
  ('name', 'value'),
  [
    ('rewards', [1.0, np.nan]),
    ('rewards', [1.0]),
    ('lengths', [3, 4]),
    ('choices', [[1, 2], [3, 4]]),
    ('choices', None),
  ],
)
def test_spoiled_memories_are_refused(name, value):
  memory = Memory(None)
  memory.add([lesson((3, 0, 1), 1.0), lesson((0, 1, 1), 2.0)])
  arrays = memory.arrays()
  if value is None:
    del arrays[name]
  else:
    arrays[name] = np.array(value)
  with pytest.raises(UserError, match='trials that were learned'):
    memory.restore(arrays)
  assert len(memory) == 2
