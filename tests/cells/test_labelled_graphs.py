"""Paths through graphs and cells."""

from nasnet_search.cells.cell import Block, Cell
from nasnet_search.cells.labelled_graphs import LabelledGraph, cell_graph


def test_every_way_is_listed():
  edges = ((1, 2, 'c'), (0, 1, 'a'), (0, 1, 'b'), (0, 2, 'd'))
  graph = LabelledGraph('', (0,), (2,), edges)
  assert sorted(graph.paths()) == [('a', 'c'), ('b', 'c'), ('d',)]


def test_what_leads_nowhere_is_left_out():
  edges = ((0, 1, 'a'), (0, 2, 'b'), (3, 2, 'c'))
  assert LabelledGraph('', (0,), (2,), edges).paths() == [('b',)]


def test_a_cell_as_a_graph():
  cell = Cell(
    (
      Block((0, 1), ('identity', 'conv_3x3'), 'add'),
      Block((2, 2), ('identity', 'conv_1x1'), 'add'),
      Block((1, 1), ('conv_3x3', 'conv_3x3'), 'add'),
    ),
    (3,),
  )
  # The last block is dead.
  assert sorted(cell_graph('normal', cell).paths()) == [
    ('input_0', 'identity', 'conv_1x1'),
    ('input_0', 'identity', 'identity'),
    ('input_1', 'conv_3x3', 'conv_1x1'),
    ('input_1', 'conv_3x3', 'identity'),
  ]
