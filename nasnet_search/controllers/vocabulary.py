"""All outcomes that a policy can choose, numbered through.

Decisions of one kind share a softmax head. Side by side, the heads make one
row of outcomes; a decision allows some entries of that row: those of its
kind that its mask allows. So one dense layer computes every head, and one
masked softmax serves decisions of any kind. Must not import TensorFlow.
"""

from collections import Counter
from collections.abc import Mapping

import numpy as np

from nasnet_search.cells.errors import UserError
from nasnet_search.cells.search_space import Choices, Decision, SearchSpace

MAX_WALKS = 1000
IDLE_WALKS = 50


class Vocabulary:
  """The outcomes of all kinds of a space, in one row.

  Attributes:
    kinds: The size of every kind's head, in alphabetical order of the kinds,
      which is the order of the heads in the row.
    size: Number of outcomes of all kinds together.
    steps: Controller steps of the longest choices that were met.
    referring: The kinds whose decisions refer to one earlier step each.
  """

  def __init__(
    self,
    kinds: Mapping[str, int],
    steps: int = 1,
    referring: frozenset[str] = frozenset(),
  ) -> None:
    self.steps = steps
    self.referring = referring
    self.kinds = dict(sorted(kinds.items()))
    self.size = sum(self.kinds.values())
    self._offsets = {}
    offset = 0
    for kind, size in self.kinds.items():
      self._offsets[kind] = offset
      offset += size
    self._allowed: dict[tuple[str, tuple[bool, ...]], np.ndarray] = {}

  @classmethod
  def of(cls, space: SearchSpace) -> 'Vocabulary':
    """Returns the vocabulary of a space, found by walking through it."""
    return cls(*_kinds(space))

  def head(self, kind: str) -> slice:
    """Returns where in the row the outcomes of a kind stand."""
    start = self._offsets[kind]
    return slice(start, start + self.kinds[kind])

  def offset(self, decision: Decision) -> int:
    """Returns where in the row the outcomes of a decision's kind start."""
    try:
      return self._offsets[decision.kind]
    except KeyError:
      raise UserError(
        f'Expected decisions of the kinds {", ".join(self.kinds)}, which walks '
        f'through the search space met. Received: {decision.name} of kind '
        f'{decision.kind}. Make the kind reachable by more of the choices.'
      ) from None

  def allowed(self, decision: Decision) -> np.ndarray:
    """Returns what a decision allows in the row.

    Args:
      decision: A decision of the space.

    Returns:
      Booleans of shape `[outcomes]`, not to be written to.
    """
    key = (decision.kind, decision.allowed)
    row = self._allowed.get(key)
    if row is None:
      start = self.offset(decision)
      row = np.zeros(self.size, bool)
      row[start : start + decision.size] = decision.allowed
      self._allowed[key] = row
    return row


def _kinds(
  space: SearchSpace,
) -> tuple[dict[str, int], int, frozenset[str]]:
  """Walks through the space until nothing new turns up.

  Returns:
    The size of every kind's head, the steps of the longest walk, and the kinds
    that refer to one step.

  Each walk takes what was taken least so far, so that every outcome of
  every decision is tried after a few walks; in the NASNet space after 13.
  """
  kinds: dict[str, int] = {}
  taken: Counter[tuple[Decision, int]] = Counter()
  idle = steps = 0
  for _ in range(MAX_WALKS):
    before = len(taken)
    steps = max(steps, _walk(space, kinds, taken))
    idle = 0 if len(taken) > before else idle + 1
    if idle == IDLE_WALKS:
      break
  references: dict[str, set[int]] = {}
  for decision, _ in taken:
    references.setdefault(decision.kind, set()).add(len(decision.refers_to))
  referring = frozenset(k for k, counts in references.items() if counts == {1})
  return kinds, steps, referring


def _walk(
  space: SearchSpace,
  kinds: dict[str, int],
  taken: Counter[tuple[Decision, int]],
) -> int:
  """Takes one walk; returns how many controller steps it had."""
  choices: Choices = ()
  groups = set()
  while (decision := space.next_decision(choices)) is not None:
    if kinds.setdefault(decision.kind, decision.size) != decision.size:
      raise UserError(
        f'Expected all decisions of kind {decision.kind} to have '
        f'{kinds[decision.kind]} outcomes. Received: {decision.name} with '
        f'{decision.size}. Give it a kind of its own.'
      )
    outcomes = [o for o, allowed in enumerate(decision.allowed) if allowed]
    counts = [taken[decision, outcome] for outcome in outcomes]
    choice = outcomes[counts.index(min(counts))]
    taken[decision, choice] += 1
    choices += (choice,)
    groups.add(decision.group)
  return len(groups)
