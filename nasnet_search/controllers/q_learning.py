"""Q-learning with a table of values, as MetaQNN (Baker et al. 2017).

arXiv 1611.02167, section 3 and Algorithm 1. An agent chooses layer after layer:
at random with probability epsilon, else what the table values the highest.
A network that was valued enters a memory; then a hundred of the memory are
drawn, and the table moves towards what they were worth, transition by
transition, from the last one to the first. Only the last transition, which ends
the network, is rewarded.

Everything but a proposal itself is a function of the lessons, so that the state
is: the memory, and the values of the transitions that were learned. Must not
import TensorFlow.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np

from nasnet_search.cells.errors import UserError
from nasnet_search.cells.search_space import Choices, SearchSpace, space_at
from nasnet_search.controllers import state
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.epsilon import epsilon_of
from nasnet_search.controllers.memory import Memory
from nasnet_search.controllers.value_table import State, ValueTable
from nasnet_search.randomness import generator
from nasnet_search.trials import Lesson, Proposal


class StateSpace(SearchSpace, Protocol):
  """A search space that says which of its places are alike."""

  def state(self, choices: Choices) -> State:
    """Returns what a value table knows a place by.

    Args:
      choices: The choices before the place; not complete ones.
    """


@dataclasses.dataclass(frozen=True)
class _Transition:
  """One choice of a network.

  Attributes:
    state: Where it was made.
    allowed: What could have been chosen there.
    chosen: What was.
  """

  state: State
  allowed: tuple[int, ...]
  chosen: int


class QLearning:
  """Proposes by a table of values that it learns from replayed networks.

  Attributes:
    batch_size: As configured; the paper's is asynchronous, so 1.
  """

  def __init__(
    self, space: StateSpace, config: ControllerConfig, seed: int
  ) -> None:
    self.batch_size = config.controller_batch_size
    self._space = space
    self._config = config
    self._seed = seed
    self._table = ValueTable(config.q_start)
    # All lessons, duplicates too: what is proposed often is learned often.
    self._memory = Memory(None)
    self._walks: dict[Choices, tuple[_Transition, ...]] = {}

  def propose(
    self, first_index: int, count: int, pending: Sequence[Proposal] = ()
  ) -> list[Proposal]:
    """Returns proposals with their epsilon; see the protocol."""
    del pending  # What is proposed twice is valued once.
    return [
      self._proposal(index) for index in range(first_index, first_index + count)
    ]

  def learn(self, lessons: Sequence[Lesson]) -> None:
    """Remembers each trial, and learns some of all that are remembered."""
    for lesson in lessons:
      self._memory.add([lesson])
      known = len(self._memory)
      rng = generator(self._seed, 'replay', known)
      for place in rng.integers(known, size=self._config.q_replay).tolist():
        self._learn_network(
          self._memory.choices[place], self._memory.rewards[place]
        )

  def diagnostics(self) -> Mapping[str, float]:
    """Returns epsilon, and how full the table of values is.

    `epsilon` is that of as many proposals as were learned.
    """
    return {
      'epsilon': epsilon_of(len(self._memory), self._config.epsilon_scale),
      'mean_value': self._table.mean(),
      'states_visited': float(self._table.states()),
    }

  def save(self) -> bytes:
    """Returns the memory and the table."""
    return state.pack(
      state.header('q_learning'),
      {**self._memory.arrays(), **self._table.arrays()},
    )

  def load(self, saved: bytes) -> None:
    """Takes over a memory and a table; see the protocol."""
    _, arrays = state.unpack(saved, 'q_learning')
    table = ValueTable(self._config.q_start)
    table.restore(arrays)
    self._memory.restore(arrays)
    self._table = table

  def _proposal(self, index: int) -> Proposal:
    rng = generator(self._seed, 'proposal', index)
    epsilon = epsilon_of(index, self._config.epsilon_scale)
    part = space_at(self._space, index)
    choices: Choices = ()
    while (allowed := _allowed(part, choices)) is not None:
      if rng.random() >= epsilon:
        allowed = self._table.best(self._space.state(choices), allowed)
      choices += (allowed[int(rng.integers(len(allowed)))],)
    return Proposal(index, choices, {'epsilon': epsilon})

  def _learn_network(self, choices: Choices, reward: float) -> None:
    """Moves the values of a network's transitions, the last one first."""
    rate, discount = self._config.q_learning_rate, self._config.q_discount
    target = reward
    for step in reversed(self._walk(choices)):
      self._table.move(step.state, step.chosen, rate, target)
      # For the transition that led here; rewards between are 0.
      target = discount * self._table.greatest(step.state, step.allowed)

  def _walk(self, choices: Choices) -> tuple[_Transition, ...]:
    if choices not in self._walks:
      self._walks[choices] = tuple(self._transitions(choices))
    return self._walks[choices]

  def _transitions(self, choices: Choices) -> Iterator[_Transition]:
    for position, chosen in enumerate(choices):
      before = choices[:position]
      allowed = _allowed(self._space, before)
      if allowed is None or chosen not in allowed:
        raise UserError(
          f'Expected choices of the space to learn from. Received: {choices}.'
        )
      yield _Transition(self._space.state(before), allowed, chosen)


def _allowed(space: SearchSpace, choices: Choices) -> tuple[int, ...] | None:
  decision = space.next_decision(choices)
  if decision is None:
    return None
  return tuple(np.flatnonzero(decision.allowed).tolist())
