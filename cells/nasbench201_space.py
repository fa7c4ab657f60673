"""The cell space of NAS-Bench-201 (Dong and Yang 2020, arXiv 2001.00326).

A cell has four nodes. Every pair of them is joined by an edge with one of
five operations; a node is the sum of the edges that end in it.
"""

from nasnet_search.cells.labelled_graphs import LabelledGraph
from nasnet_search.cells.search_space import Choices
from nasnet_search.cells.table_space import TableSpace

OPERATIONS = (
  'none',
  'skip_connect',
  'nor_conv_1x1',
  'nor_conv_3x3',
  'avg_pool_3x3',
)
"""The operations in the order of the benchmark's own code."""
EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
"""The edges as (from node, to node), in the order of the decisions."""
NAMES = tuple(f'e{source}_{target}' for source, target in EDGES)
"""The names of the decisions, which are columns of tables."""


class NASBench201Space(TableSpace):
  """All 15,625 cells: six decisions, each between five operations."""

  def __init__(self) -> None:
    super().__init__(NAMES, [OPERATIONS] * len(EDGES))

  def graphs(self, choices: Choices) -> tuple[LabelledGraph, ...]:
    """Returns the cell as a graph with all its edges, those of `none` too."""
    edges = tuple(
      (source, target, OPERATIONS[choice])
      for (source, target), choice in zip(EDGES, choices, strict=True)
    )
    return (LabelledGraph('cell', (0,), (3,), edges),)
