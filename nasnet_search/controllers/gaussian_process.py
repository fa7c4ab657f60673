"""Predicts rewards by Gaussian processes over groups of features.

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
_VARIANCES = (0.3, 10.0)
"""Limits of a process's variance, for few or for equal rewards."""
_LEAST_VARIANCE = 1e-9

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
    lower = _cholesky(process.covariances(known), process.noise)
    inverse = linalg.cho_solve((lower, True), np.eye(len(scores)))
    # Rasmussen and Williams 2006, equation 5.12.
    predicted.append(scores - inverse @ scores / np.diag(inverse))
  result: np.ndarray = np.mean(predicted, axis=0)
  return result


class Prediction:
  """What the processes make of some candidates.

  Candidates that were chosen, or run already, become *pending*: as if each
  had turned out as predicted, they take away uncertainty around them and
  change nothing else. So a batch of candidates spreads out.

  Args:
    processes: The processes.
    known: Distances between architectures whose rewards are known.
    rewards: Their rewards.
    across: Distances from those to the candidates.

  Attributes:
    mean: Predicted normal scores, `[candidates]`.
  """

  def __init__(
    self,
    processes: Sequence[Process],
    known: Distances,
    rewards: Sequence[float],
    across: Distances,
  ) -> None:
    scores = normal_scores(rewards)
    self._solved = [_Solved(p, known, scores, across) for p in processes]
    self._means = np.array([each.mean for each in self._solved])
    self.mean: np.ndarray = self._means.mean(axis=0)

  def deviation(self) -> np.ndarray:
    """Returns the standard deviations of the predictions, `[candidates]`."""
    own = np.array([each.variances() for each in self._solved])
    apart = (self._means - self.mean) ** 2
    result: np.ndarray = np.sqrt((own + apart).mean(axis=0))
    return result

  def add_pending(
    self,
    from_known: Distances,
    from_pending: Distances,
    among: Distances,
    across: Distances,
  ) -> None:
    """Takes architectures for ones whose rewards are about to be known.

    Args:
      from_known: Distances to them from those known, each `[known, added]`.
      from_pending: From those added before, in order, each
        `[pending, added]`.
      among: Among themselves, each `[added, added]`.
      across: From them to the candidates, each `[added, candidates]`.
    """
    for each in self._solved:
      each.add_pending(from_known, from_pending, among, across)


class _Solved:
  """One process, conditioned on what is known.

  Attributes:
    mean: Predicted normal scores, `[candidates]`.
  """

  def __init__(
    self,
    process: Process,
    known: Distances,
    scores: np.ndarray,
    across: Distances,
  ) -> None:
    self._process = process
    self._lower = _cholesky(process.covariances(known), process.noise)
    whitened = _whitened(self._lower, scores)
    self._variance = float(np.clip(np.mean(whitened**2), *_VARIANCES))
    self._rows = _whitened(self._lower, process.covariances(across))
    # In units of the variance, what is left of that of each candidate.
    self._left = 1 - (self._rows * self._rows).sum(0)
    # The Cholesky factor goes on for pending ones: their rows of it, in its
    # columns of those known and in its columns of those pending; and what it
    # makes of the candidates.
    self._from_known = _Grown(len(scores))
    self._among = _Grown(0)
    self._pending_rows = _Grown(self._rows.shape[1])
    self.mean: np.ndarray = self._rows.T @ whitened

  def variances(self) -> np.ndarray:
    """Returns the variances of the predictions, `[candidates]`."""
    return self._variance * np.maximum(self._left, _LEAST_VARIANCE)

  def add_pending(
    self,
    from_known: Distances,
    from_pending: Distances,
    among: Distances,
    across: Distances,
  ) -> None:
    """More rows of the Cholesky factor; see `Prediction.add_pending`."""
    process = self._process
    known = _whitened(self._lower, process.covariances(from_known))
    before = self._from_known.array
    pending = process.covariances(from_pending) - before @ known
    if len(before):
      pending = _whitened(self._among.array, pending)
    own = process.covariances(among) - known.T @ known - pending.T @ pending
    lower = _cholesky(own, process.noise)
    rows = process.covariances(across) - known.T @ self._rows
    rows -= pending.T @ self._pending_rows.array
    rows = _whitened(lower, rows)
    self._from_known.append(known.T)
    self._among.append(np.hstack([pending.T, lower]))
    self._pending_rows.append(rows)
    self._left = self._left - (rows * rows).sum(0)


class _Grown:
  """A matrix that rows are appended to, without a copy each time.

  Args:
    width: Columns of it. Rows that are wider make it wider, with zeros where
      there was nothing: a lower triangle grows to both sides.
  """

  def __init__(self, width: int) -> None:
    self._buffer = np.zeros((32, max(width, 32)))
    self._shape = (0, width)

  @property
  def array(self) -> np.ndarray:
    """The matrix."""
    height, width = self._shape
    return self._buffer[:height, :width]

  def append(self, rows: np.ndarray) -> None:
    """Adds rows below."""
    height, (added, width) = self._shape[0], rows.shape
    space = self._buffer.shape
    if height + added > space[0] or width > space[1]:
      wider = space[1] if width <= space[1] else 2 * width
      grown = np.zeros((2 * (height + added), wider))
      grown[:height, : self._shape[1]] = self.array
      self._buffer = grown
    self._buffer[height : height + added, :width] = rows
    self._shape = (height + added, width)


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
      lower = _cholesky(covariances, noise)
      likelihood = _log_likelihood(lower, _whitened(lower, scores))
      best = max(best, (likelihood, length_scale, noise))
  return Process(groups, *best[1:])


def _log_likelihood(lower: np.ndarray, whitened: np.ndarray) -> float:
  """Returns the log-likelihood of scores, but for a constant.

  The variance of the process is the most likely one.

  Args:
    lower: Cholesky factor of the covariances, noise included.
    whitened: Its inverse times the scores.
  """
  log_variance = np.log(np.mean(whitened**2) + _LEAST_VARIANCE)
  return float(-0.5 * len(lower) * log_variance - np.log(np.diag(lower)).sum())


def _cholesky(covariances: np.ndarray, noise: float) -> np.ndarray:
  noisy = covariances.copy()
  noisy[np.diag_indices_from(noisy)] += noise
  lower: np.ndarray = linalg.cholesky(
    noisy, lower=True, overwrite_a=True, check_finite=False
  )
  return lower


def _whitened(lower: np.ndarray, right: np.ndarray) -> np.ndarray:
  whitened: np.ndarray = linalg.solve_triangular(
    lower, right, lower=True, check_finite=False
  )
  return whitened
