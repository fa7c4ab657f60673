"""What an architecture computes, as graphs with operations on their edges.

A search space that knows what its choices are wired to can say so in this
form, for whoever learns from the structure: two architectures are alike if
the same sequences of operations lead from input to output.
"""

import dataclasses
from collections.abc import Iterator

from nasnet_search.cells.cell import INPUT_STATES, Cell

Path = tuple[str, ...]
"""The operations on the way from an input to an output, the first one first."""


@dataclasses.dataclass(frozen=True)
class LabelledGraph:
  """A graph without cycles.

  Attributes:
    name: Which one it is, where an architecture has several.
    inputs: The nodes that paths begin at.
    outputs: The nodes that paths end at.
    edges: Each as (from node, to node, operation); it goes from a lower to a
      higher node.
  """

  name: str
  inputs: tuple[int, ...]
  outputs: tuple[int, ...]
  edges: tuple[tuple[int, int, str], ...]

  def paths(self) -> list[Path]:
    """Returns the operations along every path from an input to an output.

    A path that takes another way through equal operations is listed again. So
    there may be many: the number grows exponentially with the nodes in a row.
    """
    ways: dict[int, list[Path]] = {node: [()] for node in self.inputs}
    for source, target, operation in sorted(self.edges, key=_by_nodes):
      arriving = [(*path, operation) for path in ways.get(source, ())]
      ways.setdefault(target, []).extend(arriving)
    return [
      path for node in self.outputs for path in ways.get(node, ()) if path
    ]


def cell_graph(name: str, cell: Cell) -> LabelledGraph:
  """Returns a NASNet cell as a graph; a block adds up two edges.

  The two inputs of a cell differ, so a path begins with which one it leaves.

  Args:
    name: What to call it.
    cell: The cell.
  """

  def edges() -> Iterator[tuple[int, int, str]]:
    for state in range(INPUT_STATES):
      yield 0, 1 + state, f'input_{state}'
    for index in cell.live_blocks():
      for source, operation in cell.blocks[index].edges():
        yield 1 + source, 1 + INPUT_STATES + index, operation

  outputs = tuple(1 + state for state in cell.concat)
  return LabelledGraph(name, (0,), outputs, tuple(edges()))


def _by_nodes(edge: tuple[int, int, str]) -> tuple[int, int]:
  return edge[0], edge[1]
