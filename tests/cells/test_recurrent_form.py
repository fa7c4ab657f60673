"""The canonical key of recurrent cells, against what cells compute.

Two cells are the same if some renaming of the leaves makes their new states
equal at random points. A fingerprint that no renaming changes tells it: a
mean, over all renamings, of a function of all that is computed.
"""

import itertools

import numpy as np
import pytest
from scipy.spatial import cKDTree

from nasnet_search.cells.recurrent_cell import ACTIVATIONS, COMBINATIONS
from nasnet_search.cells.recurrent_cell_space import RecurrentCellSpace
from nasnet_search.cells.search_space import random_choices
from tests.cells.recurrent_cells import NAS_CELL, cell_of, new_states

_POINTS = 60
_CLOSE = 1e-9


class Fingerprints:
  """What cells of a base number compute, whatever their leaves are named."""

  def __init__(self, base):
    rng = np.random.default_rng(base)
    orders = np.array(list(itertools.permutations(range(base))))
    # [leaves, orders, points]
    self._x, self._h = rng.normal(0, 2, size=(2, base, _POINTS))[:, orders.T]
    self._memory = rng.normal(size=_POINTS)
    self._mix = rng.normal(0, 0.1, size=(2 * _POINTS, 6))

  def __call__(self, cell):
    shape = self._x.shape[1:]
    states = [
      np.broadcast_to(state, shape)
      for state in new_states(cell, self._x, self._h, self._memory)
    ]
    return np.tanh(np.concatenate(states, axis=1) @ self._mix).mean(axis=0)


def check_keys(cells, base):
  """Keys must be equal exactly where fingerprints are; returns their number."""
  fingerprint, groups = Fingerprints(base), {}
  for cell in cells:
    groups.setdefault(cell.canonical_key(), []).append(fingerprint(cell))
  for prints in groups.values():
    np.testing.assert_allclose(prints, prints[:1] * len(prints), atol=_CLOSE)
  firsts = np.array([prints[0] for prints in groups.values()])
  assert not cKDTree(firsts).query_pairs(_CLOSE * 100)
  return len(groups)


def test_all_cells_of_base_two_without_a_say_of_the_memory():
  """Every tree, the memory injected in two ways and places."""
  cells = [
    cell_of(' '.join(nodes), inject, source, node)
    for nodes in itertools.product(
      [f'{sign}{name}' for sign in '+*' for name in ACTIVATIONS], repeat=3
    )
    for inject, source, node in (('+tanh', 0, 2), ('*relu', 2, 1))
  ]
  assert check_keys(cells, 2) < len(cells) == 1024


@pytest.mark.slow
def test_all_cells_of_base_two():
  space = RecurrentCellSpace(2)
  sizes = [len(COMBINATIONS), len(ACTIVATIONS)] * 4 + [3, 3]
  cells = [space.decode(c) for c in itertools.product(*map(range, sizes))]
  assert len(cells) == 36864
  assert check_keys(cells, 2) < len(cells) / 2


@pytest.mark.parametrize('share', [0.1, 0.9])
def test_cells_of_base_four_that_multiply_much_and_forget_little(share):
  """Few activations and places make many cells that are equal."""
  rng, cells = np.random.default_rng(1), []
  for _ in range(1200):
    nodes = [
      f'{sign}{rng.choice(["identity", "relu", "sigmoid", "tanh"], p=chances)}'
      for sign, chances in zip(
        rng.choice(['*', '+'], 7, p=(share, 1 - share)),
        [(0.5, 0.2, 0.3, 0)] * 4 + [(0.5, 0.4, 0, 0.1)] * 3,
        strict=True,
      )
    ]
    source, node = int(rng.choice([0, 4, 6])), int(rng.choice([2, 6]))
    cells.append(cell_of(' '.join(nodes), '*relu', source, node))
  assert check_keys(cells, 4) < len(set(cells)) - 30


def test_random_cells_of_base_four():
  space, rng = RecurrentCellSpace(4), np.random.default_rng(1)
  check_keys([space.decode(random_choices(space, rng)) for _ in range(500)], 4)


SAME = {
  'children swapped': (
    ('+tanh *relu *sigmoid', '+relu', 1, 0),
    ('*relu +tanh *sigmoid', '+relu', 0, 1),
  ),
  'sums of sums': (
    ('+tanh +tanh +relu +relu +identity +identity +tanh', '+tanh', 6, 6),
    ('+tanh +relu +tanh +relu +identity +identity +tanh', '+tanh', 6, 6),
  ),
  'no negative product': (
    ('+sigmoid +sigmoid *relu', '+tanh', 0, 2),
    ('+sigmoid +sigmoid *identity', '+tanh', 0, 2),
  ),
  'a factor taken out': (
    ('+identity +sigmoid *relu', '+tanh', 1, 2),
    ('+relu +sigmoid *identity', '+tanh', 1, 2),
  ),
  'a factor through tanh': (
    ('+identity +sigmoid +relu +relu *tanh +identity *relu', '+tanh', 5, 6),
    ('+relu +sigmoid +relu +relu *tanh +identity *identity', '+tanh', 5, 6),
  ),
  'never below zero, but only just': (
    # tanh > -1, and the sigmoid of what is not negative is 1/2 at least.
    (
      '+relu +relu +relu +relu +tanh +relu *tanh +tanh '
      '+sigmoid +sigmoid +tanh +relu +identity *tanh +relu',
      '+tanh',
      10,
      14,
    ),
    (
      '+relu +relu +relu +relu +tanh +relu *tanh +tanh '
      '+sigmoid +sigmoid +tanh +relu +identity *tanh +identity',
      '+tanh',
      10,
      14,
    ),
  ),
}
DIFFERENT = {
  'what the memory is': (
    ('+tanh +tanh +relu +relu +identity +identity +tanh', '+tanh', 4, 6),
    ('+tanh +relu +tanh +relu +identity +identity +tanh', '+tanh', 4, 6),
  ),
  'two of any sign': (
    ('+identity +identity *relu', '+tanh', 1, 2),
    ('+relu +relu *identity', '+tanh', 1, 2),
  ),
  'where c is injected': (
    ('+tanh +tanh *sigmoid', '+relu', 1, 0),
    ('+tanh +tanh *sigmoid', '+relu', 1, 1),
  ),
}


@pytest.mark.parametrize('name', SAME)
def test_same(name):
  cells = [cell_of(*each) for each in SAME[name]]
  assert check_keys(cells, cells[0].base_number) == 1


@pytest.mark.parametrize('name', DIFFERENT)
def test_different(name):
  cells = [cell_of(*each) for each in DIFFERENT[name]]
  assert check_keys(cells, cells[0].base_number) == 2


def test_keys_are_kept_by_runs_and_so_for_ever():
  assert NAS_CELL.canonical_key() == '5b57d4662ca245b1597b71bc451848bf'
