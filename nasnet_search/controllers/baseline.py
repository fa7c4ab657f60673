"""From rewards to advantages: a moving average of rewards as the baseline.

Pure functions of plain numbers; must not import TensorFlow.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

MAX_DEVIATIONS = 3.0


@dataclasses.dataclass(frozen=True)
class RewardAverage:
  """Exponential moving average and variance of the rewards so far.

  Reward i of n has the weight `decay ** (n - i)`, and both moments are
  divided by the sum of the weights. So the average starts at the first
  reward instead of at 0 and is not pulled to 0 by it (the bias correction of
  Adam); the papers do not say how theirs starts.

  Attributes:
    weight: Sum of the weights; 0 before the first reward.
    mean: Weighted mean of the rewards.
    scatter: Weighted sum of squared distances from the mean.
  """

  weight: float = 0.0
  mean: float = 0.0
  scatter: float = 0.0

  def updated(self, rewards: Sequence[float], decay: float) -> 'RewardAverage':
    """Returns the average after more rewards, the newest last."""
    weight, mean, scatter = self.weight, self.mean, self.scatter
    for reward in rewards:
      weight = decay * weight + 1
      distance = reward - mean
      mean += distance / weight
      # West 1979: no difference of large numbers, as E[r^2] - E[r]^2 is.
      scatter = decay * scatter + distance * (reward - mean)
    return RewardAverage(weight, mean, scatter)

  @property
  def deviation(self) -> float:
    """The weighted standard deviation; 0 before the first reward."""
    return (self.scatter / self.weight) ** 0.5 if self.weight else 0.0


def advantages(
  rewards: Sequence[float], before: RewardAverage, decay: float, kind: str
) -> tuple[np.ndarray, RewardAverage]:
  """Returns how much better than expected each lesson of a batch was.

  The baseline is the average *after* the batch (as in NATS-Bench; the NASNet
  paper's "of previous rewards" can be read either way). So it does not lag
  behind a policy that improves, and a first batch needs no rule of its own.
  A lesson's own reward in the baseline scales its advantage by less than
  one and leaves the direction of the expected gradient as it is.

  Args:
    rewards: The rewards of a batch, in the order in which they settled.
    before: The average of the rewards before the batch.
    decay: Decay of the average per reward.
    kind: `baseline`: reward less baseline. `normalized`: that, divided by
      the moving standard deviation, outliers limited first (`limited`).

  Returns:
    Advantages of shape `[batch]`, and the average after the batch.
  """
  values = np.asarray(rewards, np.float64)
  if kind == 'normalized':
    values = limited(values)
  after = before.updated(values.tolist(), decay)
  result = values - after.mean
  if kind == 'normalized' and after.deviation > 0:
    result /= after.deviation
  return result, after


def rank_advantages(
  rewards: Sequence[float], before: Sequence[float]
) -> np.ndarray:
  """Returns the ranks of rewards among themselves and those before, scaled.

  Whatever the unit of the rewards, and however far failures lie below.

  Args:
    rewards: The rewards of a batch.
    before: Rewards learned before.

  Returns:
    From -1, worse than all others, to 1, better than all; `[batch]`.
  """
  values = np.asarray(rewards, np.float64)
  known = np.concatenate([np.asarray(before, np.float64), values])
  below = (known[None] < values[:, None]).sum(1)
  above = (known[None] > values[:, None]).sum(1)
  result: np.ndarray = (below - above) / max(1, len(known) - 1)
  return result


def present_advantages(
  rewards: Sequence[float], average: RewardAverage, kind: str
) -> np.ndarray:
  """Returns how much better than expected now earlier rewards were.

  Args:
    rewards: Rewards that the average has seen before.
    average: The average of the rewards, which stays as it is.
    kind: As for `advantages`.

  Returns:
    `[rewards]`.
  """
  result = np.asarray(rewards, np.float64) - average.mean
  if kind == 'normalized' and average.deviation > 0:
    # What was limited when it was new is limited again, in the same units.
    result = np.clip(
      result / average.deviation, -MAX_DEVIATIONS, MAX_DEVIATIONS
    )
  return result


def limited(rewards: np.ndarray) -> np.ndarray:
  """Returns rewards with outliers moved to `MAX_DEVIATIONS` from the median.

  A child that fails is learned at chance level, many deviations below what
  others reach; one such reward would make the differences between all others
  look like nothing for as long as the average remembers it.

  Args:
    rewards: The rewards of a batch, `[batch]`. They are left as they are if
      half of them are equal: then there is no scale to judge outliers by.
  """
  median = np.median(rewards)
  # Scaled to estimate the standard deviation of a normal distribution.
  deviation = 1.4826 * np.median(np.abs(rewards - median))
  if deviation == 0:
    return rewards
  limit = MAX_DEVIATIONS * deviation
  return np.clip(rewards, median - limit, median + limit)
