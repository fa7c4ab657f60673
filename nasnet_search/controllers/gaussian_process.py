"""Gaussian processes over groups of features, fitted to rewards.

A process takes architectures for alike that are close in some groups of
features. Which groups matter differs from space to space, so there are
several processes, each over other groups, and what they predict is averaged.
Where they contradict each other, the average is uncertain.

What is predicted is the *normal score* of a reward: its rank among those
known, as the quantile of a normal distribution. So neither the unit of the
rewards matters nor how far failures lie below.

scikit-learn's regressor computes the distances anew for every length scale
that it tries. Here all processes share them, which is most of the time.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import linalg, special, stats

COMBINATIONS = (
  ('decisions', 'paths', 'counts'),
  ('paths', 'counts'),
  ('decisions', 'counts'),
  ('counts',),
  ('decisions', 'steps', 'counts'),
)
"""The groups of features that each process sees, as far as a space has them."""
LENGTH_SCALES = (0.5, 0.7, 1.0, 1.4, 2.0)
"""In units of the mean distance of random architectures."""
NOISES = (0.01, 0.03, 0.1, 0.3)
"""Variances of the noise, in units of that of the process."""
LEAST_VARIANCE = 1e-9
"""What a variance is taken for if it is none, for logarithms and roots."""

Distances = Mapping[str, np.ndarray]
"""Squared distances by group of features."""


def normal_scores(rewards: Sequence[float]) -> np.ndarray:
  """Returns the normal scores of rewards; equal ones have equal scores."""
  ranks = stats.rankdata(rewards)
  scores: np.ndarray = special.ndtri((ranks - 0.5) / len(ranks))
  return scores


@dataclasses.dataclass(frozen=True)
class Process:
  """How one process sees the space.

  Attributes:
    groups: The groups of features that it sees.
    length_scale: The distance over which rewards are alike.
    noise: Variance of the noise, in units of that of the process.
  """

  groups: tuple[str, ...]
  length_scale: float
  noise: float

  def covariances(self, distances: Distances) -> np.ndarray:
    """Returns covariances in units of the variance; squared exponential."""
    return _covariances(_joined(distances, self.groups), self.length_scale)


def fit_processes(
  distances: Distances, rewards: Sequence[float]
) -> tuple[Process, ...]:
  """Returns processes with the most likely length scales and noises.

  Args:
    distances: Between the architectures whose rewards are known.
    rewards: Their rewards.
  """
  scores = normal_scores(rewards)
  seen = dict.fromkeys(
    tuple(group for group in groups if group in distances)
    for groups in COMBINATIONS
  )
  return tuple(_fit(distances, groups, scores) for groups in seen if groups)


def left_out(
  processes: Sequence[Process], known: Distances, rewards: Sequence[float]
) -> np.ndarray:
  """Returns what each reward's score is predicted from all others alone.

  Args:
    processes: The processes.
    known: Distances between architectures whose rewards are known.
    rewards: Their rewards.

  Returns:
    Predicted normal scores, `[rewards]`.
  """
  scores = normal_scores(rewards)
  predicted = []
  for process in processes:
    lower = cholesky(process.covariances(known), process.noise)
    inverse = linalg.cho_solve((lower, True), np.eye(len(scores)))
    # Rasmussen and Williams 2006, equation 5.12.
    predicted.append(scores - inverse @ scores / np.diag(inverse))
  result: np.ndarray = np.mean(predicted, axis=0)
  return result


def cholesky(covariances: np.ndarray, noise: float) -> np.ndarray:
  """Returns the lower Cholesky factor of covariances with noise added."""
  noisy = covariances.copy()
  noisy[np.diag_indices_from(noisy)] += noise
  lower: np.ndarray = linalg.cholesky(
    noisy, lower=True, overwrite_a=True, check_finite=False
  )
  return lower


def whiten(lower: np.ndarray, right: np.ndarray) -> np.ndarray:
  """Returns the inverse of a Cholesky factor times something."""
  whitened: np.ndarray = linalg.solve_triangular(
    lower, right, lower=True, check_finite=False
  )
  return whitened


def _joined(distances: Distances, groups: Sequence[str]) -> np.ndarray:
  joined: np.ndarray = np.mean([distances[group] for group in groups], axis=0)
  return joined


def _covariances(distances: np.ndarray, length_scale: float) -> np.ndarray:
  covariances: np.ndarray = np.exp(distances / (-2 * length_scale**2))
  return covariances


def _fit(
  distances: Distances, groups: tuple[str, ...], scores: np.ndarray
) -> Process:
  joined, best = _joined(distances, groups), (-np.inf, 1.0, NOISES[-1])
  for length_scale in LENGTH_SCALES:
    covariances = _covariances(joined, length_scale)
    for noise in NOISES:
      lower = cholesky(covariances, noise)
      likelihood = _log_likelihood(lower, whiten(lower, scores))
      best = max(best, (likelihood, length_scale, noise))
  return Process(groups, *best[1:])


def _log_likelihood(lower: np.ndarray, whitened: np.ndarray) -> float:
  """Returns the log-likelihood of scores, but for a constant.

  The variance of the process is the most likely one.

  Args:
    lower: Cholesky factor of the covariances, noise included.
    whitened: Its inverse times the scores.
  """
  log_variance = np.log(np.mean(whitened**2) + LEAST_VARIANCE)
  return float(-0.5 * len(lower) * log_variance - np.log(np.diag(lower)).sum())
