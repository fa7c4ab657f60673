"""Recurrent cells as data: the tree, files, formulas, mistakes."""

import json
import re

import numpy as np
import pytest

from nasnet_search.cells import architectures
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.recurrent_cell import (
  Merge,
  RecurrentCell,
  recurrent_cell_of,
)
from nasnet_search.cells.recurrent_formulas import formula_lines, formulas
from nasnet_search.cells.zoo import load
from tests.cells.recurrent_cells import (
  FIGURE_5,
  NAS_CELL,
  cell_of,
  new_states,
)


def test_nodes_are_numbered_as_in_the_paper():
  assert FIGURE_5.base_number == 2
  assert [FIGURE_5.children(node) for node in range(3)] == [None, None, (0, 1)]
  assert NAS_CELL.base_number == 8
  # As TensorFlow's NASCell joins its l2, l3 and last layers.
  assert [NAS_CELL.children(node) for node in range(7, 15)] == [
    None, (0, 1), (2, 3), (4, 5), (6, 7), (8, 9), (10, 11), (12, 13),
  ]  # fmt: skip
  assert NAS_CELL.root == 14


def test_the_formulas_of_figure_5_are_those_of_the_paper():
  assert formulas(FIGURE_5) == [
    ('a0', 'tanh(W0 x + U0 h)'),
    ("a0'", 'relu(a0 + c)'),
    ('a1', 'relu(W1 x * U1 h)'),
    ('new c', 'W1 x * U1 h'),
    ('new h = a2', "sigmoid(a0' * a1)"),
  ]


def test_the_new_hidden_state_is_what_comes_after_an_injection_at_the_root():
  cell = cell_of('+tanh +tanh +identity', '*relu', 2, 2)
  assert formula_lines(cell)[2:] == [
    '         a2 = a0 + a1',
    "new h = a2' = relu(a2 * c)",
    '      new c = a0 + a1',
  ]


def test_the_reference_of_these_tests_computes_figure_5():
  """Against the equations of the paper, written out."""
  p0, p1, q0, q1, c = np.random.default_rng(0).normal(size=(5, 100))
  a0, product = np.tanh(p0 + q0), p1 * q1
  injected = np.maximum(a0 + c, 0)
  expected = 1 / (1 + np.exp(-injected * np.maximum(product, 0)))
  hidden, memory = new_states(FIGURE_5, (p0, p1), (q0, q1), c)
  np.testing.assert_allclose(hidden, expected)
  np.testing.assert_array_equal(memory, product)


@pytest.mark.parametrize('cell', [FIGURE_5, NAS_CELL])
def test_what_is_written_is_read(cell):
  read = architectures.read_architecture(json.loads(cell.to_json()))
  assert read == cell
  assert read.kind == 'recurrent_cell'
  assert recurrent_cell_of(read) is read


def test_a_file_is_as_the_first_version_wrote_it():
  assert FIGURE_5.to_dict() == {
    'format': 'nasnet_search.architecture',
    'format_version': 1,
    'kind': 'recurrent_cell',
    'nodes': [
      {'combination': 'add', 'activation': 'tanh'},
      {'combination': 'multiply', 'activation': 'relu'},
      {'combination': 'multiply', 'activation': 'sigmoid'},
    ],
    'inject': {'combination': 'add', 'activation': 'relu'},
    'memory_source': 1,
    'inject_node': 0,
  }


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    ({'nodes': []}, 'tree has: 2, 4, 8, 16, 32, 64. Received: 0.5'),
    ({'nodes': FIGURE_5.to_dict()['nodes'] * 3}, 'Received: 5'),
    ({'nodes': 3}, 'nodes to be a list. Received: 3'),
    ({'nodes': [1, 2, 3]}, 'node 0: Expected a mapping'),
    ({'memory_source': 3}, 'memory_source to be a node, from 0 to 2'),
    ({'inject_node': True}, 'inject_node to be a node, from 0 to 2'),
    (
      {'inject': {'combination': 'concat', 'activation': 'tanh'}},
      'inject: Unknown combination. Expected one of: add, multiply',
    ),
    (
      {'inject': {'combination': 'add', 'activation': 'selu'}},
      'one of: identity, tanh, sigmoid, relu. Received: ',
    ),
  ],
)
def test_what_is_no_cell_is_refused(change, message):
  with pytest.raises(UserError, match=re.escape(message)):
    RecurrentCell.from_dict({**FIGURE_5.to_dict(), **change})


def test_other_kinds_are_refused():
  with pytest.raises(UserError, match=r"'recurrent_cell'.* kind 'cells'"):
    recurrent_cell_of(load('nasnet_a'))
  with pytest.raises(UserError, match='a combination and an activation'):
    RecurrentCell(('add',) * 3, Merge('add', 'tanh'), 0, 0)
