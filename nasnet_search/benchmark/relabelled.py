"""A space under other names: the same architectures, told otherwise.

What a controller finds must not hang on the order of decisions or on the
numbers of operations. So a comparison can shuffle both for every seed.
"""

import dataclasses
import functools

from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.labelled_graphs import LabelledGraph
from nasnet_search.cells.search_space import Choices, Decision, SearchSpace
from nasnet_search.randomness import generator


class RelabelledSpace:
  """A space with its decisions and outcomes in another order.

  Args:
    space: A space of decisions that do not depend on each other.
    seed: Seed of the order.

  Raises:
    UserError: Not all combinations are allowed.
  """

  def __init__(self, space: SearchSpace, seed: int) -> None:
    self._space = space
    decisions = []
    choices: Choices = ()
    while (decision := space.next_decision(choices)) is not None:
      if not all(decision.allowed):
        raise UserError(
          'Expected a space in which every combination is allowed, to relabel '
          f'it. Received one where {decision.name} has a mask.'
        )
      decisions.append(decision)
      choices += (0,)
    rng = generator(seed, 'relabelled')
    self._order = rng.permutation(len(decisions)).tolist()
    kinds = sorted({decision.kind for decision in decisions})
    sizes = {decision.kind: decision.size for decision in decisions}
    self._outcomes = {
      kind: rng.permutation(sizes[kind]).tolist() for kind in kinds
    }
    self._decisions = [
      dataclasses.replace(
        decisions[old],
        name=f'decision_{new}',
        kind=f'kind_{kinds.index(decisions[old].kind)}',
        group=new,
      )
      for new, old in enumerate(self._order)
    ]
    self._kinds = [decisions[old].kind for old in self._order]
    if hasattr(space, 'graphs'):
      self.graphs = functools.partial(_graphs, self, space)

  def next_decision(self, choices: Choices) -> Decision | None:
    """Returns the decision that follows, or None if `choices` is complete."""
    if len(choices) >= len(self._decisions):
      return None
    return self._decisions[len(choices)]

  def original(self, choices: Choices) -> Choices:
    """Returns the choices of the space underneath."""
    found = [0] * len(choices)
    for choice, old, kind in zip(
      choices, self._order, self._kinds, strict=True
    ):
      found[old] = self._outcomes[kind][choice]
    return tuple(found)

  def decode(self, choices: Choices) -> AnyArchitecture:
    """Returns the architecture of complete choices."""
    return self._space.decode(self.original(choices))

  def encode(self, architecture: AnyArchitecture) -> Choices:
    """Returns the choices whose decoding equals the architecture."""
    old = self._space.encode(architecture)
    return tuple(
      self._outcomes[kind].index(old[place])
      for place, kind in zip(self._order, self._kinds, strict=True)
    )

  def project(self, architecture: AnyArchitecture) -> AnyArchitecture:
    """Returns the nearest architecture of the space underneath."""
    return self._space.project(architecture)


def _graphs(
  relabelled: RelabelledSpace, space: object, choices: Choices
) -> tuple[LabelledGraph, ...]:
  found: tuple[LabelledGraph, ...] = space.graphs(  # type: ignore[attr-defined]
    relabelled.original(choices)
  )
  return found
