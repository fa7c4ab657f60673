"""Tests of what search spaces share: decisions and random choices."""

import collections

import numpy as np
import pytest

from nasnet_search.cells.search_space import Decision, random_choices


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
