"""Where the parts of a drawn cell go. Geometry only, nothing is painted.

All lengths are inches; x grows to the right and y grows downwards.
"""

import dataclasses
from collections.abc import Iterator

from nasnet_search.cells.cell import INPUT_STATES, Cell
from nasnet_search.cells.drawing.levels import Levels, arrival, find_levels
from nasnet_search.cells.drawing.order import Columns
from nasnet_search.cells.drawing.style import (
  BLOCK_SIZE,
  GAP,
  INPUT_SIZE,
  OUTPUT_SIZE,
  PADDING,
)

Point = tuple[float, float]

_STEEPNESS = 2.5
"""How far a wire may climb, in widths of the gap, before the gap widens."""


@dataclasses.dataclass(frozen=True)
class Wire:
  """A piece of a connection.

  Attributes:
    start: Where it starts.
    end: Where it ends.
    source: The state that is carried.
    readers: Who reads the state at its end or beyond: block states and, for
      the output, the number of states.
    arrives: Whether it ends at a reader, not at a lane.
  """

  start: Point
  end: Point
  source: int
  readers: tuple[int, ...]
  arrives: bool


@dataclasses.dataclass(frozen=True)
class Layout:
  """Where the parts of a cell go.

  Attributes:
    centers: The middle of each state, of an input or a block.
    ports: The sides of each block state from top to bottom.
    wires: All pieces of all connections.
    output: Left edge, top and bottom of the bar that is the output.
    top: The least y of all parts.
    bottom: The greatest y of all parts.
  """

  centers: dict[int, Point]
  ports: dict[int, tuple[int, int]]
  wires: tuple[Wire, ...]
  output: tuple[float, float, float]
  top: float
  bottom: float


def layout_cell(cell: Cell) -> Layout:
  """Returns where the parts of a cell go; equal cells give equal layouts."""
  columns = Columns(cell)
  levels = find_levels(columns)
  lefts = _left_edges(columns, levels)
  arrivals = [levels[-1][state] for state in cell.concat]
  middle = (min(arrivals) + max(arrivals)) / 2
  half = max(max(arrivals) - middle + PADDING, OUTPUT_SIZE[1] / 2)
  extent = [middle - half, middle + half]
  centers = {}
  for state, depth in enumerate(columns.depths):
    width, height = _size(depth)
    y = levels[depth][state]
    centers[state] = (lefts[depth] + width / 2, y)
    extent += [y - height / 2, y + height / 2]
  extent += [y for column in levels for y in column.values()]
  return Layout(
    centers=centers,
    ports={s: columns.ports(s) for s in centers if s >= INPUT_STATES},
    wires=tuple(_wires(columns, levels, lefts)),
    output=(lefts[-1], middle - half, middle + half),
    top=min(extent),
    bottom=max(extent),
  )


def _size(column: int) -> Point:
  return BLOCK_SIZE if column else INPUT_SIZE


def _left_edges(columns: Columns, levels: Levels) -> list[float]:
  """Returns the left edge of each column, and of the output behind them."""
  lefts = [0.0]
  for column in range(len(levels)):
    climb = max(
      (
        abs(
          arrival(columns, levels, column, link) - levels[column][link.source]
        )
        for link in columns.links(column)
      ),
      default=0.0,
    )
    gap = min(max(GAP[0], climb / _STEEPNESS), GAP[1])
    lefts.append(lefts[-1] + _size(column)[0] + gap)
  return lefts


def _wires(
  columns: Columns, levels: Levels, lefts: list[float]
) -> Iterator[Wire]:
  for column, level in enumerate(levels):
    right = lefts[column] + _size(column)[0]
    yield from _wires_through(columns, column, level, lefts[column], right)
    for link in columns.links(column):
      start = (right, level[link.source])
      y = arrival(columns, levels, column, link)
      if link.side is None:
        readers = columns.readers(link.source, column + 1)
        end = (lefts[column + 1], y)
        yield Wire(start, end, link.source, readers, arrives=False)
      else:
        # An operation stands inside its block.
        end = (lefts[column + 1] + PADDING, y)
        yield Wire(start, end, link.source, (link.target,), arrives=True)
  right = lefts[-2] + _size(len(levels) - 1)[0]
  for state in columns.cell.concat:
    y = levels[-1][state]
    readers = (len(columns.depths),)
    yield Wire((right, y), (lefts[-1], y), state, readers, arrives=True)


def _wires_through(
  columns: Columns,
  column: int,
  level: dict[int, float],
  left: float,
  right: float,
) -> Iterator[Wire]:
  for state, y in level.items():
    if columns.is_lane(state, column):
      readers = columns.readers(state, column)
      yield Wire((left, y), (right, y), state, readers, arrives=False)
