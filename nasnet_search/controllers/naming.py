"""Names the best of noisy trials: by what all of them say together.

The greatest of many noisy rewards is the luckiest rather than the best. A
Gaussian process takes architectures for alike that have much in common, so
what it makes of one evens out the luck of its reward by those of its
neighbours. That helps whoever proposed them.
"""

from collections.abc import Sequence

import numpy as np

from nasnet_search.cells.search_space import Choices, SearchSpace
from nasnet_search.controllers.predictors import make_predictor

PREDICTOR = 'gaussian_process'
MOST_CANDIDATES = 400
"""Of more, those with the greatest rewards are looked at."""


def best_by_prediction(
  space: SearchSpace,
  seed: int,
  choices: Sequence[Choices],
  rewards: Sequence[float],
) -> int:
  """Returns the place of the trial whose predicted reward is the greatest.

  Args:
    space: The space.
    seed: Seed of the run.
    choices: Of valued architectures, each once.
    rewards: What they were worth.
  """
  order = np.argsort(-np.asarray(rewards), kind='stable')[:MOST_CANDIDATES]
  ranking = make_predictor(PREDICTOR, space, seed).rank(
    choices, rewards, [choices[place] for place in order]
  )
  # The first of equal ones has the greater reward.
  return int(order[int(np.argmax(ranking.mean))])
