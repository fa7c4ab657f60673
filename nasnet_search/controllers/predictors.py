"""Predictors: from settled trials to what other choices would be worth.

Listing them imports none of what they are made of.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from nasnet_search.cells.search_space import Choices, SearchSpace
from nasnet_search.registry import Registry

NONE = 'none'
"""The setting under which nothing is predicted."""

PREDICTORS = Registry(
  'predictor',
  {
    'gaussian_process': (
      'nasnet_search.controllers.process_predictor:ProcessPredictor'
    ),
    'ridge': 'nasnet_search.controllers.ridge_predictor:RidgePredictor',
  },
)
"""Each entry is called with a space and a seed."""


class Ranking(Protocol):
  """What is predicted of some candidates.

  Attributes:
    mean: How good each candidate is, in standard deviations of what was
      learned, `[candidates]`.
  """

  mean: np.ndarray

  def deviation(self) -> np.ndarray:
    """Returns how uncertain that is, in the same unit, `[candidates]`."""

  def add_pending(self, many: Sequence[Choices]) -> None:
    """Takes choices for ones whose rewards are about to be known."""


class Predictor(Protocol):
  """Predicts rewards; a pure function of what it is given."""

  def correlation(
    self, choices: Sequence[Choices], rewards: Sequence[float]
  ) -> float:
    """Returns how well it predicts trials that it was not fitted to.

    Args:
      choices: Of settled trials, in the order in which they were learned.
      rewards: What they were worth.

    Returns:
      Spearman's rank correlation of predicted and true rewards, each
      predicted from others; 0 where it is not defined.
    """

  def rank(
    self,
    choices: Sequence[Choices],
    rewards: Sequence[float],
    candidates: Sequence[Choices],
  ) -> Ranking:
    """Predicts candidates from settled trials.

    Args:
      choices: Of settled trials, in the order in which they were learned.
      rewards: What they were worth.
      candidates: What to predict.
    """


def make_predictor(name: str, space: SearchSpace, seed: int) -> Predictor:
  """Returns the predictor of a name.

  Raises:
    UserError: There is none of this name.
  """
  made: Predictor = PREDICTORS.load(name)(space, seed)
  return made
