"""Small changes of choices: neighbours, mutations, and what equals what.

They ask nothing of a space but its decisions, so they work for any length
and any masks. Must not import TensorFlow.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from nasnet_search.cells.search_space import Choices, SearchSpace

Identity = Callable[[Choices], Any]
"""From choices to something that is equal for equal architectures."""


def identity(space: SearchSpace) -> Identity:
  """Returns what tells the architectures of a space apart."""
  known: dict[Choices, Any] = {}

  def key(choices: Choices) -> Any:
    found = known.get(choices)
    if found is None:
      found = known[choices] = space.decode(choices).canonical_key()
    return found

  return key


def open_decisions(
  space: SearchSpace, choices: Choices
) -> list[tuple[int, list[int]]]:
  """Returns where else could have been chosen.

  Args:
    space: The space.
    choices: Complete choices of it.

  Returns:
    Positions, each with the other outcomes that were allowed there.
  """
  found = []
  for position, choice in enumerate(choices):
    decision = space.next_decision(choices[:position])
    if decision is None:
      break
    others = [
      outcome
      for outcome, allowed in enumerate(decision.allowed)
      if allowed and outcome != choice
    ]
    if others:
      found.append((position, others))
  return found


def neighbours(
  space: SearchSpace, choices: Choices, rng: np.random.Generator
) -> Iterator[Choices]:
  """Yields the complete choices that differ in one decision, in random order.

  What follows from the change is kept where it is still allowed; elsewhere
  the first outcome allowed stands in. So it does where a schedule has moved on
  since the choices were made: then what they have become is a neighbour too.

  Args:
    space: The space, or the part of it that a proposal is made from.
    choices: Complete choices of it.
    rng: Where the order comes from.
  """
  fitted = completed(space, (), choices, lambda outcomes: outcomes[0])
  changes = [
    (*fitted[:position], other)
    for position, others in open_decisions(space, fitted)
    for other in others
  ]
  if fitted != choices:
    changes.append(fitted)
  for place in rng.permutation(len(changes)).tolist():
    begun = changes[place]
    yield completed(space, begun, fitted, lambda outcomes: outcomes[0])


def mutation(
  space: SearchSpace, choices: Choices, rng: np.random.Generator
) -> Choices:
  """Returns choices that differ in one decision, chosen at random.

  Where a schedule has moved on since the choices were made, they are brought to
  where it stands first, by random outcomes.

  Args:
    space: The space, or the part of it that a proposal is made from.
    choices: Complete choices of it.
    rng: Where the random numbers come from.

  Returns:
    The mutation; the choices themselves if nothing else can be chosen.
  """

  def draw(outcomes: list[int]) -> int:
    return outcomes[int(rng.integers(len(outcomes)))]

  choices = completed(space, (), choices, draw)
  options = open_decisions(space, choices)
  if not options:
    return choices
  position, others = options[int(rng.integers(len(options)))]
  return completed(space, (*choices[:position], draw(others)), choices, draw)


def completed(
  space: SearchSpace,
  begun: Choices,
  wished: Choices,
  otherwise: Callable[[list[int]], int],
) -> Choices:
  """Returns complete choices that go on as wished where that is allowed.

  Args:
    space: The space.
    begun: The first choices.
    wished: Complete choices, of which those after `begun` are wished for.
    otherwise: Chooses from the outcomes allowed where the wish is not.
  """
  while (decision := space.next_decision(begun)) is not None:
    allowed = [index for index, yes in enumerate(decision.allowed) if yes]
    wish = wished[len(begun)] if len(begun) < len(wished) else -1
    begun = (*begun, wish if wish in allowed else otherwise(allowed))
  return begun
