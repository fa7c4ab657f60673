"""The predictor filter finds what is good, and stands back where it cannot."""

import math

import numpy as np
import pytest

from nasnet_search.cells.nasbench201_space import NASBench201Space
from nasnet_search.cells.nasnet_space import NASNetSpace
from nasnet_search.controllers import predictor_filter
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.registry import make_controller
from nasnet_search.trials import Lesson, Proposal, Status
from tests.controllers import toy_spaces

SPACE = NASBench201Space()
# What each operation is worth on each edge, and two that need each other.
WORTH = np.random.default_rng(0).normal(size=(6, 5))


def reward_of(choices):
  own = sum(WORTH[edge, choice] for edge, choice in enumerate(choices))
  return own + 2.0 * (choices[0] == 3 and choices[5] == 2)


def make(predictor='gaussian_process', within='random', seed=0, **settings):
  config = ControllerConfig(
    controller=within,
    predictor=predictor,
    controller_batch_size=1,
    predictor_pool=200,
    **settings,
  )
  return make_controller(SPACE, config, seed)


def teach(one, count, reward=reward_of, first=0):
  """Lets a controller search; returns the rewards it found."""
  rewards = []
  for index in range(first, first + count):
    (proposal,) = one.propose(index, 1, ())
    rewards.append(reward(proposal.choices))
    one.learn([Lesson(proposal, rewards[-1], Status.COMPLETED)])
  return rewards


@pytest.mark.parametrize('predictor', ['gaussian_process', 'ridge'])
@pytest.mark.parametrize('within', ['random', 'evolution'])
def test_it_finds_more_than_chance(predictor, within):
  chance = make_controller(SPACE, ControllerConfig(controller='random'), 0)
  filtered = teach(make(predictor, within), 40)
  assert max(filtered) > max(teach(chance, 40))
  # From the first trial that it filters, not only at the best.
  assert np.mean(filtered[15:]) > np.mean(teach(chance, 200)) + 1


def test_it_says_how_well_it_predicts():
  one = make()
  assert one.diagnostics()['predictor_correlation'] == 0
  teach(one, 40)
  found = one.diagnostics()
  assert found['predictor_trials'] == 40
  assert found['predictor_correlation'] > 0.5


def test_it_stands_back_while_nothing_can_be_predicted():
  noise = np.random.default_rng(1)
  one, chance = make(), make('none')
  teach(one, 60, lambda choices: noise.normal())
  assert one.diagnostics()['predictor_correlation'] < predictor_filter.POOR
  proposals = one.propose(60, 20, ())
  unfiltered = chance.propose(60, 20, ())
  same = [
    a.choices == b.choices for a, b in zip(proposals, unfiltered, strict=True)
  ]
  # Every second one, unless it has been proposed before.
  assert sum(same[::2]) >= 8
  assert sum(same[1::2]) == 0


def test_the_first_proposals_are_those_of_the_controller_within():
  one, within = make(predictor_trials=10), make('none')
  for count in (0, 9):
    teach(one, count)
    expected = within.propose(50, 5, ())
    assert one.propose(50, 5, ()) == expected
  teach(one, 1, first=9)
  assert one.propose(50, 5, ()) != expected


def test_nothing_is_proposed_twice():
  space = toy_spaces.SMALL  # 1,000 choices.
  config = ControllerConfig(controller='random', predictor='gaussian_process')
  one = make_controller(space, config, 0)
  seen = set()
  for first in range(0, 100, 10):
    proposals = one.propose(first, 10, ())
    seen.update(p.choices for p in proposals)
    one.learn(
      [Lesson(p, math.sin(sum(p.choices)), Status.COMPLETED) for p in proposals]
    )
  assert len(seen) == 100


def test_what_is_pending_is_not_proposed_and_keeps_others_away():
  one = make()
  teach(one, 20)
  first = one.propose(20, 5, ())
  then = one.propose(25, 5, first)
  assert not {p.choices for p in first} & {p.choices for p in then}
  assert [p.choices for p in one.propose(20, 10, ())] == [
    p.choices for p in (*first, *then)
  ]


def test_exploration_grows_while_nothing_better_is_found():
  one = make(predictor_exploration=0.5)
  teach(one, 12)
  one.learn([Lesson(Proposal(90, (0,) * 6), 100.0, Status.COMPLETED)])
  assert one.exploration() == 0.5
  explored = []
  for index in range(100, 125):
    (proposal,) = one.propose(index, 1, ())
    one.learn([Lesson(proposal, 0.0, Status.COMPLETED)])
    explored.append(one.exploration())
  rate, period = predictor_filter.STALL_RATE, predictor_filter.STALL_PERIOD
  expected = [0.5 + rate * (n % period) for n in range(1, 26)]
  np.testing.assert_allclose(explored, expected)


def test_the_unit_of_rewards_changes_nothing():
  one, other = make(), make()
  teach(one, 25)
  teach(other, 25, lambda choices: math.exp(3 * reward_of(choices)) - 1e3)
  assert one.propose(25, 3, ()) == other.propose(25, 3, ())


def test_numbers_of_the_controller_within_are_kept():
  one = make(within='ppo', predictor_trials=2, policy='independent')
  rng = np.random.default_rng(0)
  for index in range(12):
    choices = tuple(rng.integers(0, 5, 6).tolist())
    lesson = Lesson(Proposal(index, choices), reward_of(choices), 'completed')
    one.learn([lesson])
  proposals = one.propose(12, 40, ())
  with_numbers = [p for p in proposals if p.numbers]
  assert 0 < len(with_numbers) < 40
  assert all(len(p.numbers['log_probs']) == 6 for p in with_numbers)


def test_wide_spaces_are_filtered_too():
  config = ControllerConfig(
    controller='random', predictor='gaussian_process', controller_batch_size=1
  )
  space = NASNetSpace()
  one = make_controller(space, config, 0)

  def sums(choices):
    return float(sum(choice == 3 for choice in choices))

  assert np.mean(teach(one, 40, sums)[25:]) > np.mean(
    teach(
      make_controller(space, ControllerConfig(controller='random'), 0),
      200,
      sums,
    )
  )


def test_the_controller_within_learns_too():
  one = make(within='evolution')
  rewards = teach(one, 4)
  assert one.diagnostics()['population_reward'] == pytest.approx(
    np.mean(rewards)
  )
