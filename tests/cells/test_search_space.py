"""Tests of what search spaces share: decisions and random choices."""

import collections

import numpy as np
import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.cells.search_space import (
  Decision,
  checked_decisions,
  random_choices,
)


class Digits:
  """Two decisions; the second allows what the first did not choose."""

  def next_decision(self, choices):
    if len(choices) == 2:
      return None
    allowed = tuple(digit not in choices for digit in range(3))
    return Decision('digit', 'digit', 3, allowed, len(choices))


def test_random_choices_are_uniform_over_what_is_allowed():
  rng = np.random.default_rng(0)
  counts = collections.Counter(
    random_choices(Digits(), rng) for _ in range(6000)
  )
  pairs = {(a, b) for a in range(3) for b in range(3) if a != b}
  assert set(counts) == pairs
  # 1,000 expected of each; 6 standard deviations are 173.
  assert max(abs(count - 1000) for count in counts.values()) < 173


def test_random_choices_repeat_with_the_generator():
  one, other = (
    random_choices(Digits(), np.random.default_rng(7)) for _ in range(2)
  )
  assert one == other
  assert all(type(choice) is int for choice in one)


@pytest.mark.parametrize('allowed', [(True,), (False, False)])
def test_a_decision_needs_something_to_choose(allowed):
  with pytest.raises(ValueError, match='mask of 2 entries'):
    Decision('digit', 'digit', 2, allowed, 0)


def test_choices_are_checked_decision_by_decision():
  space = Digits()
  for choices in ((0, 2), np.array([0, 2])):
    first, second = checked_decisions(space, choices)
    assert first.allowed == (True, True, True)
    assert second.allowed == (False, True, True)


@pytest.mark.parametrize(
  ('choices', 'message'),
  [
    ((), 'complete choices, digit among them. Received: 0 choices'),
    ((1,), 'complete choices, digit among them. Received: 1 choices'),
    ((1, 1), 'digit allows, one of: 0, 2. Received: 1'),
    ((3, 1), 'digit allows, one of: 0, 1, 2. Received: 3'),
    ((0, -1), 'digit allows, one of: 1, 2. Received: -1'),
    ((0, 1.0), 'digit allows, one of: 1, 2. Received: 1.0'),
    ((0, 'a'), "digit allows, one of: 1, 2. Received: 'a'"),
    ((0, 1, 2), 'Expected complete choices, 2 of them. Received: 3'),
  ],
)
def test_choices_that_are_none_are_refused(choices, message):
  with pytest.raises(UserError, match=message):
    checked_decisions(Digits(), choices)


class Scheduled:
  """A depth that is 0 for now, and then one decision that allows only 0."""

  def next_decision(self, choices):
    if len(choices) == 2:
      return None
    first = not choices
    name = 'depth' if first else 'digit'
    return Decision(name, name, 2, (True, False), len(choices), (), first)


def test_a_schedule_binds_no_choices_that_are_checked():
  for depth in (0, 1):
    assert len(checked_decisions(Scheduled(), (depth, 0))) == 2
  with pytest.raises(UserError, match=r'digit allows, one of: 0\. Rec'):
    checked_decisions(Scheduled(), (1, 1))
