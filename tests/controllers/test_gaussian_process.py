"""Gaussian processes, against scikit-learn's regressor."""

import numpy as np
import pytest
from scipy import spatial, stats
from sklearn.gaussian_process import GaussianProcessRegressor, kernels

from nasnet_search.controllers import gaussian_process as gp
from nasnet_search.controllers.posterior import Prediction

RNG = np.random.default_rng(0)
KNOWN, OTHERS = RNG.normal(size=(20, 3)), RNG.normal(size=(7, 3))
REWARDS = np.sin(KNOWN.sum(1)) + 0.1 * RNG.normal(size=20)
PROCESS = gp.Process(('counts',), 1.4, 0.1)


def distances(one, other):
  squared = spatial.distance.cdist(one, other, 'sqeuclidean')
  return {'counts': squared}


def prediction_of(processes=(PROCESS,), known=KNOWN, rewards=REWARDS):
  return Prediction(
    processes, distances(known, known), rewards, distances(known, OTHERS)
  )


def reference(known=KNOWN, scores=None):
  kernel = kernels.RBF(PROCESS.length_scale)
  regressor = GaussianProcessRegressor(
    kernel, alpha=PROCESS.noise, optimizer=None
  )
  return regressor.fit(
    known, gp.normal_scores(REWARDS) if scores is None else scores
  )


def test_normal_scores_are_quantiles_of_ranks():
  expected = stats.norm.ppf([2.5 / 3, 0.5 / 3, 1.5 / 3])
  np.testing.assert_allclose(gp.normal_scores([9.0, -1e9, 2.0]), expected)
  equal = gp.normal_scores([1.0, 5.0, 5.0])
  assert equal[1] == equal[2]


def test_predictions_are_those_of_the_regressor():
  mean, deviation = reference().predict(OTHERS, return_std=True)
  found = prediction_of()
  np.testing.assert_allclose(found.mean, mean, atol=1e-8)
  scores = gp.normal_scores(REWARDS)
  covariances = reference().kernel_(KNOWN) + PROCESS.noise * np.eye(20)
  variance = scores @ np.linalg.solve(covariances, scores) / 20
  np.testing.assert_allclose(
    found.deviation(), deviation * variance**0.5, atol=1e-8
  )


@pytest.mark.parametrize('parts', [([2], [5]), ([2, 5],), ([2], [5, 2])])
def test_what_is_pending_takes_away_uncertainty_only(parts):
  """As if it had turned out as predicted, one by one or together."""
  found = prediction_of()
  before, mean = found.deviation(), found.mean.copy()
  pending = OTHERS[[]]
  for places in parts:
    added = OTHERS[places]
    found.add_pending(
      distances(KNOWN, added),
      distances(pending, added),
      distances(added, added),
      distances(added, OTHERS),
    )
    pending = np.vstack([pending, added])
  np.testing.assert_array_equal(found.mean, mean)
  regressor = reference(
    np.vstack([KNOWN, pending]),
    np.r_[gp.normal_scores(REWARDS), np.zeros(len(pending))],
  )
  _, after = regressor.predict(OTHERS, return_std=True)
  _, alone = reference().predict(OTHERS, return_std=True)
  np.testing.assert_allclose(
    found.deviation() / before, after / alone, atol=1e-6
  )


def test_the_most_likely_length_scale_and_noise_are_found():
  scores = gp.normal_scores(REWARDS)
  squared = distances(KNOWN, KNOWN)
  (found,) = gp.fit_processes(squared, REWARDS)

  def likelihood(length_scale, noise):
    covariances = np.exp(squared['counts'] / (-2 * length_scale**2))
    covariances += noise * np.eye(20)
    variance = scores @ np.linalg.solve(covariances, scores) / 20
    return stats.multivariate_normal.logpdf(scores, cov=variance * covariances)

  best = max(
    (likelihood(length_scale, noise), length_scale, noise)
    for length_scale in gp.LENGTH_SCALES
    for noise in gp.NOISES
  )
  assert (found.length_scale, found.noise) == best[1:]


def test_each_is_predicted_from_the_others_alone():
  found = gp.left_out((PROCESS,), distances(KNOWN, KNOWN), REWARDS)
  scores = gp.normal_scores(REWARDS)
  for place in (0, 7, 19):
    others = np.arange(20) != place
    regressor = reference(KNOWN[others], scores[others])
    expected = regressor.predict(KNOWN[[place]])[0]
    assert found[place] == pytest.approx(expected)


def test_processes_that_disagree_are_uncertain():
  other = gp.Process(('counts',), 0.3, 0.01)
  both = prediction_of((PROCESS, other))
  means = [prediction_of((p,)).mean for p in (PROCESS, other)]
  variances = [prediction_of((p,)).deviation() ** 2 for p in (PROCESS, other)]
  np.testing.assert_allclose(both.mean, np.mean(means, axis=0))
  expected = np.mean(variances, axis=0) + np.var(means, axis=0)
  np.testing.assert_allclose(both.deviation() ** 2, expected)


def test_equal_rewards_do_not_break_it():
  (found,) = gp.fit_processes(distances(KNOWN, KNOWN), [1.0] * 20)
  predicted = prediction_of((found,), rewards=[1.0] * 20)
  assert np.all(np.isfinite(predicted.deviation()))
  np.testing.assert_allclose(predicted.mean, 0, atol=1e-9)


def test_many_pending_are_as_good_as_one_by_one():
  """More than any buffer holds at first."""
  rng = np.random.default_rng(3)
  many = rng.integers(0, 4, (150, OTHERS.shape[1])).astype(float)
  together, apart = prediction_of(), prediction_of()

  def add(prediction, pending, added):
    prediction.add_pending(
      distances(KNOWN, added),
      distances(pending, added),
      distances(added, added),
      distances(added, OTHERS),
    )

  add(together, many[:0], many)
  for place in range(150):
    add(apart, many[:place], many[[place]])
  np.testing.assert_allclose(together.deviation(), apart.deviation(), rtol=1e-9)
