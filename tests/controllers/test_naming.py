"""Naming by prediction is less a matter of luck than naming by reward."""

import itertools

import numpy as np

from nasnet_search.cells.table_space import TableSpace
from nasnet_search.controllers.naming import best_by_prediction

SPACE = TableSpace(
  tuple('abcd'), [tuple(str(n) for n in range(4)) for _ in range(4)]
)


def test_noise_is_evened_out():
  """Of 20 noisy searches, the named one is worth more in the mean."""
  choices = list(itertools.product(range(4), repeat=4))
  worth = np.array([float(sum(each)) for each in choices])
  by_reward, by_prediction = [], []
  for seed in range(20):
    rng = np.random.default_rng(seed)
    some = rng.choice(len(choices), 60, replace=False)
    rewards = worth[some] + rng.normal(0, 2, 60)
    named = best_by_prediction(
      SPACE, 0, [choices[place] for place in some], rewards.tolist()
    )
    by_reward.append(worth[some][np.argmax(rewards)])
    by_prediction.append(worth[some][named])
  assert np.mean(by_prediction) > np.mean(by_reward) + 0.3


def test_equal_rewards_name_the_first():
  choices = list(itertools.product(range(4), repeat=2))
  many = [(*each, 0, 0) for each in choices]
  assert best_by_prediction(SPACE, 0, many, [1.0] * len(many)) == 0
