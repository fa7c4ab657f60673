"""What a proxy is worth: its cost, its noise, and how right its ranking is."""

import dataclasses
import itertools

import numpy as np

from nasnet_search.randomness import generator

_RESAMPLES = 1000
_LEAST_ARCHITECTURES = 3


@dataclasses.dataclass(frozen=True)
class Agreement:
  """How alike two rankings are: Kendall's tau-b.

  Attributes:
    tau: From -1, reversed, to 1, the same; NaN if too few are ranked.
    lower: Where its 95 % interval over architectures begins.
    upper: Where it ends.
  """

  tau: float
  lower: float
  upper: float


@dataclasses.dataclass(frozen=True)
class ProxyQuality:
  """What a proxy is worth.

  Attributes:
    seconds: Median time of a child.
    mean: Mean reward.
    noise: Standard deviation of the reward between seeds of an architecture;
      NaN with one seed.
    spread: Standard deviation of the architectures' own rewards, the noise of
      their means taken off.
    between_seeds: Mean tau of the rankings by single seeds; NaN with one.
    with_fullest: Tau of the ranking by mean reward with that of the fullest
      proxy.
  """

  seconds: float
  mean: float
  noise: float
  spread: float
  between_seeds: float
  with_fullest: Agreement


def quality(
  seconds: np.ndarray, rewards: np.ndarray, fullest: np.ndarray
) -> ProxyQuality:
  """Returns what a proxy is worth.

  Architectures that crashed in either proxy are left out.

  Args:
    seconds: Times of its children, `[children]`.
    rewards: Rewards in it, `[architectures, seeds]`, NaN where there is none.
    fullest: Rewards in the fullest proxy, likewise.
  """
  whole = ~np.isnan(rewards).any(axis=1) & ~np.isnan(fullest).any(axis=1)
  rewards, fullest = rewards[whole], fullest[whole]
  count, seeds = rewards.shape
  noise = (
    float(np.sqrt(rewards.var(axis=1, ddof=1).mean()))
    if seeds > 1 and count
    else float('nan')
  )
  means = rewards.mean(axis=1)
  spread = float('nan')
  if count > 1:
    own = means.var(ddof=1) - (noise**2 / seeds if seeds > 1 else 0.0)
    spread = float(np.sqrt(max(own, 0.0)))
  pairs = itertools.combinations(range(seeds), 2)
  taus = [_tau(rewards[:, one], rewards[:, other]) for one, other in pairs]
  return ProxyQuality(
    seconds=float(np.median(seconds)) if len(seconds) else float('nan'),
    mean=float(means.mean()) if count else float('nan'),
    noise=noise,
    spread=spread,
    between_seeds=float(np.mean(taus)) if taus else float('nan'),
    with_fullest=agreement(means, fullest.mean(axis=1)),
  )


def agreement(first: np.ndarray, second: np.ndarray) -> Agreement:
  """Returns how alike two rankings of the same architectures are.

  The interval is a percentile bootstrap over architectures, with fixed draws.

  Args:
    first: What the one ranks by, `[architectures]`.
    second: What the other ranks by, likewise.
  """
  count = len(first)
  if count < _LEAST_ARCHITECTURES:
    return Agreement(*[float('nan')] * 3)
  draws = generator(0, 'proxy agreement')
  found = []
  for _ in range(_RESAMPLES):
    chosen = draws.integers(count, size=count)
    found.append(_tau(first[chosen], second[chosen]))
  lower, upper = np.nanpercentile(found, [2.5, 97.5])
  return Agreement(_tau(first, second), float(lower), float(upper))


def _tau(first: np.ndarray, second: np.ndarray) -> float:
  # Imported late: it takes a while, and most studies search.
  from scipy import stats

  return float(stats.kendalltau(first, second).statistic)
