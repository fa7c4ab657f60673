"""The predictor of Gaussian processes, on all that a space has to offer."""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from nasnet_search.cells.search_space import Choices, SearchSpace
from nasnet_search.controllers.features import Features
from nasnet_search.controllers.gaussian_process import (
  Distances,
  Process,
  fit_processes,
  left_out,
)
from nasnet_search.controllers.posterior import Prediction

MOST_TRIALS = 400
"""Trials that processes are fitted to: of more, the best and the newest. The
time of a fit grows with the cube of their number."""
REFIT = 1.1
"""Length scales and noises are fitted again after so many times the trials."""
MANY, REFIT_MANY = 300, 1.25
"""From so many on they are fitted again less often: a fit takes as long as
dozens of proposals then, and changes little."""
FEW = 30
"""Up to so many trials they are fitted again after each of them."""


class ProcessPredictor:
  """Predicts by Gaussian processes; see `gaussian_process`.

  Args:
    space: The space.
    seed: Seed of the random choices that distances are measured by.
  """

  def __init__(self, space: SearchSpace, seed: int) -> None:
    self._features = Features(space, seed)
    self._fitted: tuple[list[Choices], list[float]] = ([], [])
    self._processes: tuple[Process, ...] = ()
    self._correlation = 0.0

  def correlation(
    self, choices: Sequence[Choices], rewards: Sequence[float]
  ) -> float:
    """Returns the rank correlation on trials left out; see the protocol."""
    self._fit(choices, rewards)
    return self._correlation

  def rank(
    self,
    choices: Sequence[Choices],
    rewards: Sequence[float],
    candidates: Sequence[Choices],
  ) -> 'ProcessRanking':
    """Predicts candidates; see the protocol."""
    processes = self._fit(choices, rewards)
    known, worth = _trained(choices, rewards)
    prediction = Prediction(
      processes,
      self._features.distances(known, known),
      worth,
      self._features.distances(known, candidates),
    )
    return ProcessRanking(prediction, self._features, known, candidates)

  def _fit(
    self, choices: Sequence[Choices], rewards: Sequence[float]
  ) -> tuple[Process, ...]:
    """Returns processes, fitted to the first so many of the trials."""
    count = _fitted_to(len(choices))
    basis = (list(choices[:count]), list(rewards[:count]))
    # Only saves time: equal trials give equal processes.
    if basis != self._fitted:
      known, worth = _trained(*basis)
      distances = self._features.distances(known, known)
      self._processes = fit_processes(distances, worth)
      self._correlation = _correlation(self._processes, distances, worth)
      self._fitted = basis
    return self._processes


class ProcessRanking:
  """What processes predict of candidates; see `predictors.Ranking`."""

  def __init__(
    self,
    prediction: Prediction,
    features: Features,
    known: Sequence[Choices],
    candidates: Sequence[Choices],
  ) -> None:
    self.mean = prediction.mean
    self._prediction = prediction
    self._features = features
    self._known = known
    self._candidates = candidates
    self._pending: list[Choices] = []

  def deviation(self) -> np.ndarray:
    """Returns standard deviations."""
    return self._prediction.deviation()

  def add_pending(self, many: Sequence[Choices]) -> None:
    """Takes away the uncertainty around some choices."""
    distances = self._features.distances
    self._prediction.add_pending(
      distances(self._known, many),
      distances(self._pending, many),
      distances(many, many),
      distances(many, self._candidates),
    )
    self._pending.extend(many)


def _fitted_to(count: int) -> int:
  """Returns to how many of the first trials processes are fitted."""
  fitted = min(count, FEW)
  while fitted >= FEW:
    following = int(fitted * (REFIT if fitted < MANY else REFIT_MANY))
    if following > count:
      break
    fitted = following
  return fitted


def _trained(
  choices: Sequence[Choices], rewards: Sequence[float]
) -> tuple[list[Choices], list[float]]:
  """Returns the trials that processes are fitted to, in order."""
  places: Sequence[int] = range(len(choices))
  if len(choices) > MOST_TRIALS:
    newest = set(places[-MOST_TRIALS // 2 :])
    order = np.argsort(-np.array(rewards), kind='stable').tolist()
    best = [place for place in order if place not in newest]
    kept = newest | set(best[: MOST_TRIALS - len(newest)])
    return [choices[p] for p in sorted(kept)], [
      rewards[p] for p in sorted(kept)
    ]
  return [choices[place] for place in places], [rewards[p] for p in places]


def _correlation(
  processes: Sequence[Process], known: Distances, rewards: Sequence[float]
) -> float:
  predicted = left_out(processes, known, rewards)
  if np.ptp(predicted) == 0 or np.ptp(rewards) == 0:
    return 0.0
  return float(stats.spearmanr(predicted, rewards)[0])
