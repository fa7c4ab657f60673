"""Tests of the NASNet search space against what the paper says of it."""

import math

import numpy as np
import pytest

from nasnet_search.cells import zoo
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.cell import Block, Cell
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.nasnet_space import NASNetSpace
from nasnet_search.cells.operations import ALL_OPERATIONS, FURTHER_OPERATIONS
from nasnet_search.cells.search_space import random_choices


def decisions(space):
  """Returns all decisions, choosing the first outcome of each."""
  found, choices = [], ()
  while (decision := space.next_decision(choices)) is not None:
    found.append(decision)
    choices += (decision.allowed.index(True),)
  return found


def test_the_paper_s_50_decisions_in_its_order():
  found = decisions(NASNetSpace())
  assert len(found) == 50
  # NASNet paper, section 3, steps 1 to 5; App. A.4: normal cell first.
  assert [decision.name for decision in found[:6]] == [
    'normal/block_0/input_1',
    'normal/block_0/input_2',
    'normal/block_0/operation_1',
    'normal/block_0/operation_2',
    'normal/block_0/combination',
    'normal/block_1/input_1',
  ]
  assert found[25].name == 'reduction/block_0/input_1'
  assert found[49].name == 'reduction/block_4/combination'


def test_kinds_sizes_and_masks():
  found = decisions(NASNetSpace())
  kinds = {(decision.kind, decision.size) for decision in found}
  assert kinds == {('input', 6), ('operation', 13), ('combination', 2)}
  # Block k chooses among k + 2 states: two inputs and k earlier blocks.
  inputs = [sum(d.allowed) for d in found if d.kind == 'input']
  assert inputs == [2, 2, 3, 3, 4, 4, 5, 5, 6, 6] * 2
  assert found[5].allowed == (True, True, True, False, False, False)
  assert all(all(d.allowed) for d in found if d.kind != 'input')
  assert [d.group for d in found] == list(range(50))


def test_size_of_the_space():
  """The published size counts one cell's inputs and operations in order."""
  cell = decisions(NASNetSpace())[:25]
  size = math.prod(sum(d.allowed) for d in cell if d.kind != 'combination')
  # prod of k^2 * 13^2 for k = 2 to 6 (Radosavovic et al. 2019, "NASNet").
  assert size == pytest.approx(7.1466e16, rel=1e-5)
  assert size == (2 * 3 * 4 * 5 * 6) ** 2 * 13**10


def test_equal_positions_return_the_same_object():
  space = NASNetSpace(2)
  assert space.next_decision((0, 0)) is space.next_decision((1, 1))


@pytest.mark.parametrize('blocks', range(1, 11))
@pytest.mark.parametrize(
  ('operations', 'combinations'),
  [
    ((), ()),
    (('separable_conv_3x3', 'identity', 'max_pool_3x3'), ('concat',)),
    (('identity',), ('add',)),
  ],
)
def test_encode_and_decode_are_exact_inverses(blocks, operations, combinations):
  space = NASNetSpace(blocks, operations, combinations)
  assert len(decisions(space)) == 2 * 5 * blocks
  rng = np.random.default_rng(blocks)
  for _ in range(10):
    choices = random_choices(space, rng)
    architecture = space.decode(choices)
    assert space.encode(architecture) == choices
    assert space.project(architecture) == architecture
    # From NumPy as well, and to plain integers.
    assert space.decode(tuple(np.array(choices))) == architecture
    assert type(architecture.normal.blocks[0].inputs[0]) is int


def test_decode_by_hand():
  space = NASNetSpace(2, ('conv_1x1', 'identity'), ('concat', 'add'))
  normal = (0, 1, 0, 1, 0) + (2, 0, 1, 1, 1)
  reduction = (1, 1, 0, 0, 1) + (0, 1, 1, 0, 0)
  assert space.decode(normal + reduction) == Architecture(
    normal=Cell(
      (
        Block((0, 1), ('conv_1x1', 'identity'), 'concat'),
        Block((2, 0), ('identity', 'identity'), 'add'),
      ),
      concat=(3,),
    ),
    reduction=Cell(
      (
        Block((1, 1), ('conv_1x1', 'conv_1x1'), 'add'),
        Block((0, 1), ('identity', 'conv_1x1'), 'concat'),
      ),
      concat=(2, 3),
    ),
  )


def test_nasnet_a_is_in_the_space_but_for_its_concat_lists():
  space, nasnet_a = NASNetSpace(), zoo.load('nasnet_a')
  with pytest.raises(UserError, match=r'normal cell: .*\(2, 3, 4, 5, 6\)'):
    space.encode(nasnet_a)
  projected = space.project(nasnet_a)
  # The strict rule's lists, as in the DARTS authors' version of NASNet-A.
  assert projected.normal.concat == (2, 3, 4, 5, 6)
  assert projected.reduction.concat == (4, 5, 6)
  assert projected.normal.blocks == nasnet_a.normal.blocks
  assert space.decode(space.encode(projected)) == projected


def test_a_concat_list_in_another_order_is_not_of_the_space():
  space = NASNetSpace(2, ('identity',), ('add',))
  cell = Cell((Block((0, 1), ('identity',) * 2),) * 2, (3, 2))
  with pytest.raises(UserError, match=r'normal cell: .*\(2, 3\).*Project'):
    space.encode(Architecture(cell, cell))


def test_another_number_of_blocks():
  nasnet_a = zoo.load('nasnet_a')
  with pytest.raises(UserError, match=r'normal cell: Expected 4 blocks.*: 5'):
    NASNetSpace(4).encode(nasnet_a)


def test_names_that_are_not_chosen_from():
  nasnet_a = zoo.load('nasnet_a')
  space = NASNetSpace(5, ('identity', 'separable_conv_3x3'))
  message = (
    'normal cell: block_0: Unknown operation of this space. Expected one of: '
    'identity, separable_conv_3x3. .*separable_conv_5x5'
  )
  for method in (space.encode, space.project):
    with pytest.raises(UserError, match=message):
      method(nasnet_a)
  with pytest.raises(UserError, match='block_0: Unknown combination of this'):
    NASNetSpace(5, (), ('concat',)).project(nasnet_a)


@pytest.mark.parametrize('name', ['amoebanet_b', 'amoebanet_d'])
def test_operations_of_later_papers_may_be_named(name):
  """Of those published cells that use one of them."""
  cells = zoo.load(name)
  used = {
    operation
    for _, cell in cells.cells()
    for block in cell.blocks
    for operation in block.operations
  }
  assert used & set(FURTHER_OPERATIONS)
  space = NASNetSpace(5, sorted(used))
  projected = space.project(cells)
  assert space.decode(space.encode(projected)) == projected
  # Unless they are named, they are not chosen from.
  with pytest.raises(UserError, match='Unknown operation of this space'):
    NASNetSpace().project(cells)


def test_all_operations_together_are_a_space():
  space = NASNetSpace(1, ALL_OPERATIONS)
  decision = space.next_decision((0, 0))
  assert (decision.kind, decision.size) == ('operation', 13 + 3)
  found = space.decode((0, 0, 13, 14, 0, 0, 0, 15, 0, 0))
  assert found.normal.blocks[0].operations == (
    'max_pool_2x2', 'dilated_conv_5x5'
  )  # fmt: skip


@pytest.mark.parametrize(
  ('position', 'choice', 'name'),
  [
    (0, 2, 'normal/block_0/input_1 allows, one of: 0, 1. Received: 2'),
    (
      2,
      13,
      'normal/block_0/operation_1 allows, one of: 0, .*, 12. Received: 13',
    ),
    (9, -1, 'normal/block_1/combination allows, one of: 0, 1. Received: -1'),
    (11, 4, 'reduction/block_0/input_2 allows, one of: 0, 1. Received: 4'),
    (12, 0.5, 'reduction/block_0/operation_1 .* Received: 0.5'),
    (13, None, 'reduction/block_0/operation_2 .* Received: None'),
  ],
)
def test_forbidden_choices(position, choice, name):
  choices = [0] * 20
  choices[position] = choice
  with pytest.raises(UserError, match=f'Expected a choice that {name}'):
    NASNetSpace(2).decode(tuple(choices))


@pytest.mark.parametrize(
  ('count', 'message'),
  [
    (0, 'complete choices, normal/block_0/input_1 among them. Received: 0'),
    (19, 'reduction/block_1/combination among them. Received: 19 choices'),
    (21, 'Expected complete choices, 20 of them. Received: 21'),
  ],
)
def test_incomplete_choices(count, message):
  with pytest.raises(UserError, match=message):
    NASNetSpace(2).decode((0,) * count)


@pytest.mark.parametrize(
  ('arguments', 'message'),
  [
    ((0,), 'whole number from 1 to 10. Received: 0'),
    ((11,), 'whole number from 1 to 10. Received: 11'),
    ((2.0,), 'whole number from 1 to 10. Received: 2.0'),
    ((5, ('sep',)), "Unknown operation.*separable_conv_7x7.*'sep'"),
    ((5, ('identity', 'identity')), 'each operation to be given once'),
    ((5, (), ('mul',)), "Unknown combination.*add, concat.*'mul'"),
  ],
)
def test_invalid_spaces(arguments, message):
  with pytest.raises(UserError, match=message):
    NASNetSpace(*arguments)
