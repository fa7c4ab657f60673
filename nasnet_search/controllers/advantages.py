"""How much better than expected trials were, with what that depends on.

Must not import TensorFlow.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from nasnet_search.controllers.baseline import (
  RewardAverage,
  advantages,
  present_advantages,
  rank_advantages,
)
from nasnet_search.controllers.config import ControllerConfig

RECENT = 100
"""Newest rewards that the ranks of advantages are among."""


class Advantages:
  """Turns rewards into advantages, and remembers what it needs for the next.

  Args:
    config: Which kind of advantages.

  Attributes:
    average: The moving average of the rewards.
  """

  def __init__(self, config: ControllerConfig) -> None:
    self._config = config
    self._ranked = config.advantage == 'rank'
    self._kind = (
      config.advantage if config.advantage == 'baseline' else 'normalized'
    )
    self.average = RewardAverage()
    self._recent: tuple[float, ...] = ()

  def take(
    self,
    rewards: Sequence[float],
    known: Sequence[float],
    again: Sequence[int],
  ) -> np.ndarray:
    """Returns the advantages of a batch, and moves the averages on.

    Args:
      rewards: The rewards of the new lessons.
      known: The rewards in memory.
      again: Where in memory the trials are that are learned again.

    Returns:
      Those of the new lessons, then of those learned again.
    """
    gains, self.average = advantages(
      rewards, self.average, self._config.baseline_decay, self._kind
    )
    repeated = [known[place] for place in again]
    if not self._ranked:
      present = present_advantages(repeated, self.average, self._kind)
      return np.concatenate([gains, present])
    before = self._recent
    if self._config.replay_size:  # All are kept anyway.
      before = tuple(np.delete(known, again).tolist())
    self._recent = (*self._recent, *rewards)[-RECENT:]
    return rank_advantages([*rewards, *repeated], before)

  def arrays(self) -> dict[str, np.ndarray]:
    """Returns what the next ones depend on, by name."""
    found = {'reward_average': np.array(dataclasses.astuple(self.average))}
    if self._ranked:
      count = len(self._recent)
      found['recent'] = np.pad(self._recent, (0, RECENT - count))
      found['recent_count'] = np.array(count, np.int64)
    return found

  def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
    """Takes over what `arrays` returned."""
    count = int(arrays.get('recent_count', 0))
    self._recent = tuple(arrays.get('recent', np.zeros(0))[:count].tolist())
    self.average = RewardAverage(*arrays['reward_average'].tolist())
