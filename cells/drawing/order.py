"""In which order the states of a drawn cell stand in its columns.

A cell is drawn from left to right: the two inputs are column 0, a block is in
the column of its depth, and the output is behind the last column. A state
that is read further right than in the next column passes the columns between
on a *lane*, one a column, which all its later readers share. Lanes take
places in their columns as blocks do.

This is layered graph drawing (Sugiyama et al., 1981). Nothing is painted
here and no lengths are known: `layout` turns orders into places.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np

from nasnet_search.cells.cell import INPUT_STATES, Cell

_STARTS = 16
"""Orders to start from: against a single one, these halve the crossings in
random cells of five blocks, for 0.02 s; of ten blocks, for 0.2 s."""


@dataclasses.dataclass(frozen=True)
class Link:
  """One piece of a connection, from a column to the next.

  Attributes:
    source: The state, which is in the left column itself or on a lane.
    target: The block state that reads it, or the state itself for a lane.
    side: Which of the block's two inputs it is, or None for a lane.
  """

  source: int
  target: int
  side: int | None = None


class Columns:
  """The states of a cell in columns, ordered so that few wires cross.

  Attributes:
    cell: The cell.
    depths: The column of each state.
    orders: The states of each column from top to bottom, lanes included.
  """

  def __init__(self, cell: Cell) -> None:
    self.cell = cell
    self.depths = [0] * INPUT_STATES
    for block in cell.blocks:
      self.depths.append(1 + max(self.depths[state] for state in block.inputs))
    self.orders = [
      [
        state
        for state, depth in enumerate(self.depths)
        if depth <= column <= max(depth, self._last_lane(state))
      ]
      for column in range(1 + max(self.depths))
    ]
    self._links = [
      tuple(self._make_links(column)) for column in range(len(self.orders) - 1)
    ]
    self._uncross()

  def links(self, column: int) -> tuple[Link, ...]:
    """Returns the connections from a column to the next, if there is one."""
    return self._links[column] if column < len(self._links) else ()

  def is_lane(self, state: int, column: int) -> bool:
    """Returns whether a state only passes a column."""
    return self.depths[state] < column

  def meets_lane(self, link: Link) -> bool:
    """Returns whether a link begins or ends at a lane."""
    if link.side is None:
      return True
    return self.depths[link.source] < self.depths[link.target] - 1

  def ports(self, state: int) -> tuple[int, int]:
    """Returns the sides of a block from top to bottom.

    The side whose source stands higher comes first: the two sides of a block
    mean the same, and their wires should not cross.
    """
    block = self.cell.blocks[state - INPUT_STATES]
    before = self.orders[self.depths[state] - 1]
    first, second = (before.index(source) for source in block.inputs)
    return (0, 1) if first <= second else (1, 0)

  def readers(self, state: int, column: int) -> tuple[int, ...]:
    """Returns who reads a state to the right of a column.

    They are block states and, for the output, the number of states.
    """
    readers = [
      reader
      for reader, block in enumerate(self.cell.blocks, INPUT_STATES)
      if state in block.inputs and self.depths[reader] > column
    ]
    if state in self.cell.concat:
      readers.append(len(self.depths))
    return tuple(readers)

  def _last_lane(self, state: int) -> int:
    if state in self.cell.concat:
      return max(self.depths)
    columns = (
      self.depths[reader]
      for reader, block in enumerate(self.cell.blocks, INPUT_STATES)
      if state in block.inputs
    )
    return max(columns, default=0) - 1

  def _make_links(self, column: int) -> Iterator[Link]:
    for source in self.orders[column]:
      for target in self.orders[column + 1]:
        if target == source:
          yield Link(source, target)
        elif self.depths[target] == column + 1:
          inputs = self.cell.blocks[target - INPUT_STATES].inputs
          for side, state in enumerate(inputs):
            if state == source:
              yield Link(source, target, side)

  def _uncross(self) -> None:
    """Finds orders that cross few wires, from several starts.

    The inputs stay as they are, so that all drawings look alike there.
    """
    rng = np.random.default_rng(0)
    results = []
    for start in range(_STARTS):
      if start:
        for order in self.orders[1:]:
          rng.shuffle(order)
      cost = self._descend()
      # The number of the start settles ties, so that drawings repeat.
      results.append((cost, start, [list(order) for order in self.orders]))
    _, _, self.orders = min(results)

  def _descend(self) -> tuple[int, float]:
    """Moves single states within their columns as long as that helps."""
    best = self._cost()
    improved = True
    while improved:
      improved = False
      for order in self.orders[1:]:
        for state in list(order):
          start = order.index(state)
          for place in range(len(order)):
            order.remove(state)
            order.insert(place, state)
            if (cost := self._cost()) < best:
              best, start, improved = cost, place, True
          order.remove(state)
          order.insert(start, state)
    return best

  def _cost(self) -> tuple[int, float]:
    """Returns how many wires cross and how far they climb, in that order."""
    crossings, climb = 0, 0.0
    for column, links in enumerate(self._links):
      left = {s: place for place, s in enumerate(self.orders[column])}
      right = {s: place for place, s in enumerate(self.orders[column + 1])}
      ports = {s: self.ports(s) for s in right if self.depths[s] == column + 1}
      ends = []
      for link in links:
        end = right[link.target] + 0.5
        if link.side is not None:
          end = right[link.target] + ports[link.target].index(link.side) / 2
        ends.append((left[link.source], end))
      crossings += sum(a < c and b > d for a, b in ends for c, d in ends)
      middle = (len(left) - len(right)) / 2
      climb += sum(abs(a - b - middle) for a, b in ends)
    return crossings, climb
