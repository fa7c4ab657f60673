"""Moving averages and advantages, against sums written out."""

import math

import numpy as np
import pytest

from nasnet_search.controllers.baseline import (
  RewardAverage,
  advantages,
  limited,
  present_advantages,
)


def test_average_weighs_by_age():
  average = RewardAverage().updated([1.0, 2.0, 4.0], 0.5)
  # Weights 1/4, 1/2 and 1.
  mean = (0.25 + 1 + 4) / 1.75
  variance = (
    0.25 * (1 - mean) ** 2 + 0.5 * (2 - mean) ** 2 + (4 - mean) ** 2
  ) / 1.75
  assert average.weight == pytest.approx(1.75)
  assert average.mean == pytest.approx(mean)
  assert average.deviation == pytest.approx(math.sqrt(variance))


def test_average_starts_at_the_first_reward():
  average = RewardAverage().updated([0.7], 0.95)
  assert (average.mean, average.deviation) == (0.7, 0.0)
  assert RewardAverage().deviation == 0


@pytest.mark.parametrize(('decay', 'mean'), [(0.0, 5.0), (1.0, 3.0)])
def test_extreme_decays(decay, mean):
  assert RewardAverage().updated([1, 3, 5], decay).mean == pytest.approx(mean)


def test_average_in_parts_is_the_average_at_once():
  rewards = [0.3, 0.9, 0.2, 0.6]
  parts = RewardAverage().updated(rewards[:1], 0.9).updated(rewards[1:], 0.9)
  assert parts == RewardAverage().updated(rewards, 0.9)


def test_deviation_of_close_rewards_is_exact():
  rewards = [1e6 + d for d in (0.0, 1e-3, 2e-3)]
  deviation = RewardAverage().updated(rewards, 1.0).deviation
  assert deviation == pytest.approx(1e-3 * math.sqrt(2 / 3), rel=1e-5)


def test_baseline_is_the_average_after_the_batch():
  before = RewardAverage(weight=1.0, mean=0.5)
  gains, after = advantages([0.9, 0.7], before, 0.5, 'baseline')
  mean = (0.25 * 0.5 + 0.5 * 0.9 + 0.7) / 1.75
  assert after.mean == pytest.approx(mean)
  np.testing.assert_allclose(gains, [0.9 - mean, 0.7 - mean])


def test_first_lesson_says_nothing():
  gains, _ = advantages([0.9], RewardAverage(), 0.9, 'normalized')
  np.testing.assert_array_equal(gains, [0])


def test_normalized_divides_by_the_deviation():
  gains, _ = advantages([1.0, 3.0, 5.0], RewardAverage(), 1.0, 'normalized')
  np.testing.assert_allclose(gains, np.array([-2, 0, 2]) / math.sqrt(8 / 3))


def test_outliers_are_moved_to_three_deviations():
  # Median 4; the distances from it are 3, 1, 0, 1 and 96: median 1.
  rewards = limited(np.array([1.0, 3.0, 4.0, 5.0, 100.0]))
  np.testing.assert_allclose(rewards, [1, 3, 4, 5, 4 + 3 * 1.4826])


@pytest.mark.parametrize(
  'rewards', [[0.1], [0.1, 0.9], [0.5, 0.5, 0.5, 0.1], [0.1, 0.2, 0.8, 0.9]]
)
def test_rewards_without_outliers_are_not_limited(rewards):
  np.testing.assert_array_equal(limited(np.array(rewards)), rewards)


def test_one_failure_does_not_drown_the_others():
  rewards = [0.80, 0.82, 0.10, 0.81, 0.83]
  limited_, _ = advantages(rewards, RewardAverage(), 1.0, 'normalized')
  plain, _ = advantages(rewards, RewardAverage(), 1.0, 'baseline')
  assert limited_[4] - limited_[0] > 1
  assert (plain[4] - plain[0]) / np.std(rewards) < 0.2


@pytest.mark.parametrize('kind', ['baseline', 'normalized'])
def test_even_rewards_say_nothing(kind):
  gains, _ = advantages([0.5, 0.5], RewardAverage(), 0.9, kind)
  np.testing.assert_array_equal(gains, [0, 0])


def test_earlier_rewards_are_judged_by_the_present_average():
  average = RewardAverage(weight=4.0, mean=0.5, scatter=0.04)  # Deviation .1.
  rewards = [0.6, 0.5, -9.0]
  np.testing.assert_allclose(
    present_advantages(rewards, average, 'baseline'), [0.1, 0, -9.5]
  )
  np.testing.assert_allclose(
    present_advantages(rewards, average, 'normalized'), [1, 0, -3]
  )
  assert present_advantages([], average, 'normalized').shape == (0,)
