"""PPO and REINFORCE: controllers that follow the gradient of the reward.

Both sample from the same LSTM policy, turn rewards into advantages by the
same moving average and use Adam; they differ in the loss and in how often
they step along it. The state is the policy's weights, Adam's moments, the
average of the rewards and the number of updates.

What is learned from need not have been proposed here. Where a proposal has
no numbers (a cell of the zoo, a trial of an earlier run), the policy's
log-probability at the time of learning stands in for the one at the time of
proposing, as if the policy had just proposed it. That is not the true
distribution the choices came from: what was good becomes likelier and what
was bad less likely, but the gradient is not that of the expected reward.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np

from nasnet_search.cells.errors import UserError
from nasnet_search.cells.search_space import SearchSpace
from nasnet_search.controllers import state
from nasnet_search.controllers.baseline import RewardAverage, advantages
from nasnet_search.controllers.batches import (
  Batch,
  Place,
  make_batch,
  places,
  spread,
)
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.learner import Learner
from nasnet_search.controllers.policy import Policy
from nasnet_search.controllers.sampling import Sampler
from nasnet_search.controllers.vocabulary import Vocabulary
from nasnet_search.randomness import generator
from nasnet_search.trials import Lesson, Proposal

LOG_PROBS = 'log_probs'
VERSION = 'policy_version'
"""The numbers of a proposal: the log-probability of every decision, and how
many updates the policy that proposed it had seen."""


def ppo(
  space: SearchSpace, config: ControllerConfig, seed: int
) -> 'PolicyGradient':
  """Returns a PPO controller (NASNet paper, App. A.1)."""
  return PolicyGradient('ppo', space, config, seed)


def reinforce(
  space: SearchSpace, config: ControllerConfig, seed: int
) -> 'PolicyGradient':
  """Returns a REINFORCE controller (Zoph and Le 2017, section 3.2)."""
  return PolicyGradient('reinforce', space, config, seed)


class PolicyGradient:
  """Samples from a policy and moves it towards what was rewarded.

  Attributes:
    batch_size: How many lessons make one update.
  """

  def __init__(
    self,
    algorithm: str,
    space: SearchSpace,
    config: ControllerConfig,
    seed: int,
  ) -> None:
    self.batch_size = config.controller_batch_size
    self._algorithm = algorithm
    self._space = space
    self._config = config
    self._seed = seed
    self._vocabulary = Vocabulary.of(space)
    policy = Policy(self._vocabulary.size, config, seed)
    self._sampler = Sampler(space, self._vocabulary, policy)
    self._learner = Learner(algorithm, policy, config)
    self._average = RewardAverage()
    self._updates = 0
    self._diagnostics: dict[str, float] = {}

  def propose(
    self, first_index: int, count: int, pending: Sequence[Proposal] = ()
  ) -> list[Proposal]:
    """Returns samples of the policy; see the protocol.

    What is pending is not avoided: rejecting samples would make the recorded
    log-probabilities wrong.
    """
    del pending
    indices = range(first_index, first_index + count)
    sampled = self._sampler.sample(
      [generator(self._seed, 'proposal', index) for index in indices]
    )
    return [
      Proposal(index, choices, {LOG_PROBS: logs, VERSION: self._updates})
      for index, (choices, logs) in zip(indices, sampled, strict=True)
    ]

  def learn(self, lessons: Sequence[Lesson]) -> None:
    """Updates the policy once for every `batch_size` lessons.

    Args:
      lessons: Any number of them, in the order in which they settled. The
        last update may have fewer.

    Raises:
      ValueError: A reward is not finite. Nothing was learned.
      UserError: Choices are not of this space. Nothing was learned.
    """
    for lesson in lessons:
      if not math.isfinite(lesson.reward):
        raise ValueError(
          f'Expected a finite reward. Received: {lesson.reward} for proposal '
          f'{lesson.proposal.index}.'
        )
    where = [places(self._space, lesson.proposal.choices) for lesson in lessons]
    for start in range(0, len(lessons), self.batch_size):
      part = slice(start, start + self.batch_size)
      self._update(lessons[part], where[part])

  def diagnostics(self) -> Mapping[str, float]:
    """Returns numbers of the last update; none before there was one.

    They are no part of the state: `load` forgets them. Beside what
    `Learner.update` returns: `reward_mean` of the batch, `baseline` and
    `reward_deviation` of the moving average after it, and `updates`.
    """
    return dict(self._diagnostics)

  def save(self) -> bytes:
    """Returns the state; see the protocol."""
    header = state.header(self._algorithm, kinds=self._vocabulary.kinds)
    return state.pack(header, self._arrays())

  def load(self, saved: bytes) -> None:
    """Takes over a state; see the protocol."""
    header, arrays = state.unpack(saved, self._algorithm)
    if header.get('kinds') != self._vocabulary.kinds:
      raise UserError(
        f'Expected a policy over the kinds {self._vocabulary.kinds}. '
        f'Received: {header.get("kinds")}. Continue a run with the space '
        'that it was started with.'
      )
    state.check_arrays(arrays, self._arrays())
    self._average = RewardAverage(*arrays['reward_average'].tolist())
    self._updates = int(arrays['updates'])
    self._learner.restore(arrays)
    self._diagnostics = {}

  def _arrays(self) -> dict[str, np.ndarray]:
    return {
      **self._learner.arrays(),
      'reward_average': np.array(dataclasses.astuple(self._average)),
      'updates': np.array(self._updates, np.int64),
    }

  def _update(
    self, lessons: Sequence[Lesson], where: Sequence[Sequence[Place]]
  ) -> None:
    """Learns from `batch_size` lessons or fewer."""
    rewards = [lesson.reward for lesson in lessons]
    batch = make_batch(
      self._vocabulary,
      [lesson.proposal.choices for lesson in lessons],
      where,
      self.batch_size,
    )
    old = self._old_log_probs(lessons, where, batch)
    gains, self._average = advantages(
      rewards,
      self._average,
      self._config.baseline_decay,
      self._config.advantage,
    )
    metrics = self._learner.update(batch, old, gains)
    self._updates += 1
    self._diagnostics = {
      **metrics,
      'reward_mean': float(np.mean(rewards)),
      'baseline': self._average.mean,
      'reward_deviation': self._average.deviation,
      'updates': self._updates,
    }

  def _old_log_probs(
    self,
    lessons: Sequence[Lesson],
    where: Sequence[Sequence[Place]],
    batch: Batch,
  ) -> np.ndarray:
    """Returns the log-probabilities when the lessons were proposed."""
    recorded = [_recorded(lesson.proposal) for lesson in lessons]
    known = [
      values or (0.0,) * len(taken)
      for values, taken in zip(recorded, where, strict=True)
    ]
    old = spread(known, where, batch.present.shape)
    foreign = [row for row, values in enumerate(recorded) if not values]
    if foreign:
      old[foreign] = self._learner.log_probs(batch)[foreign]
    return old


def _recorded(proposal: Proposal) -> tuple[float, ...]:
  """Returns the log-probabilities of a proposal, none if it has none."""
  values = proposal.numbers.get(LOG_PROBS, ())
  return (values,) if isinstance(values, float) else tuple(values)
