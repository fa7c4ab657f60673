"""Controllers learn: more reward than random search, over ten seeds.

Each seed is a reward of its own, and the same one for the controllers that
are compared. `tests/benchmarks/controllers_learning.py` measures the same at
length, in the space of the NASNet paper.
"""

import dataclasses

import numpy as np
import pytest

from nasnet_search.cells import zoo
from nasnet_search.cells.nasnet_space import NASNetSpace
from nasnet_search.cells.search_space import random_choices
from nasnet_search.controllers.batches import make_batch, places
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.registry import make_controller
from nasnet_search.trials import Lesson, Proposal, Status
from tests.controllers.synthetic import (
  SyntheticReward,
  paired_interval,
  search,
)
from tests.controllers.toy_spaces import SMALL

SEEDS = 10
CONFIG = ControllerConfig()


def differences(first, second):
  """Returns the mean rewards of two controllers' trials 101 to 200, compared.

  Args:
    first: Name of the controller that should do better.
    second: Name of the other one.
  """
  means = []
  for name in (first, second):
    config = dataclasses.replace(CONFIG, controller=name)
    for seed in range(SEEDS):
      trues, _, _ = search(
        SMALL, config, SyntheticReward(SMALL, seed), seed, 200
      )
      means.append(trues[100:].mean())
  return np.subtract(means[:SEEDS], means[SEEDS:])


@pytest.mark.parametrize(
  'name', ['ppo', pytest.param('reinforce', marks=pytest.mark.slow)]
)
def test_policies_beat_random_search(name):
  mean, width = paired_interval(differences(name, 'random'))
  assert mean - width > 0


def test_random_search_does_not_beat_itself():
  found = differences('random', 'random')
  assert np.all(found == 0)


@pytest.mark.slow
def test_trials_of_an_earlier_run_are_a_head_start():
  gains = []
  for seed in range(SEEDS):
    reward = SyntheticReward(SMALL, seed)
    rng = np.random.default_rng(seed)
    earlier = [random_choices(SMALL, rng) for _ in range(100)]
    lessons = [
      Lesson(Proposal(i, choices), reward.measured(choices), Status.COMPLETED)
      for i, choices in enumerate(earlier)
    ]
    one = make_controller(SMALL, CONFIG, seed)
    means = []
    for _ in range(2):
      proposed = one.propose(0, 50, ())
      means.append(np.mean([reward.true(p.choices) for p in proposed]))
      one.learn(lessons)
    gains.append(means[1] - means[0])
  mean, width = paired_interval(gains)
  assert mean - width > 0


def test_cells_valued_first_become_likelier():
  space = NASNetSpace()
  known = space.encode(space.project(zoo.load('nasnet_a')))
  one = make_controller(space, CONFIG, 0)

  def log_probability():
    where = [places(space, known)]
    batch = make_batch(one._vocabulary, [known], where, one.batch_size)
    return one._learner.log_probs(batch)[0].sum()

  before = log_probability()
  proposals = [Proposal(0, known), *one.propose(1, 9, ())]
  rewards = [0.9, *np.linspace(0.5, 0.7, 9)]
  one.learn(
    [
      Lesson(proposal, reward, Status.COMPLETED)
      for proposal, reward in zip(proposals, rewards, strict=True)
    ]
  )
  assert log_probability() > before + 0.5
