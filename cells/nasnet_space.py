"""The NASNet search space: 2 x 5B decisions in the order of the paper.

A block is chosen in five steps (NASNet paper, section 3): the first input,
the second input, the operation on the first, the operation on the second,
and how to combine the two. The first 5B decisions make the normal cell, the
other 5B the reduction cell (section 3 and App. A.4). The concat list is not
chosen: it holds the states that no block reads.
"""

from collections.abc import Iterable, Sequence

from nasnet_search.cells.architecture import Architecture, cells_of
from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.cells.cell import INPUT_STATES, Block, Cell, unused_states
from nasnet_search.cells.errors import UserError, check_choice, located
from nasnet_search.cells.labelled_graphs import LabelledGraph, cell_graph
from nasnet_search.cells.operations import (
  ALL_OPERATIONS,
  COMBINATIONS,
  OPERATIONS,
)
from nasnet_search.cells.search_space import (
  Choices,
  Decision,
  checked_decisions,
)

MAX_BLOCKS = 10
PARTS = ('input_1', 'input_2', 'operation_1', 'operation_2', 'combination')
"""The five decisions of a block, in the order of the NASNet paper."""
CELLS = ('normal', 'reduction')


class NASNetSpace:
  """All pairs of cells of B blocks.

  Decisions have the kinds `input` (outcomes are the states, so B + 1 of
  them; block k may choose the first k + 2), `operation` and `combination`
  (outcomes are the positions in `operations` and `combinations`).

  Attributes:
    blocks: B, blocks in a cell; 5 in the paper.
    operations: Operations to choose from, in the order of their outcomes:
      any that a block may hold; the 13 of the paper if none are given.
    combinations: Combinations to choose from, likewise.

  Raises:
    UserError: B is not from 1 to 10, or a name is unknown or given twice.
  """

  def __init__(
    self,
    blocks: int = 5,
    operations: Sequence[str] = (),
    combinations: Sequence[str] = (),
  ) -> None:
    if not isinstance(blocks, int) or not 1 <= blocks <= MAX_BLOCKS:
      raise UserError(
        f'Expected the blocks of a cell to be a whole number from 1 to '
        f'{MAX_BLOCKS}. Received: {blocks!r}.'
      )
    self.blocks = blocks
    self.operations = (
      _distinct('operation', operations, ALL_OPERATIONS) or OPERATIONS
    )
    self.combinations = (
      _distinct('combination', combinations, COMBINATIONS) or COMBINATIONS
    )
    self._decisions = tuple(self._make_decisions())

  def next_decision(self, choices: Choices) -> Decision | None:
    """Returns the decision that follows, or None if `choices` is complete.

    Equal positions return the same object.
    """
    if len(choices) >= len(self._decisions):
      return None
    return self._decisions[len(choices)]

  def decode(self, choices: Choices) -> Architecture:
    """Returns the architecture of complete choices.

    Raises:
      UserError: The choices are not complete, or one is not allowed.
    """
    checked_decisions(self, choices)
    half = len(choices) // len(CELLS)
    return Architecture(
      normal=self._decode_cell(choices[:half]),
      reduction=self._decode_cell(choices[half:]),
    )

  def encode(self, architecture: AnyArchitecture) -> Choices:
    """Returns the choices whose decoding equals the architecture.

    Raises:
      UserError: The architecture is not in this space; the message says
        which cell and block is not.
    """
    projected = self.project(architecture)
    choices: list[int] = []
    for (name, cell), (_, expected) in zip(
      cells_of(architecture).cells(), projected.cells(), strict=True
    ):
      if cell.concat != expected.concat:
        raise UserError(
          f'{name} cell: Expected concat to hold the states that no block '
          f'reads, {expected.concat}. Received: {cell.concat}. Project the '
          'architecture onto the space first.'
        )
      for block in cell.blocks:
        choices += block.inputs
        choices += map(self.operations.index, block.operations)
        choices.append(self.combinations.index(block.combination))
    return tuple(choices)

  def project(self, architecture: AnyArchitecture) -> Architecture:
    """Returns the architecture with its concat lists made by the rule.

    Raises:
      UserError: A cell has another number of blocks, or uses a name that is
        not chosen from here; the message says which cell and block.
    """
    cells = {}
    for name, cell in cells_of(architecture).cells():
      with located(f'{name} cell'):
        self._check_cell(cell)
      cells[name] = Cell(cell.blocks, unused_states(cell.blocks))
    return Architecture(**cells)

  def graphs(self, choices: Choices) -> tuple[LabelledGraph, ...]:
    """Returns both cells as graphs, without their dead blocks."""
    return tuple(
      cell_graph(name, cell) for name, cell in self.decode(choices).cells()
    )

  def _make_decisions(self) -> Iterable[Decision]:
    group = 0
    for cell in CELLS:
      for block in range(self.blocks):
        for part in PARTS:
          kind = part.partition('_')[0]
          allowed = self._allowed(kind, block)
          yield Decision(
            name=f'{cell}/block_{block}/{part}',
            kind=kind,
            size=len(allowed),
            allowed=allowed,
            group=group,
          )
          group += 1

  def _allowed(self, kind: str, block: int) -> tuple[bool, ...]:
    if kind == 'operation':
      return (True,) * len(self.operations)
    if kind == 'combination':
      return (True,) * len(self.combinations)
    # The last block, B - 1, chooses from all states before it: B + 1.
    states = range(INPUT_STATES + self.blocks - 1)
    return tuple(state < INPUT_STATES + block for state in states)

  def _decode_cell(self, choices: Choices) -> Cell:
    blocks = []
    for start in range(0, len(choices), len(PARTS)):
      # Choices may be NumPy integers; a cell holds plain ones.
      first, second, one, other, combination = map(
        int, choices[start : start + len(PARTS)]
      )
      blocks.append(
        Block(
          inputs=(first, second),
          operations=(self.operations[one], self.operations[other]),
          combination=self.combinations[combination],
        )
      )
    return Cell(tuple(blocks), unused_states(blocks))

  def _check_cell(self, cell: Cell) -> None:
    if len(cell.blocks) != self.blocks:
      raise UserError(
        f'Expected {self.blocks} blocks, as the search space has. '
        f'Received: {len(cell.blocks)}. Search a space of that many blocks.'
      )
    for index, block in enumerate(cell.blocks):
      with located(f'block_{index}'):
        for operation in block.operations:
          check_choice('operation of this space', operation, self.operations)
        check_choice(
          'combination of this space', block.combination, self.combinations
        )


def _distinct(
  what: str, names: Sequence[str], known: tuple[str, ...]
) -> tuple[str, ...]:
  for name in names:
    check_choice(what, name, known)
  if len(set(names)) < len(names):
    raise UserError(
      f'Expected each {what} to be given once. Received: {", ".join(names)}.'
    )
  return tuple(names)
