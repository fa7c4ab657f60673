"""What a search space is: decisions in order, and a two-way map.

A controller never sees an architecture while it chooses: it asks the space
for the next decision, given what it chose so far, until the space says that
the choices are complete. The space then decodes them. Lengths may vary, so
that layer chains and trees fit as well as cells.

This module must not import TensorFlow.
"""

import dataclasses
import numbers
from typing import Protocol

import numpy as np

from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.cells.errors import UserError

Choices = tuple[int, ...]
"""What was chosen, one entry a decision."""


@dataclasses.dataclass(frozen=True)
class Decision:
  """One choice that a controller has to make.

  Attributes:
    name: Where the decision stands, such as `normal/block_2/operation_1`.
    kind: Decisions of one kind share a softmax head of the policy.
    size: Number of outcomes of the kind's head; equal for a whole kind.
    allowed: What may be chosen here, one entry an outcome.
    group: Decisions with equal group numbers are taken in one controller
      step, independent of each other given its state.
    refers_to: The earlier controller steps this decision refers to, for
      policies that attend to them.
    scheduled: Whether a schedule decides and not the controller: `space_at`
      allows one outcome, and policies learn nothing from it.
  """

  name: str
  kind: str
  size: int
  allowed: tuple[bool, ...]
  group: int
  refers_to: tuple[int, ...] = ()
  scheduled: bool = False

  def __post_init__(self) -> None:
    if len(self.allowed) != self.size or not any(self.allowed):
      raise ValueError(
        f'Expected a mask of {self.size} entries, at least one of them true. '
        f'Received: {self.allowed}.'
      )


class SearchSpace(Protocol):
  """The decisions in order and the map between choices and architectures."""

  def next_decision(self, choices: Choices) -> Decision | None:
    """Returns the decision that follows, or None if `choices` is complete.

    Equal positions return the same object, so that callers may cache what
    they derive from it by identity.
    """

  def decode(self, choices: Choices) -> AnyArchitecture:
    """Returns the architecture of complete choices.

    Raises:
      UserError: The choices are not complete or not allowed.
    """

  def encode(self, architecture: AnyArchitecture) -> Choices:
    """Returns the choices whose decoding equals the architecture.

    Raises:
      UserError: The architecture is not in this space; the message says
        which part of it is not.
    """

  def project(self, architecture: AnyArchitecture) -> AnyArchitecture:
    """Returns the nearest architecture that this space can express.

    What a space cannot say (an explicit concat list, say) is replaced by its
    own rule; what makes the architecture another one is an error.

    Raises:
      UserError: The architecture is not of this space at all.
    """


def space_at(space: SearchSpace, index: int) -> SearchSpace:
  """Returns the part of a space that a proposal is made from.

  A space that is searched by a schedule has a method `at`, from the index of
  the proposal to the same space with no other outcome allowed, in decisions
  that are `scheduled`, than the schedule has for this index. It returns the
  same object where the part is the same. Whoever proposes asks the part;
  whoever decodes, encodes or learns asks the whole.

  Args:
    space: The space.
    index: Index of the proposal.

  Returns:
    The part; of a space without a schedule the space itself.
  """
  at = getattr(space, 'at', None)
  if at is None:
    return space
  part: SearchSpace = at(index)
  return part


def checked_decisions(space: SearchSpace, choices: Choices) -> list[Decision]:
  """Returns the decisions behind choices, which must be complete and allowed.

  A schedule binds proposals only, so that a scheduled decision allows all of
  its outcomes here.

  Args:
    space: The space.
    choices: What was chosen; NumPy integers are fine.

  Raises:
    UserError: There are too few or too many choices, or one is not allowed.
  """
  choices = tuple(choices)
  decisions: list[Decision] = []
  for position, choice in enumerate(choices):
    decision = space.next_decision(choices[:position])
    if decision is None:
      raise UserError(
        f'Expected complete choices, {position} of them. '
        f'Received: {len(choices)}.'
      )
    _check_allowed(decision, choice)
    decisions.append(decision)
  missing = space.next_decision(choices)
  if missing is not None:
    raise UserError(
      f'Expected complete choices, {missing.name} among them. '
      f'Received: {len(choices)} choices.'
    )
  return decisions


def _check_allowed(decision: Decision, choice: int) -> None:
  allowed = (True,) * decision.size if decision.scheduled else decision.allowed
  # NumPy integers are Integral, too.
  valid = isinstance(choice, numbers.Integral) and 0 <= choice < decision.size
  if not valid or not allowed[choice]:
    outcomes = [str(place) for place, yes in enumerate(allowed) if yes]
    raise UserError(
      f'Expected a choice that {decision.name} allows, one of: '
      f'{", ".join(outcomes)}. Received: {choice!r}.'
    )


def random_choices(space: SearchSpace, rng: np.random.Generator) -> Choices:
  """Returns complete choices, each uniform over what is allowed.

  Args:
    space: The space to choose from.
    rng: Where the random numbers come from, in the order of decisions.
  """
  choices: Choices = ()
  while (decision := space.next_decision(choices)) is not None:
    allowed = [index for index, yes in enumerate(decision.allowed) if yes]
    choices += (allowed[int(rng.integers(len(allowed)))],)
  return choices
