"""What Gaussian processes predict of candidates, given what is known.

Each process is conditioned on the rewards known, and, a few at a time, on
architectures whose rewards are about to be known: its Cholesky factor grows by
their rows, so that nothing is solved anew.
"""

from collections.abc import Sequence

import numpy as np

from nasnet_search.controllers.gaussian_process import (
  LEAST_VARIANCE,
  Distances,
  Process,
  cholesky,
  normal_scores,
  whiten,
)
from nasnet_search.controllers.growing_matrix import GrowingMatrix

_VARIANCES = (0.3, 10.0)
"""Limits of a process's variance, for few or for equal rewards."""


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
    self._posteriors = [_Posterior(p, known, scores, across) for p in processes]
    self._means = np.array([each.mean for each in self._posteriors])
    self.mean: np.ndarray = self._means.mean(axis=0)

  def deviation(self) -> np.ndarray:
    """Returns the standard deviations of the predictions, `[candidates]`."""
    own = np.array([each.variances() for each in self._posteriors])
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
    for each in self._posteriors:
      each.add_pending(from_known, from_pending, among, across)


class _Posterior:
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
    self._lower = cholesky(process.covariances(known), process.noise)
    whitened = whiten(self._lower, scores)
    self._variance = float(np.clip(np.mean(whitened**2), *_VARIANCES))
    self._rows = whiten(self._lower, process.covariances(across))
    # In units of the variance, what is left of that of each candidate.
    self._left = 1 - (self._rows * self._rows).sum(0)
    # The Cholesky factor goes on for pending ones: their rows of it, in its
    # columns of those known and in its columns of those pending; and what it
    # makes of the candidates.
    self._from_known = GrowingMatrix(len(scores))
    self._among = GrowingMatrix(0)
    self._pending_rows = GrowingMatrix(self._rows.shape[1])
    self.mean: np.ndarray = self._rows.T @ whitened

  def variances(self) -> np.ndarray:
    """Returns the variances of the predictions, `[candidates]`."""
    return self._variance * np.maximum(self._left, LEAST_VARIANCE)

  def add_pending(
    self,
    from_known: Distances,
    from_pending: Distances,
    among: Distances,
    across: Distances,
  ) -> None:
    """More rows of the Cholesky factor; see `Prediction.add_pending`."""
    process = self._process
    known = whiten(self._lower, process.covariances(from_known))
    before = self._from_known.array
    pending = process.covariances(from_pending) - before @ known
    if len(before):
      pending = whiten(self._among.array, pending)
    own = process.covariances(among) - known.T @ known - pending.T @ pending
    lower = cholesky(own, process.noise)
    rows = process.covariances(across) - known.T @ self._rows
    rows -= pending.T @ self._pending_rows.array
    rows = whiten(lower, rows)
    self._from_known.append(known.T)
    self._among.append(np.hstack([pending.T, lower]))
    self._pending_rows.append(rows)
    self._left = self._left - (rows * rows).sum(0)
