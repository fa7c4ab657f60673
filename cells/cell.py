"""A block and a cell, as frozen data that is valid once it exists.

The states of a cell are numbered: 0 is h_i, the output of the previous cell;
1 is h_{i-1}, the output of the cell before that; 2 + k is the output of block
k, counted from 0. (DARTS and ENAS number the two inputs the other way round.)

The list of states that a cell concatenates into its output is explicit. The
paper's rule, "all of the unused hidden states" (NASNet paper, section 3), is
one way to make that list, `unused_states`; the published NASNet-A does not
follow it.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

from nasnet_search.cells.errors import UserError, check_choice, located
from nasnet_search.cells.operations import ALL_OPERATIONS, COMBINATIONS
from nasnet_search.cells.plain_data import read_list, read_mapping

INPUT_STATES = 2
"""How many states a cell has before its first block: h_i and h_{i-1}."""


@dataclasses.dataclass(frozen=True)
class Block:
  """Two states, an operation on each, and how the results are joined.

  Attributes:
    inputs: The two states that are read; they may be equal.
    operations: The operation on each of them.
    combination: How the two results are joined, `add` or `concat`.

  Raises:
    UserError: A name is unknown, or an input cannot be a state.
  """

  inputs: tuple[int, int]
  operations: tuple[str, str]
  combination: str = 'add'

  def __post_init__(self) -> None:
    _check_pair('inputs', self.inputs)
    _check_pair('operations', self.operations)
    for state in self.inputs:
      _check_state('input', state)
    for operation in self.operations:
      check_choice('operation', operation, ALL_OPERATIONS)
    check_choice('combination', self.combination, COMBINATIONS)

  def edges(self) -> tuple[tuple[int, str], tuple[int, str]]:
    """Returns the two pairs of an input and the operation on it."""
    return (
      (self.inputs[0], self.operations[0]),
      (self.inputs[1], self.operations[1]),
    )

  def to_dict(self) -> dict[str, Any]:
    """Returns the block as plain data."""
    return {
      'inputs': list(self.inputs),
      'operations': list(self.operations),
      'combination': self.combination,
    }

  @classmethod
  def from_dict(cls, data: Any) -> 'Block':
    """Returns the block of what `to_dict` returned.

    Raises:
      UserError: The data are not a valid block; the message says why.
    """
    inputs, operations, combination = read_mapping(
      data, ('inputs', 'operations', 'combination')
    )
    return cls(
      inputs=read_list('inputs', inputs),
      operations=read_list('operations', operations),
      combination=combination,
    )


@dataclasses.dataclass(frozen=True)
class Cell:
  """Blocks, and the states that are concatenated into the output.

  Attributes:
    blocks: The blocks; block k may read the states 0 to k + 1.
    concat: The states that are concatenated, in the order given. The order
      only permutes the filters of the output.

  Raises:
    UserError: There is no block, a block reads a state that does not exist
      before it, or the concat list is empty, repeats a state or names one
      that does not exist.
  """

  blocks: tuple[Block, ...]
  concat: tuple[int, ...]

  def __post_init__(self) -> None:
    _check_blocks(self.blocks)
    _check_concat(self.concat, INPUT_STATES + len(self.blocks))

  def live_states(self) -> tuple[int, ...]:
    """Returns the states that the output depends on, in ascending order.

    They include 0 and 1 only where the cell's output depends on that input.
    """
    live = set(self.concat)
    for index in reversed(range(len(self.blocks))):
      if INPUT_STATES + index in live:
        live.update(self.blocks[index].inputs)
    return tuple(sorted(live))

  def live_blocks(self) -> tuple[int, ...]:
    """Returns the blocks that the output depends on, in ascending order.

    The other blocks are dead: their weights would get no gradient.
    """
    return tuple(
      state - INPUT_STATES
      for state in self.live_states()
      if state >= INPUT_STATES
    )

  def to_dict(self) -> dict[str, Any]:
    """Returns the cell as plain data."""
    return {
      'blocks': [block.to_dict() for block in self.blocks],
      'concat': list(self.concat),
    }

  @classmethod
  def from_dict(cls, data: Any) -> 'Cell':
    """Returns the cell of what `to_dict` returned.

    Raises:
      UserError: The data are not a valid cell; the message says why.
    """
    items, concat = read_mapping(data, ('blocks', 'concat'))
    blocks = []
    for index, item in enumerate(read_list('blocks', items)):
      with located(f'block_{index}'):
        blocks.append(Block.from_dict(item))
    return cls(blocks=tuple(blocks), concat=read_list('concat', concat))


def unused_states(blocks: Sequence[Block]) -> tuple[int, ...]:
  """Returns the block states that no block reads, in ascending order.

  This is the concat list by the rule of the NASNet paper (section 3): "all
  of the unused hidden states generated in the convolutional cell". The two
  inputs are not generated in the cell, so they never belong to it.
  """
  used = {state for block in blocks for state in block.inputs}
  states = range(INPUT_STATES, INPUT_STATES + len(blocks))
  return tuple(state for state in states if state not in used)


def _check_pair(what: str, value: Any) -> None:
  if not isinstance(value, tuple) or len(value) != 2:
    raise UserError(
      f'Expected {what} to be a pair, one entry for each of the two sides of '
      f'a block. Received: {value!r}.'
    )


def _check_state(what: str, value: Any) -> None:
  # A bool is an int to Python, but not to whoever wrote `true` in a file.
  if not isinstance(value, int) or isinstance(value, bool) or value < 0:
    raise UserError(
      f'Expected {what} to be a state: 0 for the previous cell, 1 for the '
      f'cell before it, 2 + k for block k. Received: {value!r}.'
    )


def _check_blocks(blocks: Any) -> None:
  if not isinstance(blocks, tuple) or not blocks:
    raise UserError(
      f'Expected a cell to have a tuple of at least one block. '
      f'Received: {blocks!r}.'
    )
  for index, block in enumerate(blocks):
    if not isinstance(block, Block):
      raise UserError(
        f'Expected block_{index} to be a Block. Received: {block!r}.'
      )
    for state in block.inputs:
      if state >= INPUT_STATES + index:
        raise UserError(
          f'Expected the inputs of block_{index} to be states that exist '
          f'before it, 0 to {INPUT_STATES + index - 1}. Received: {state}, '
          f'which is block_{state - INPUT_STATES}.'
        )


def _check_concat(concat: Any, states: int) -> None:
  if not isinstance(concat, tuple) or not concat:
    raise UserError(
      'Expected concat to be a tuple of at least one state. '
      f'Received: {concat!r}.'
    )
  for state in concat:
    _check_state('each entry of concat', state)
    if state >= states:
      raise UserError(
        f'Expected concat to hold states of this cell, 0 to {states - 1}. '
        f'Received: {state}.'
      )
  if len(set(concat)) < len(concat):
    raise UserError(
      f'Expected concat to hold each state at most once. Received: {concat}.'
    )
