"""Rewards that nobody measured, and searches for them."""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from nasnet_search.cells.search_space import random_choices
from nasnet_search.controllers.registry import make_controller
from nasnet_search.trials import Lesson, Status

CHANCE = 0.1


class SyntheticReward:
  """Accuracies that nobody measured: additive, with interactions.

  An outcome has a value of its own, shared in part by all decisions of its
  kind as the value of an operation is, and neighbouring decisions a value
  together. Scaled over random choices to a mean of 0.8 and a standard
  deviation of 0.03; a measurement adds noise of 0.005.

  Args:
    space: A space of fixed length.
    seed: Seed of the values.
    failures: Share of measurements that are at chance level.
  """

  def __init__(self, space, seed, failures=0.0):
    self._noise = np.random.default_rng([seed, 1])
    self._failures = failures
    rng = np.random.default_rng([seed, 0])
    shared, self._own, self._pairs, before = {}, [], [], 1
    for decision in _decisions(space):
      size = decision.size
      shared.setdefault(decision.kind, rng.normal(size=size))
      own = 0.7 * rng.normal(size=size)
      self._own.append(shared[decision.kind] + own)
      self._pairs.append(0.7 * rng.normal(size=(before, size)))
      before = size
    samples = [self._raw(random_choices(space, rng)) for _ in range(1000)]
    self._mean, self._deviation = np.mean(samples), np.std(samples)

  def true(self, choices):
    """Returns the reward without noise."""
    return 0.8 + 0.03 * (self._raw(choices) - self._mean) / self._deviation

  def measured(self, choices):
    """Returns the reward with noise, or chance level."""
    noise, failure = self._noise.normal(0, 0.005), self._noise.random()
    failed = failure < self._failures
    return CHANCE if failed else self.true(choices) + noise

  def _raw(self, choices):
    value, before = 0.0, 0
    for own, pairs, choice in zip(self._own, self._pairs, choices, strict=True):
      value += own[choice] + pairs[before, choice]
      before = choice
    return value


def _decisions(space):
  choices = ()
  while (decision := space.next_decision(choices)) is not None:
    yield decision
    choices += (decision.allowed.index(True),)


def search(space, config, reward, seed, budget):
  """Returns the true rewards of a search, and its last diagnostics.

  Args:
    space: What is searched.
    config: Who searches.
    reward: A `SyntheticReward`, or what behaves like one.
    seed: Seed of the controller.
    budget: Number of trials.

  Returns:
    For each trial its true reward, for each trial the true reward of the
    trial with the best measurement so far, and the diagnostics.
  """
  controller = make_controller(space, config, seed)
  trues, bests, highest = [], [], -np.inf
  while len(trues) < budget:
    count = min(controller.batch_size, budget - len(trues))
    lessons = []
    for proposal in controller.propose(len(trues), count, ()):
      measured = reward.measured(proposal.choices)
      lessons.append(Lesson(proposal, measured, Status.COMPLETED))
      trues.append(reward.true(proposal.choices))
      bests.append(trues[-1] if measured > highest else bests[-1])
      highest = max(highest, measured)
    controller.learn(lessons)
  return np.array(trues), np.array(bests), controller.diagnostics()


def paired_interval(differences: Sequence[float]) -> tuple[float, float]:
  """Returns mean and half width of the 95 % interval of paired differences."""
  error = stats.sem(differences)
  return np.mean(differences), error * stats.t.ppf(0.975, len(differences) - 1)
