"""Choices as arrays: where they go, and what the padding is."""

import numpy as np
import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.cells.nasnet_space import NASNetSpace
from nasnet_search.controllers.batches import make_batch, places, spread
from nasnet_search.controllers.vocabulary import Vocabulary
from tests.controllers import toy_spaces


def batch_of(space, choices, rows):
  vocabulary = Vocabulary.of(space)
  where = [places(space, c) for c in choices]
  return make_batch(vocabulary, choices, where, rows), where


def test_anchors_share_a_step():
  # layer 0; layer 1, its anchor; layer 2, its two anchors.
  where = places(toy_spaces.AnchorSpace(3), (0, 2, 1, 1, 0, 1))
  assert [(step, slot) for step, slot, _ in where] == [
    (0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (4, 1)
  ]  # fmt: skip


def test_batch_of_anchors():
  # Outcomes in a row: anchor 0 and 1, operation 0, 1 and 2; then the start.
  batch, _ = batch_of(toy_spaces.AnchorSpace(3), [(0, 2, 1, 1, 1, 1)], rows=2)
  assert batch.inputs.shape == (2, 10, 6)
  np.testing.assert_array_equal(
    batch.inputs[0, :6],
    [
      [0, 0, 0, 0, 0, 1],
      [0, 0, 1, 0, 0, 0],
      [0, 0, 0, 0, 1, 0],
      [0, 1, 0, 0, 0, 0],
      [0, 0, 0, 1, 0, 0],
      [0, 2, 0, 0, 0, 0],  # Two anchors in the step before.
    ],
  )
  np.testing.assert_array_equal(
    batch.allowed[0, 4, 1], [True, True, False, False, False]
  )
  np.testing.assert_array_equal(batch.chosen[0, 1, 0], [0, 0, 0, 0, 1])
  assert batch.present[0].sum() == 6
  assert batch.present[0, 4].tolist() == [1, 1]


def test_padding_allows_one_outcome_and_is_absent():
  batch, _ = batch_of(toy_spaces.ChainSpace(), [(0, 1), (4, *[2] * 5)], rows=3)
  assert batch.present.sum(axis=(1, 2)).tolist() == [2, 6, 0]
  empty = batch.present == 0
  assert (batch.allowed[empty].sum(axis=-1) == 1).all()
  assert (batch.chosen.sum(axis=-1) == 1).all()
  assert (batch.chosen[empty][:, 0] == 1).all()


@pytest.mark.parametrize(('layers', 'steps'), [(1, 10), (9, 10), (10, 20)])
def test_steps_are_padded_to_tens(layers, steps):
  batch, _ = batch_of(
    toy_spaces.ChainSpace(), [(layers - 1, *[0] * layers)], rows=1
  )
  assert batch.present.shape == (1, steps, 1)


def test_numbers_are_spread_as_their_decisions_are():
  space = toy_spaces.AnchorSpace(3)
  where = [places(space, (0,) * 6), places(space, (1,) * 6)]
  spread_out = spread([range(1, 7), range(11, 17)], where, (3, 10, 2))
  np.testing.assert_array_equal(
    spread_out[1, :6],
    [[11, 0], [12, 0], [13, 0], [14, 0], [15, 16], [0, 0]],
  )
  assert spread_out[0].sum() == 21
  assert spread_out[2].sum() == 0


@pytest.mark.parametrize(
  ('choices', 'message'),
  [
    ((0,) * 49, 'Expected complete choices'),
    ((0,) * 51, 'Expected complete choices'),
    ((2, *(0,) * 49), r'normal/block_0/input_1 allows, .*\. Received: 2'),
    ((0, -1, *(0,) * 48), r'input_2 allows, .*\. Received: -1'),
    ((0, 0, 13, *(0,) * 47), r'operation_1 allows, .*\. Received: 13'),
  ],
)
def test_choices_of_another_space_are_refused(choices, message):
  with pytest.raises(UserError, match=message):
    places(NASNetSpace(), choices)
