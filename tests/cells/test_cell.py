"""Tests of blocks and cells: what is valid, and what the output depends on."""

import dataclasses

import pytest

from nasnet_search.cells.cell import Block, Cell, unused_states
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.operations import COMBINATIONS, OPERATIONS

SEP = 'separable_conv_3x3'


def block(*inputs):
  return Block(inputs, (SEP, 'identity'))


def test_the_13_operations_of_the_paper_in_its_order():
  # NASNet paper, section 3: the list of operations, by columns.
  assert OPERATIONS == (
    'identity',
    'conv_1x3_3x1',
    'conv_1x7_7x1',
    'dilated_conv_3x3',
    'average_pool_3x3',
    'max_pool_3x3',
    'max_pool_5x5',
    'max_pool_7x7',
    'conv_1x1',
    'conv_3x3',
    'separable_conv_3x3',
    'separable_conv_5x5',
    'separable_conv_7x7',
  )
  assert COMBINATIONS == ('add', 'concat')


def test_cells_are_values():
  one, other = (Cell((block(0, 1),), (2,)) for _ in range(2))
  assert one == other
  assert hash(one) == hash(other)
  with pytest.raises(dataclasses.FrozenInstanceError):
    one.concat = (0,)


@pytest.mark.parametrize(
  ('inputs', 'operations', 'combination', 'message'),
  [
    ((0, 1), ('sep', SEP), 'add', "Unknown operation.*identity.*'sep'"),
    ((0, 1), (SEP, SEP), 'mul', "Unknown combination.*add, concat.*'mul'"),
    ((0, -1), (SEP, SEP), 'add', 'Expected input to be a state.*: -1'),
    ((0, 1.0), (SEP, SEP), 'add', 'Expected input to be a state.*: 1.0'),
    ((0, True), (SEP, SEP), 'add', 'Expected input to be a state.*: True'),
    ((0,), (SEP, SEP), 'add', r'Expected inputs to be a pair.*\(0,\)'),
    ([0, 1], (SEP, SEP), 'add', r'Expected inputs to be a pair.*\[0, 1\]'),
    ((0, 1), SEP, 'add', 'Expected operations to be a pair'),
  ],
)
def test_invalid_block(inputs, operations, combination, message):
  with pytest.raises(UserError, match=message):
    Block(inputs, operations, combination)


@pytest.mark.parametrize(
  ('blocks', 'concat', 'message'),
  [
    ((), (0,), 'at least one block'),
    ([block(0, 1)], (2,), 'Expected a cell to have a tuple'),
    (('sep',), (2,), "Expected block_0 to be a Block. Received: 'sep'"),
    ((block(0, 2),), (2,), r'block_0 .*0 to 1\. Received: 2.* block_0'),
    ((block(0, 1), block(4, 0), block(0, 0)), (4,), 'block_1.*: 4.* block_2'),
    ((block(0, 1),), (), 'Expected concat .*at least one state'),
    ((block(0, 1),), [2], 'Expected concat to be a tuple'),
    ((block(0, 1),), (2, 3), r'states of this cell, 0 to 2\. Received: 3'),
    ((block(0, 1),), (-1,), 'each entry of concat to be a state.*-1'),
    ((block(0, 1),), (2, 0, 2), r'at most once. Received: \(2, 0, 2\)'),
    ((block(0, 1),), ('2',), "each entry of concat to be a state.*'2'"),
  ],
)
def test_invalid_cell(blocks, concat, message):
  with pytest.raises(UserError, match=message):
    Cell(blocks, concat)


def test_unused_states_are_the_block_states_that_no_block_reads():
  # Block 0 is read by block 2; the inputs never count, used or not.
  assert unused_states([block(1, 1), block(1, 1), block(2, 1)]) == (3, 4)


def test_live_states_follow_the_output_back():
  # By hand: the output reads 4, which reads 2, which reads 0; block_1 (3) and
  # input 1, which only it reads, are dead, and so is block_3 (5).
  cell = Cell((block(0, 0), block(1, 2), block(2, 2), block(3, 4)), (4,))
  assert cell.live_states() == (0, 2, 4)
  assert cell.live_blocks() == (0, 2)


def test_a_concatenated_input_is_live():
  cell = Cell((block(0, 0), block(0, 0)), (3, 1))
  assert cell.live_states() == (0, 1, 3)


def test_a_cell_without_any_live_block_is_valid():
  assert Cell((block(0, 1),), (0,)).live_blocks() == ()


def test_edges_pair_inputs_with_operations():
  assert block(1, 0).edges() == ((1, SEP), (0, 'identity'))
