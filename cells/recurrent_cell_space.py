"""The space of recurrent cells: the decisions in the order of the paper.

For each node, from the leaves to the root, a combination and an activation;
then both for the memory state to be injected, and then the two cell indices
(Zoph and Le 2017, section 3.4): 4 n + 2 decisions for the base number n.
"""

from collections.abc import Iterator

from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.labelled_graphs import LabelledGraph
from nasnet_search.cells.recurrent_cell import (
  ACTIVATIONS,
  COMBINATIONS,
  Merge,
  RecurrentCell,
  check_base_number,
  recurrent_cell_of,
)
from nasnet_search.cells.search_space import (
  Choices,
  Decision,
  checked_decisions,
)


class RecurrentCellSpace:
  """All recurrent cells of a base number.

  Decisions have the kinds `combination` and `activation`, whose outcomes are
  positions in `COMBINATIONS` and `ACTIVATIONS`, and `node`, whose outcomes
  are the nodes. Everything is allowed everywhere.

  Attributes:
    base_number: Leaves of the tree; 8 in the paper (section 4.2).

  Raises:
    UserError: The base number is not one of a full binary tree.
  """

  def __init__(self, base_number: int = 8) -> None:
    check_base_number(base_number)
    self.base_number = base_number
    self._nodes = 2 * base_number - 1
    self._decisions = tuple(
      Decision(name, kind, size, (True,) * size, group)
      for group, (name, kind, size) in enumerate(self._described())
    )

  def next_decision(self, choices: Choices) -> Decision | None:
    """Returns the decision that follows, or None if `choices` is complete.

    Equal positions return the same object.
    """
    if len(choices) >= len(self._decisions):
      return None
    return self._decisions[len(choices)]

  def decode(self, choices: Choices) -> RecurrentCell:
    """Returns the architecture of complete choices.

    Raises:
      UserError: The choices are not complete, or one is not allowed.
    """
    checked_decisions(self, choices)
    # Choices may be NumPy integers; a cell holds plain ones.
    *pairs, source, node = map(int, choices)
    merges = [
      Merge(COMBINATIONS[combination], ACTIVATIONS[activation])
      for combination, activation in zip(pairs[::2], pairs[1::2], strict=True)
    ]
    return RecurrentCell(tuple(merges[:-1]), merges[-1], source, node)

  def encode(self, architecture: AnyArchitecture) -> Choices:
    """Returns the choices whose decoding equals the architecture.

    Raises:
      UserError: The architecture is not a recurrent cell of this base number.
    """
    cell = recurrent_cell_of(architecture)
    if cell.base_number != self.base_number:
      raise UserError(
        f'Expected a recurrent cell of base number {self.base_number}. '
        f'Received: one of {cell.base_number}. Search with --base_number='
        f'{cell.base_number}.'
      )
    choices: list[int] = []
    for merge in (*cell.nodes, cell.inject):
      choices.append(COMBINATIONS.index(merge.combination))
      choices.append(ACTIVATIONS.index(merge.activation))
    return (*choices, cell.memory_source, cell.inject_node)

  def project(self, architecture: AnyArchitecture) -> RecurrentCell:
    """Returns the architecture, which must be of this space already."""
    return self.decode(self.encode(architecture))

  def graphs(self, choices: Choices) -> tuple[LabelledGraph, ...]:
    """Returns what leads to the hidden and to the memory state, as graphs.

    Merges are on the edges that end in them. Paths begin at the leaves, and at
    the old memory state.
    """
    cell = self.decode(choices)
    edges = tuple(_edges(cell))
    return (
      LabelledGraph('hidden', (0,), (_output(cell, cell.root),), edges),
      LabelledGraph('memory', (0,), (2 * cell.memory_source + 1,), edges),
    )

  def _described(self) -> Iterator[tuple[str, str, int]]:
    for name in (*(f'node_{node}' for node in range(self._nodes)), 'inject'):
      yield f'{name}/combination', 'combination', len(COMBINATIONS)
      yield f'{name}/activation', 'activation', len(ACTIVATIONS)
    for name in ('memory_source', 'inject_node'):
      yield name, 'node', self._nodes


def _edges(cell: RecurrentCell) -> Iterator[tuple[int, int, str]]:
  """Yields edges; 0 is where all begins, 2 k + 1 is node k.

  2 k + 2 is node k once the memory state is injected there.
  """
  for node, merge in enumerate(cell.nodes):
    for child in cell.children(node) or (None,):
      begin = 0 if child is None else _output(cell, child)
      yield begin, 2 * node + 1, _label(merge)
    if node == cell.inject_node:
      label = _label(cell.inject)
      yield 2 * node + 1, 2 * node + 2, label
      yield 0, 2 * node + 2, f'memory {label}'


def _output(cell: RecurrentCell, node: int) -> int:
  return 2 * node + (2 if node == cell.inject_node else 1)


def _label(merge: Merge) -> str:
  return f'{merge.combination} {merge.activation}'
