"""Local search (White et al. 2020, arXiv 2005.02960).

From a random architecture to the first of its neighbours that is better, and
on from there; where none is better, anew from another random architecture.
Must not import TensorFlow.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from nasnet_search.cells.errors import UserError
from nasnet_search.cells.search_space import (
  Choices,
  SearchSpace,
  random_choices,
  space_at,
)
from nasnet_search.controllers import state
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.memory import Memory
from nasnet_search.controllers.moves import identity, neighbours
from nasnet_search.randomness import generator
from nasnet_search.trials import Lesson, Proposal

_NOWHERE = -1
_MOST_DRAWS = 200


class LocalSearch:
  """Proposes neighbours of where it stands.

  Attributes:
    batch_size: As configured; the paper's learns from each trial, so 1.
  """

  def __init__(
    self, space: SearchSpace, config: ControllerConfig, seed: int
  ) -> None:
    self.batch_size = config.controller_batch_size
    self._space = space
    self._seed = seed
    self._identity = identity(space)
    self._memory = Memory(self._identity)
    self._place = _NOWHERE  # Where it stands, in the memory.

  def propose(
    self, first_index: int, count: int, pending: Sequence[Proposal] = ()
  ) -> list[Proposal]:
    """Returns neighbours that are not known yet, then random choices.

    What is pending is not proposed again.
    """
    taken = self._memory.keys()
    taken.update(self._identity(each.choices) for each in pending)
    part: SearchSpace | None = None
    proposals = []
    for index in range(first_index, first_index + count):
      if part is not (now := space_at(self._space, index)):
        part, near = now, self._near(now)
      choices = self._unknown(near, taken) or self._anywhere(index, taken)
      taken.add(self._identity(choices))
      proposals.append(Proposal(index, choices))
    return proposals

  def learn(self, lessons: Sequence[Lesson]) -> None:
    """Moves to what is better, or gives up where nothing near is."""
    for lesson in lessons:
      before = len(self._memory)
      self._memory.add([lesson])
      if len(self._memory) == before:
        continue
      rewards = self._memory.rewards
      if self._place == _NOWHERE or rewards[before] > rewards[self._place]:
        self._place = before
      part = space_at(self._space, lesson.proposal.index)
      if self._unknown(self._near(part), self._memory.keys()) is None:
        self._place = _NOWHERE

  def diagnostics(self) -> Mapping[str, float]:
    """Returns the reward of where it stands."""
    if self._place == _NOWHERE:
      return {}
    return {'standing_reward': self._memory.rewards[self._place]}

  def save(self) -> bytes:
    """Returns the trials and where it stands."""
    place = np.array(self._place, np.int64)
    arrays = {**self._memory.arrays(), 'place': place}
    return state.pack(state.header('local_search'), arrays)

  def load(self, saved: bytes) -> None:
    """Takes over a state; see the protocol."""
    _, arrays = state.unpack(saved, 'local_search')
    memory = Memory(self._identity)
    memory.restore(arrays)
    place = arrays.get('place', np.array(len(memory)))
    if place.shape or not _NOWHERE <= int(place) < len(memory):
      raise UserError(
        'Expected a state of local search that stands somewhere. Received: '
        f'place {place}. Let the run replay its log without it.'
      )
    self._memory, self._place = memory, int(place)

  def _near(self, part: SearchSpace) -> Iterator[Choices]:
    """Yields the neighbours of where it stands, in a random order.

    Args:
      part: The part of the space that they are from.
    """
    if self._place == _NOWHERE:
      return
    rng = generator(self._seed, 'neighbours', self._place)
    yield from neighbours(part, self._memory.choices[self._place], rng)

  def _unknown(
    self, near: Iterator[Choices], taken: set[object]
  ) -> Choices | None:
    """Returns the next neighbour that is not taken, None if there is none."""
    for choices in near:
      if self._identity(choices) not in taken:
        return choices
    return None

  def _anywhere(self, index: int, taken: set[object]) -> Choices:
    for draw in range(_MOST_DRAWS):
      rng = generator(self._seed, 'proposal', index, draw)
      choices = random_choices(space_at(self._space, index), rng)
      if self._identity(choices) not in taken:
        break
    return choices
