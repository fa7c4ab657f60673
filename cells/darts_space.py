"""The cell space of DARTS (Liu et al. 2019, arXiv 1806.09055).

Two cells of four nodes. A node adds up two operations on two different ones
of the states before it: the outputs of the two cells before, and the earlier
nodes. The cell's output is all four nodes, concatenated.

Which two states a node reads is one decision, between all pairs; so no cell
can be chosen in two ways that differ in the order of a node's inputs only.
"""

import itertools
from collections.abc import Iterator

from nasnet_search.cells.labelled_graphs import LabelledGraph
from nasnet_search.cells.search_space import Choices
from nasnet_search.cells.table_space import TableSpace

OPERATIONS = (
  'max_pool_3x3',
  'avg_pool_3x3',
  'skip_connect',
  'sep_conv_3x3',
  'sep_conv_5x5',
  'dil_conv_3x3',
  'dil_conv_5x5',
)
"""The operations in the order of the DARTS code, without `none`."""
CELLS = ('normal', 'reduce')
NODES = (2, 3, 4, 5)
"""The nodes; 0 is the cell before the previous one and 1 the previous one."""

DartsCell = tuple[tuple[int, str], ...]
"""Eight edges as (state, operation), the two of each node in a row."""


def pairs(node: int) -> tuple[tuple[int, int], ...]:
  """Returns the pairs of states that a node may read, in order."""
  return tuple(itertools.combinations(range(node), 2))


class DartsSpace(TableSpace):
  """All pairs of DARTS cells, 22 decisions: 11 for each cell.

  The first node of a cell has only one pair of states to read and so no
  decision about it.
  """

  def __init__(self) -> None:
    decisions = dict(_decisions())
    super().__init__(tuple(decisions), tuple(decisions.values()))

  def cells(self, choices: Choices) -> tuple[DartsCell, DartsCell]:
    """Returns the normal and the reduction cell of complete choices."""
    rest = iter(choices)
    return _read_cell(rest), _read_cell(rest)

  def graphs(self, choices: Choices) -> tuple[LabelledGraph, ...]:
    """Returns the two cells as graphs.

    The two inputs of a cell differ, so a path begins with which one it leaves.
    """
    return tuple(
      _graph(name, cell)
      for name, cell in zip(CELLS, self.cells(choices), strict=True)
    )


def _decisions() -> Iterator[tuple[str, tuple[str, ...]]]:
  for cell in CELLS:
    for node in NODES:
      if len(pairs(node)) > 1:
        reads = tuple(f'{first}_{second}' for first, second in pairs(node))
        yield f'{cell}/node_{node}/inputs', reads
      for position in (1, 2):
        yield f'{cell}/node_{node}/operation_{position}', OPERATIONS


def _read_cell(choices: Iterator[int]) -> DartsCell:
  edges = []
  for node in NODES:
    options = pairs(node)
    states = options[next(choices)] if len(options) > 1 else options[0]
    edges += [(state, OPERATIONS[next(choices)]) for state in states]
  return tuple(edges)


def _graph(name: str, cell: DartsCell) -> LabelledGraph:
  edges = [(0, 1 + state, f'input_{state}') for state in (0, 1)]
  for index, (state, operation) in enumerate(cell):
    edges.append((1 + state, 1 + NODES[index // 2], operation))
  outputs = tuple(1 + node for node in NODES)
  return LabelledGraph(name, (0,), outputs, tuple(edges))
