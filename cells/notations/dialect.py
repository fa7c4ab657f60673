"""What the notations of others share: blocks that add, as pairs in a row.

Each of them writes a cell as (operation, state) pairs, two a block; they
differ in the names of operations and in which input has the number 0.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from nasnet_search.cells.cell import INPUT_STATES, Block, Cell
from nasnet_search.cells.errors import UserError, check_choice, located
from nasnet_search.cells.plain_data import shortened

Pair = tuple[str, int]
"""An operation and the state it is applied to, as the notation has them."""


@dataclasses.dataclass(frozen=True)
class Dialect:
  """How a notation names operations and numbers the inputs of a cell.

  Attributes:
    title: What a text in the notation is called, such as `a DARTS genotype`.
    operations: Its names of operations by ours.
    swapped: Whether it numbers the inputs the other way round: 0 for the
      cell before the previous one, 1 for the previous one.
  """

  title: str
  operations: Mapping[str, str]
  swapped: bool = False

  def pairs(self, cell: Cell) -> list[Pair]:
    """Returns the pairs of a cell, two a block.

    Raises:
      UserError: A block does not add, or the notation has no name for one of
        its operations.
    """
    pairs = []
    for index, block in enumerate(cell.blocks):
      with located(f'block_{index}'):
        self._check(block)
      pairs += [
        (self.operations[operation], self.state(state))
        for state, operation in block.edges()
      ]
    return pairs

  def blocks(self, pairs: Sequence[Any]) -> tuple[Block, ...]:
    """Returns the blocks of pairs that came from outside, two a block.

    Raises:
      UserError: They are not pairs of a known operation and a state, or not
        an even number of them.
    """
    if len(pairs) % 2:
      raise UserError(
        f'Expected an even number of operations, two for each block. '
        f'Received: {len(pairs)}.'
      )
    ours = {theirs: name for name, theirs in self.operations.items()}
    blocks = []
    for index in range(len(pairs) // 2):
      with located(f'block_{index}'):
        first, second = (
          self._read(pair, ours) for pair in pairs[2 * index : 2 * index + 2]
        )
        blocks.append(Block((first[1], second[1]), (first[0], second[0])))
    return tuple(blocks)

  def state(self, state: int) -> int:
    """Returns a state's number in the other numbering, either way."""
    return 1 - state if self.swapped and state < INPUT_STATES else state

  def read_state(self, state: Any) -> Any:
    """Returns our number of a state that came from outside.

    What is no state at all comes back as it is: cells refuse it.
    """
    return self.state(state) if type(state) is int and state >= 0 else state

  def _check(self, block: Block) -> None:
    if block.combination != 'add':
      raise UserError(
        f'Expected a block that adds, because {self.title} has no other. '
        f'Received the combination {block.combination!r}.'
      )
    for operation in block.operations:
      if operation not in self.operations:
        raise UserError(
          f'Expected operations that {self.title} has a name for: '
          f'{", ".join(self.operations)}. Received: {operation!r}.'
        )

  def _read(self, pair: Any, ours: Mapping[str, str]) -> Pair:
    if not isinstance(pair, tuple | list) or len(pair) != 2:
      raise UserError(
        'Expected a pair of an operation and a state. '
        f'Received: {shortened(pair)}.'
      )
    operation, state = pair
    check_choice(f'operation of {self.title}', operation, ours)
    return ours[operation], self.read_state(state)


def named(state: int) -> str:
  """Returns what a state of ours is called in messages."""
  if state < INPUT_STATES:
    return f'input {state}'
  return f'block_{state - INPUT_STATES}'
