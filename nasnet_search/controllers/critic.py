"""A linear critic: what each outcome of each decision is worth.

A policy gradient gives every decision of an architecture the credit of the
whole: after some hundred trials that is mostly noise. The critic divides it
up. It is a ridge regression of the rewards' normal scores on what was chosen,
so that of one outcome it says by how many standard errors architectures with
it are better, all else being equal. An advantage in these units is small where
little was seen or where little can be told from the sum of the parts, and so
the policy stays open there and commits itself elsewhere.

Comparing one action with the others of the same agent, as a critic sees them,
is the counterfactual baseline of Foerster et al. 2018 (arXiv 1705.08926);
expecting over all of them, and not only those that were sampled, is the
expected policy gradient of Ciosek and Whiteson 2018 (arXiv 1706.05374). Must
not import TensorFlow.
"""

from collections.abc import Sequence

import numpy as np

from nasnet_search.controllers.batches import Batch
from nasnet_search.controllers.gaussian_process import normal_scores

TRIALS = 1000
"""Newest trials that the critic is fitted to, so that one fit takes no longer
in a long search."""
FEWEST = 5
"""Trials before it says anything."""
PENALTIES = (1.0, 3.0, 10.0, 30.0)
"""Penalties of the regression, in trials: an outcome's worth is shrunk as if so
many trials had shown it to be worth nothing. The best on trials left out is
taken."""


def counted(row: Batch) -> np.ndarray:
  """Returns how often a trial chose each outcome, `[steps, outcomes]`.

  Args:
    row: The trial, as `make_batch` makes one of it.
  """
  counts: np.ndarray = np.einsum('isjo,isj->so', row.chosen, row.present)
  return counts


def outcome_advantages(
  counts: Sequence[np.ndarray], rewards: Sequence[float]
) -> np.ndarray:
  """Returns how much better than others each outcome is, in standard errors.

  An outcome's worth is the sum of one for its place and one for its kind
  wherever it is chosen. Its standard error is that of the posterior, with the
  mean squared error of trials left out as the noise.

  Args:
    counts: What `counted` returned of each trial.
    rewards: The rewards of the trials.

  Returns:
    `[steps, outcomes]`, 0 for outcomes that nothing is known of, and for all
    of them before there are `FEWEST` trials of different rewards.
  """
  table = _table(counts)
  trials, steps, outcomes = table.shape
  scores = normal_scores(rewards)
  if trials < FEWEST or np.ptp(scores) == 0:
    return np.zeros((steps, outcomes))

  flat = table.reshape(trials, -1)
  features = np.concatenate([flat, table.sum(1)], 1)
  varied = np.ptp(features, axis=0) > 0
  worths, roots = _fitted(features[:, varied], scores - scores.mean())
  # Each outcome of each step: its place's feature and its kind's.
  kinds = np.tile(np.eye(outcomes), (steps, 1))
  asked = np.concatenate([np.eye(len(kinds)), kinds], 1)[:, varied]
  errors = np.sqrt(((asked @ roots) ** 2).sum(1))
  result: np.ndarray = np.divide(
    asked @ worths, errors, out=np.zeros(len(asked)), where=errors > 0
  )
  return result.reshape(steps, outcomes)


def _fitted(
  features: np.ndarray, scores: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
  """Returns weights of features, and a root of their covariance.

  scikit-learn's ridge regressions know no standard errors, and the SVD of its
  Bayesian one does not always converge on features that depend on each other.

  Args:
    features: `[trials, features]`.
    scores: Of mean 0, `[trials]`.

  Returns:
    `[features]` and R of shape `[features, features]`, R R^T the covariance.
  """
  centred = features - features.mean(0)
  values, vectors = np.linalg.eigh(centred.T @ centred)
  values = np.maximum(values, 0)
  rotated = centred @ vectors
  projected = rotated.T @ scores
  errors = {}
  for penalty in PENALTIES:
    # Of each trial, by the regression without it, which need not be made.
    leverages = (rotated**2 / (values + penalty)).sum(1) + 1 / len(scores)
    misses = scores - rotated @ (projected / (values + penalty))
    errors[penalty] = float(np.mean((misses / (1 - leverages)) ** 2))
  best = min(errors, key=errors.__getitem__)
  roots = vectors * np.sqrt(errors[best] / (values + best))
  return vectors @ (projected / (values + best)), roots


def _table(counts: Sequence[np.ndarray]) -> np.ndarray:
  """Returns counts as one array `[trials, steps, outcomes]`."""
  steps = max(len(each) for each in counts)
  table = np.zeros((len(counts), steps, counts[0].shape[1]))
  for row, each in zip(table, counts, strict=True):
    row[: len(each)] = each
  return table
