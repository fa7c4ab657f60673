"""Regularized evolution (Real et al. 2019, arXiv 1802.01548).

The first proposals are random. From then on a few architectures of the
population are drawn, and the best of them is mutated. The population is that
of the newest trials: everybody dies of age, which forgets lucky
measurements. Must not import TensorFlow.
"""

from collections.abc import Mapping, Sequence

from nasnet_search.cells.search_space import (
  SearchSpace,
  random_choices,
  space_at,
)
from nasnet_search.controllers import state
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.memory import Memory
from nasnet_search.controllers.moves import mutation
from nasnet_search.randomness import generator
from nasnet_search.trials import Lesson, Proposal


class Evolution:
  """Proposes mutations of the best of a sample.

  Attributes:
    batch_size: As configured; the paper's is asynchronous, so 1.
  """

  def __init__(
    self, space: SearchSpace, config: ControllerConfig, seed: int
  ) -> None:
    self.batch_size = config.controller_batch_size
    self._space = space
    self._config = config
    self._seed = seed
    self._population = Memory(None)

  def propose(
    self, first_index: int, count: int, pending: Sequence[Proposal] = ()
  ) -> list[Proposal]:
    """Returns mutations without numbers; see the protocol."""
    del pending  # Children of what is pending are not wanted yet.
    return [
      self._proposal(index) for index in range(first_index, first_index + count)
    ]

  def learn(self, lessons: Sequence[Lesson]) -> None:
    """Takes trials into the population, which the oldest leave."""
    self._population.add(lessons)
    self._population.keep_newest(self._config.evolution_population)

  def diagnostics(self) -> Mapping[str, float]:
    """Returns the mean reward of the population."""
    rewards = self._population.rewards
    if not rewards:
      return {}
    return {'population_reward': sum(rewards) / len(rewards)}

  def save(self) -> bytes:
    """Returns the population."""
    return state.pack(state.header('evolution'), self._population.arrays())

  def load(self, saved: bytes) -> None:
    """Takes over a population; see the protocol."""
    _, arrays = state.unpack(saved, 'evolution')
    self._population.restore(arrays)

  def _proposal(self, index: int) -> Proposal:
    rng = generator(self._seed, 'proposal', index)
    population, config = self._population, self._config
    space = space_at(self._space, index)
    if len(population) < config.evolution_population:
      return Proposal(index, random_choices(space, rng))
    sample = rng.choice(
      len(population),
      min(config.evolution_sample, len(population)),
      replace=False,
    ).tolist()
    parent = max(sample, key=population.rewards.__getitem__)
    choices = mutation(space, population.choices[parent], rng)
    return Proposal(index, choices)
