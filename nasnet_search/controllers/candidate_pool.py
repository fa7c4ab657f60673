"""The candidates that a predictor filter picks from.

Proposals of the controller within, random choices, and neighbours of the best
architectures: what somebody else takes for promising, what is anywhere, and
what is near.
"""

import itertools
from collections.abc import Iterator, Mapping

from nasnet_search.cells.search_space import (
  Choices,
  SearchSpace,
  random_choices,
)
from nasnet_search.controllers.memory import Memory
from nasnet_search.controllers.moves import completed, neighbours
from nasnet_search.controllers.protocol import Controller
from nasnet_search.randomness import generator

NEIGHBOURS_OF = 8
"""Best architectures whose neighbours are in the pool."""
NEIGHBOURS, NEIGHBOURS_OF_ONE = 256, 128
"""Neighbours in the pool, all those of the best one first, and how many any
one of them may have there."""
REDRAWN_AFTER = 10
"""Trials after which the random part of the pool is drawn anew."""
FROM_WITHIN = 32
"""Proposals of the controller within in the pool."""
_POOL_INDEX = 2**40
"""Proposals of the pool have indices that no proposal of a search has."""

Candidates = dict[Choices, Mapping[str, float | tuple[float, ...]]]
"""Choices, with the numbers of those that the controller within proposed."""


class CandidatePool:
  """Draws candidates, the same ones after the same trials.

  Args:
    within: The controller that proposes some of them.
    space: The whole space.
    seed: Seed of the run.
    random: How many are random choices.
  """

  def __init__(
    self, within: Controller, space: SearchSpace, seed: int, *, random: int
  ) -> None:
    self._within = within
    self._space = space
    self._seed = seed
    self._count = random
    # Follow from what was learned and are kept to save time.
    self._random: tuple[int, SearchSpace, list[Choices]] = (-1, space, [])

  def candidates(self, part: SearchSpace, memory: Memory) -> Candidates:
    """Returns the candidates.

    Args:
      part: The part of the space that they are from.
      memory: The trials that have been learned.
    """
    known = len(memory)
    first = _POOL_INDEX + known * FROM_WITHIN
    pool: Candidates = {}
    for proposal in self._within.propose(first, FROM_WITHIN, ()):
      # A schedule has its end at the indices of the pool.
      choices = self._fitted(part, proposal.choices)
      if choices == proposal.choices:
        pool[choices] = proposal.numbers
      else:
        pool.setdefault(choices, {})
    for choices in self._random_part(part, known // REDRAWN_AFTER):
      pool.setdefault(choices, {})
    for choices in itertools.islice(
      self._near_the_best(part, memory), NEIGHBOURS
    ):
      pool.setdefault(choices, {})
    return pool

  def _fitted(self, part: SearchSpace, choices: Choices) -> Choices:
    """Returns choices as near to some as a part of the space has them."""
    if part is self._space:
      return choices
    return completed(part, (), choices, lambda outcomes: outcomes[0])

  def _near_the_best(
    self, part: SearchSpace, memory: Memory
  ) -> Iterator[Choices]:
    block = len(memory) // REDRAWN_AFTER
    for rank, best in enumerate(memory.best(NEIGHBOURS_OF)):
      rng = generator(self._seed, 'pool of neighbours', block, rank)
      near = neighbours(part, best, rng)
      yield from itertools.islice(near, NEIGHBOURS_OF_ONE)

  def _random_part(self, part: SearchSpace, block: int) -> list[Choices]:
    if self._random[0] != block or self._random[1] is not part:
      drawn = [
        random_choices(part, generator(self._seed, 'pool', block, place))
        for place in range(self._count)
      ]
      self._random = (block, part, drawn)
    return self._random[2]
