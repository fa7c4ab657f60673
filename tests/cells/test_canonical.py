"""Tests of canonical forms, against brute force over all ways to write a cell.

The brute force shares nothing with the code under test: it lists every
permutation of the blocks and every swap of a block's two sides.
"""

import itertools

import numpy as np
import pytest

from nasnet_search.cells import zoo
from nasnet_search.cells.canonical import canonical_form
from nasnet_search.cells.cell import Block, Cell, unused_states
from nasnet_search.cells.nasnet_space import NASNetSpace
from nasnet_search.cells.search_space import random_choices

TWO = ('identity', 'separable_conv_3x3')
ONE = TWO[:1]
SAME = ('identity', 'identity')


def all_blocks(count, operations, combinations):
  """Yields every tuple of blocks over some names."""
  choices = [
    [
      Block(inputs, names, combination)
      for inputs in itertools.product(range(index + 2), repeat=2)
      for names in itertools.product(operations, repeat=2)
      for combination in combinations
    ]
    for index in range(count)
  ]
  return itertools.product(*choices)


def all_concats(blocks):
  states = range(2 + len(blocks))
  for size in range(1, len(states) + 1):
    yield from itertools.combinations(states, size)


def pruned(cell):
  """Returns (blocks, concat) without dead blocks; concat is a set."""
  live = set(cell.concat)
  for state in range(len(cell.blocks) + 1, 1, -1):
    if state in live:
      live |= set(cell.blocks[state - 2].inputs)
  kept = [s for s in range(2, len(cell.blocks) + 2) if s in live]
  new = {0: 0, 1: 1} | {old: 2 + i for i, old in enumerate(kept)}
  blocks = tuple(
    (
      tuple((new[s], name) for s, name in cell.blocks[old - 2].edges()),
      cell.blocks[old - 2].combination,
    )
    for old in kept
  )
  return blocks, frozenset(new[s] for s in cell.concat)


def rewritings(written):
  """Yields all ways to write a pruned cell, valid orders or not."""
  blocks, concat = written
  for order in itertools.permutations(range(len(blocks))):
    new = {0: 0, 1: 1} | {2 + old: 2 + i for i, old in enumerate(order)}
    moved = [
      (tuple((new[s], name) for s, name in blocks[old][0]), blocks[old][1])
      for old in order
    ]
    sides = [((a, b), (b, a)) for (a, b), _ in moved]
    for chosen in itertools.product(*sides):
      yield (
        tuple(
          (edges, combination)
          for edges, (_, combination) in zip(chosen, moved, strict=True)
        ),
        frozenset(new[s] for s in concat),
      )


@pytest.mark.parametrize(
  ('blocks', 'operations', 'combinations', 'any_concat'),
  [
    (1, TWO, ('add', 'concat'), True),
    (2, TWO, ('add',), True),
    (2, ONE, ('add', 'concat'), True),
    (3, ONE, ('add',), True),
    (3, TWO, ('add',), False),
  ],
)
def test_equal_exactly_if_brute_force_says_so(
  blocks, operations, combinations, any_concat
):
  classes, forms = {}, {}
  for tuple_of_blocks in all_blocks(blocks, operations, combinations):
    concats = (
      all_concats(tuple_of_blocks)
      if any_concat
      else [unused_states(tuple_of_blocks)]
    )
    for concat in concats:
      cell = Cell(tuple_of_blocks, concat)
      written = pruned(cell)
      if written not in classes:
        number = len(set(classes.values()))
        classes.update(dict.fromkeys(rewritings(written), number))
      # Each class has one form, and each form belongs to one class.
      form = canonical_form(cell)
      assert forms.setdefault(form, classes[written]) == classes[written]
  used = {classes[w] for w in classes}
  assert len(forms) == len(set(forms.values())) == len(used)


def shuffled(cell, rng):
  """Returns the cell with blocks in another order and sides swapped."""
  waiting = list(range(len(cell.blocks)))
  new = {0: 0, 1: 1}
  blocks = []
  while waiting:
    ready = [k for k in waiting if set(cell.blocks[k].inputs) <= set(new)]
    chosen = ready[rng.integers(len(ready))]
    waiting.remove(chosen)
    edges = [(new[s], name) for s, name in cell.blocks[chosen].edges()]
    if rng.integers(2):
      edges.reverse()
    inputs, names = zip(*edges, strict=True)
    blocks.append(Block(inputs, names, cell.blocks[chosen].combination))
    new[2 + chosen] = 1 + len(blocks)
  concat = rng.permutation([new[s] for s in cell.concat]).tolist()
  return Cell(tuple(blocks), tuple(concat))


@pytest.mark.parametrize('blocks', range(1, 11))
def test_rewriting_a_random_cell_keeps_its_form(blocks):
  rng = np.random.default_rng(blocks)
  # Few names make for many ties.
  for names in ((), TWO, ONE):
    space = NASNetSpace(blocks, names, () if len(names) != 1 else ('add',))
    for _ in range(10):
      cell = space.decode(random_choices(space, rng)).normal
      assert canonical_form(shuffled(cell, rng)) == canonical_form(cell)


def test_changing_one_thing_changes_the_form():
  rng = np.random.default_rng(0)
  space = NASNetSpace(5)
  for _ in range(50):
    cell = space.decode(random_choices(space, rng)).normal
    index = int(rng.integers(5))
    old = cell.blocks[index]
    new_operation = (
      'identity' if old.operations[0] != 'identity' else 'conv_1x1'
    )
    other = {'add': 'concat', 'concat': 'add'}[old.combination]
    for new in (
      Block(old.inputs, (new_operation, old.operations[1]), old.combination),
      Block(old.inputs, old.operations, other),
    ):
      blocks = (*cell.blocks[:index], new, *cell.blocks[index + 1 :])
      changed = Cell(blocks, cell.concat)
      assert canonical_form(changed) != canonical_form(cell)


def test_a_dead_block_does_not_count():
  block = Block((0, 1), TWO)
  assert canonical_form(Cell((block,), (2,))) == canonical_form(
    Cell((Block((1, 1), SAME), block, Block((3, 2), SAME)), (3,))
  )


def test_two_blocks_of_equal_wiring_are_not_one_block_read_twice():
  # As formulas both are f(f'(x)) + f(f'(x)); the weights f' are two or one.
  twice = Cell((Block((0, 1), TWO), Block((2, 2), TWO)), (3,))
  two = Cell((Block((0, 1), TWO), Block((0, 1), TWO), Block((2, 3), TWO)), (4,))
  assert canonical_form(twice) != canonical_form(two)


def test_the_inputs_are_not_interchangeable():
  one, other = (Cell((Block((i, i), TWO),), (2,)) for i in (0, 1))
  assert canonical_form(one) != canonical_form(other)


def ring(*pairs):
  """Returns a cell with equal blocks 2 to 6 and five that join pairs."""
  first = (Block((0, 0), SAME),) * 5
  return Cell((*first, *(Block(p, SAME) for p in pairs)), tuple(range(7, 12)))


def test_tells_a_ring_of_five_from_rings_of_three_and_two():
  """Refining colours alone cannot: every block looks like every other."""
  five = ring((2, 3), (3, 4), (4, 5), (5, 6), (6, 2))
  three_and_two = ring((2, 3), (3, 4), (4, 2), (5, 6), (6, 5))
  other_five = ring((2, 4), (4, 6), (6, 3), (3, 5), (5, 2))
  assert canonical_form(five) != canonical_form(three_and_two)
  assert canonical_form(five) == canonical_form(other_five)


@pytest.mark.parametrize(
  'cell',
  [
    Cell((Block((0, 1), SAME),) * 10, tuple(range(2, 12))),
    ring((2, 2), (3, 3), (4, 4), (5, 5), (6, 6)),
    ring((0, 2), (0, 3), (0, 4), (0, 5), (0, 6)),
    ring((2, 3), (3, 4), (4, 5), (5, 6), (6, 2)),
    ring((2, 3), (3, 4), (4, 2), (5, 6), (6, 5)),
  ],
  ids=['ten', 'five_chains', 'five_pairs', 'ring', 'rings'],
)
def test_symmetric_cells_need_few_forms(cell, monkeypatch):
  """Counts work instead of time: 10! or 5! forms would be out of bounds."""
  from nasnet_search.cells import canonical

  calls = []
  form = canonical._Graph._form
  monkeypatch.setattr(
    canonical._Graph, '_form', lambda *args: calls.append(1) or form(*args)
  )
  expected = canonical_form(cell)
  assert len(calls) < 100
  rng = np.random.default_rng(0)
  assert canonical_form(shuffled(cell, rng)) == expected


def test_keys_stay_what_they_are():
  """Runs store keys to find duplicates: a change here breaks resuming them."""
  key = zoo.load('nasnet_a').canonical_key()
  assert key == '474a57cbd125b8faa6a4c73f8243338b'
