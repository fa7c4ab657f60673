"""The settled trials that a controller has learned.

Controllers that are fitted anew to all they have learned keep it here, as
plain data that their state is made of. Must not import TensorFlow.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nasnet_search.cells.errors import UserError
from nasnet_search.cells.search_space import Choices
from nasnet_search.controllers.moves import Identity
from nasnet_search.trials import Lesson

_ARRAYS = ('choices', 'lengths', 'rewards')


class Memory:
  """Trials in the order in which they were learned.

  Args:
    identity: What tells architectures apart: of one that was learned twice the
      first reward is kept, since a duplicate takes over the outcome of its
      source. None to keep all trials.

  Attributes:
    choices: What was chosen.
    rewards: What it was worth, one number for each.
  """

  def __init__(self, identity: Identity | None) -> None:
    self._identity = identity
    self._keys: set[Any] = set()
    self.choices: list[Choices] = []
    self.rewards: list[float] = []

  def __len__(self) -> int:
    return len(self.choices)

  def add(self, lessons: Sequence[Lesson]) -> None:
    """Takes trials in."""
    for lesson in lessons:
      self._add(lesson.proposal.choices, lesson.reward)

  def keys(self) -> set[Any]:
    """Returns what identifies the architectures, to be added to."""
    return set(self._keys)

  def best(self, count: int) -> list[Choices]:
    """Returns the choices of the greatest rewards, the greatest first."""
    order = np.argsort(-np.array(self.rewards), kind='stable')[:count]
    return [self.choices[place] for place in order]

  def draw(self, count: int, rng: np.random.Generator) -> list[int]:
    """Returns the places of trials drawn at random, all if there are fewer."""
    count = min(count, len(self))
    drawn: list[int] = rng.permutation(len(self))[:count].tolist()
    return drawn

  def keep_newest(self, count: int) -> None:
    """Forgets all but the newest trials, of a memory that keeps all."""
    del self.choices[:-count], self.rewards[:-count]

  def arrays(self) -> dict[str, np.ndarray]:
    """Returns everything as arrays."""
    flat = [choice for choices in self.choices for choice in choices]
    return {
      'choices': np.array(flat, np.int32),
      'lengths': np.array([len(c) for c in self.choices], np.int32),
      'rewards': np.array(self.rewards, np.float64),
    }

  def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
    """Takes over what `arrays` returned.

    Raises:
      UserError: It is something else. Nothing was changed.
    """
    parts = [arrays.get(name) for name in _ARRAYS]
    flat, lengths, rewards = (
      np.array([], np.float64) if part is None else part for part in parts
    )
    fits = (
      not any(part is None or part.ndim != 1 for part in parts)
      and len(lengths) == len(rewards)
      and int(lengths.sum()) == len(flat)
      and bool(np.all(np.isfinite(rewards)))
    )
    if not fits:
      raise UserError(
        'Expected a controller state with the trials that were learned. '
        'Received one without. Continue a run with the settings that it was '
        'started with.'
      )
    self._keys, self.choices, self.rewards = set(), [], []
    rest = iter(flat.tolist())
    for length, reward in zip(lengths.tolist(), rewards.tolist(), strict=True):
      self._add(tuple(itertools.islice(rest, length)), reward)

  def _add(self, choices: Choices, reward: float) -> None:
    if self._identity is not None:
      key = self._identity(choices)
      if key in self._keys:
        return
      self._keys.add(key)
    self.choices.append(choices)
    self.rewards.append(reward)
