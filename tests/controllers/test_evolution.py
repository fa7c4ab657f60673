"""Regularized evolution: who is parent, who dies, and that it works."""

import numpy as np

from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.registry import make_controller
from nasnet_search.trials import Lesson, Proposal, Status
from tests.controllers import toy_spaces

SPACE = toy_spaces.FixedSpace(*(('operation', '1111'),) * 8)


def make(population=5, sample=5, seed=0):
  config = ControllerConfig(
    controller='evolution',
    evolution_population=population,
    evolution_sample=sample,
    controller_batch_size=1,
  )
  return make_controller(SPACE, config, seed)


def lesson(choices, reward):
  return Lesson(Proposal(-1, choices), reward, Status.COMPLETED)


def distance(one, other):
  return sum(a != b for a, b in zip(one, other, strict=True))


def test_until_there_is_a_population_proposals_are_random():
  one, chance = (
    make(),
    make_controller(SPACE, ControllerConfig(controller='random'), 0),
  )
  for number in range(4):
    one.learn([lesson((number % 4,) * 8, 1.0)])
  assert one.propose(4, 10, ()) == chance.propose(4, 10, ())


def test_children_differ_from_the_best_in_one_decision():
  one = make()
  for number in range(4):
    one.learn([lesson((number,) * 8, float(number == 2))])
  one.learn([lesson((1, 1, 1, 1, 0, 0, 0, 0), 0.5)])
  children = [p.choices for p in one.propose(5, 200, ())]
  assert {distance(child, (2,) * 8) for child in children} == {1}
  # Eight decisions, three other outcomes each.
  assert len(set(children)) == 24


def test_a_small_sample_lets_others_be_parents():
  one = make(sample=1)
  parents = [(number % 4,) * 4 + (number // 4,) * 4 for number in range(5)]
  for number, choices in enumerate(parents):
    one.learn([lesson(choices, float(number))])
  born = [p.choices for p in one.propose(5, 400, ())]
  nearest = [min(range(5), key=lambda i: distance(c, parents[i])) for c in born]
  assert np.bincount(nearest, minlength=5).min() > 40


def test_the_oldest_dies_even_if_it_is_the_best():
  one = make()
  one.learn([lesson((3,) * 8, 100.0)])
  for number in range(5):
    one.learn([lesson((0,) * 8, float(number))])
  children = [p.choices for p in one.propose(6, 50, ())]
  assert {distance(child, (0,) * 8) for child in children} == {1}
  assert one.diagnostics() == {'population_reward': 2.0}


def test_it_finds_what_chance_does_not():
  one = make(population=20, sample=5)
  for index in range(300):
    (proposal,) = one.propose(index, 1, ())
    reward = float(proposal.choices.count(3))
    one.learn([Lesson(proposal, reward, Status.COMPLETED)])
  # Random choices have two of eight right, and five in one of 37.
  assert one.diagnostics()['population_reward'] > 5
