"""Outcomes of a space, numbered through."""

import numpy as np
import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.cells.nasnet_space import NASNetSpace
from nasnet_search.cells.search_space import Decision
from nasnet_search.controllers.vocabulary import Vocabulary
from tests.controllers import toy_spaces


@pytest.mark.parametrize(
  ('space', 'kinds'),
  [
    (NASNetSpace(), {'combination': 2, 'input': 6, 'operation': 13}),
    (toy_spaces.ChainSpace(), {'depth': 12, 'operation': 3}),
    (toy_spaces.TreeSpace(), {'node': 3, 'type': 2}),
    (toy_spaces.AnchorSpace(), {'anchor': 2, 'operation': 3}),
  ],
)
def test_kinds_of_a_space(space, kinds):
  vocabulary = Vocabulary.of(space)
  assert list(vocabulary.kinds.items()) == list(kinds.items())
  assert vocabulary.size == sum(kinds.values())


class RareSpace:
  """Only the last outcome at every one of 6 turns leads to `treasure`."""

  def next_decision(self, choices):
    if len(choices) < 6:
      name = f'turn_{choices}'
      return Decision(name, 'turn', 4, (True,) * 4, len(choices))
    if len(choices) == 6 and set(choices) == {3}:
      return Decision('treasure', 'treasure', 2, (True, True), 6)
    return None


def test_decisions_that_few_choices_lead_to_may_be_missed():
  vocabulary = Vocabulary.of(RareSpace())
  treasure = RareSpace().next_decision((3,) * 6)
  with pytest.raises(UserError, match=r'kinds turn, .*treasure of kind treasu'):
    vocabulary.allowed(treasure)


class LateSpace:
  """One of two branches shows its last kind only at its tenth outcome."""

  def next_decision(self, choices):
    if not choices:
      return Decision('branch', 'branch', 2, (True, True), 0)
    if choices == (1,):
      return Decision('wide', 'wide', 10, (True,) * 10, 1)
    if choices == (1, 9):
      return Decision('late', 'late', 2, (True, True), 2)
    return None


def test_every_outcome_of_every_decision_is_tried():
  assert set(Vocabulary.of(LateSpace()).kinds) == {'branch', 'wide', 'late'}


def test_rows_place_masks_at_their_kind():
  vocabulary = Vocabulary({'b': 3, 'a': 2})
  decision = Decision('x', 'b', 3, (True, False, True), 0)
  np.testing.assert_array_equal(
    vocabulary.allowed(decision), [False, False, True, False, True]
  )
  assert vocabulary.offset(decision) == 2


def test_kind_of_two_sizes_is_refused():
  space = toy_spaces.FixedSpace(('a', '11'), ('a', '111'))
  with pytest.raises(UserError, match=r'kind a to have 2 .* decision_1 with 3'):
    Vocabulary.of(space)
