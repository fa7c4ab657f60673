"""The predictor of ridge regression: linear in the features of choices."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

from nasnet_search.cells.search_space import Choices, SearchSpace
from nasnet_search.controllers.features import Features
from nasnet_search.controllers.gaussian_process import normal_scores

FOLDS = 5
ALPHAS = (0.1, 1.0, 10.0, 100.0)
"""Weights of the penalty, of which the best on trials left out is taken."""


class RidgePredictor:
  """Predicts normal scores of the rewards.

  It knows how far off it is, but not where, so it explores nothing.

  Args:
    space: The space.
    seed: Seed of the random choices that features are scaled by.
  """

  def __init__(self, space: SearchSpace, seed: int) -> None:
    self._features = Features(space, seed)

  def correlation(
    self, choices: Sequence[Choices], rewards: Sequence[float]
  ) -> float:
    """Returns the rank correlation in cross-validation; see the protocol."""
    scores = normal_scores(rewards)
    if len(choices) < FOLDS or np.ptp(scores) == 0:
      return 0.0
    rows = self._features.matrix(choices)
    folds = np.arange(len(choices)) % FOLDS
    predicted = np.empty(len(choices))
    for fold in range(FOLDS):
      model = _fitted(rows[folds != fold], scores[folds != fold])
      predicted[folds == fold] = model.predict(rows[folds == fold])
    if np.ptp(predicted) == 0:
      return 0.0
    return float(stats.spearmanr(predicted, scores)[0])

  def rank(
    self,
    choices: Sequence[Choices],
    rewards: Sequence[float],
    candidates: Sequence[Choices],
  ) -> 'RidgeRanking':
    """Predicts candidates; see the protocol."""
    both = self._features.matrix([*choices, *candidates])
    # What no trial has cannot be learned; left out, nothing depends on which
    # other candidates there are.
    known = both[: len(choices)]
    used = np.ptp(known, axis=0) > 0
    model = _fitted(known[:, used], normal_scores(rewards))
    rows = both[len(choices) :, used]
    # The best score is minus the mean squared error of trials left out.
    return RidgeRanking(model.predict(rows), float(-model.best_score_) ** 0.5)


class RidgeRanking:
  """What is predicted of candidates; see `predictors.Ranking`."""

  def __init__(self, mean: np.ndarray, deviation: float) -> None:
    self.mean = mean
    self._deviation = deviation

  def deviation(self) -> np.ndarray:
    """Returns the same standard deviation for all."""
    return np.full(len(self.mean), self._deviation)

  def add_pending(self, many: Sequence[Choices]) -> None:
    """Does nothing: one more trial hardly changes a linear model."""


def _fitted(rows: np.ndarray, scores: np.ndarray) -> Any:
  from sklearn.linear_model import RidgeCV

  return RidgeCV(ALPHAS).fit(rows, scores)
