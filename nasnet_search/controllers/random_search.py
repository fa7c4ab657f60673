"""Random search: the baseline that every claim is measured against.

Each decision is uniform over what is allowed there. Nothing is learned, so
nothing but the seed decides what is proposed. Must not import TensorFlow.
"""

from collections.abc import Mapping, Sequence

from nasnet_search.cells.search_space import (
  SearchSpace,
  random_choices,
  space_at,
)
from nasnet_search.controllers import state
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.randomness import generator
from nasnet_search.trials import Lesson, Proposal


class RandomSearch:
  """Proposes at random and ignores what it is taught.

  Attributes:
    batch_size: As configured, so that a search loop treats it as it treats
      the controllers that it is compared with.
  """

  def __init__(
    self, space: SearchSpace, config: ControllerConfig, seed: int
  ) -> None:
    self.batch_size = config.controller_batch_size
    self._space = space
    self._seed = seed

  def propose(
    self, first_index: int, count: int, pending: Sequence[Proposal] = ()
  ) -> list[Proposal]:
    """Returns proposals without numbers; see the protocol."""
    del pending  # What is running changes nothing in what is random.
    return [
      Proposal(
        index,
        random_choices(
          space_at(self._space, index),
          generator(self._seed, 'proposal', index),
        ),
      )
      for index in range(first_index, first_index + count)
    ]

  def learn(self, lessons: Sequence[Lesson]) -> None:
    """Does nothing."""

  def diagnostics(self) -> Mapping[str, float]:
    """Returns nothing: there is no policy to diagnose."""
    return {}

  def save(self) -> bytes:
    """Returns a state that holds nothing but whose it is."""
    return state.pack(state.header('random'), {})

  def load(self, saved: bytes) -> None:
    """Checks that the state is one of random search; see the protocol."""
    state.unpack(saved, 'random')
