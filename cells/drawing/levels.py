"""At which level each state of a drawn cell stands in its columns.

A level is a y coordinate, in inches, that grows downwards. The order of each
column is given; within it, wires should be as level as they can be.
"""

from collections.abc import Sequence

from nasnet_search.cells.drawing import style
from nasnet_search.cells.drawing.order import Columns, Link

Levels = list[dict[int, float]]
"""For each column, the level of each state in it, lanes included."""

_SWEEPS = 60
_LANE_WEIGHT = 6.0
"""How much more a wire that meets a lane counts than one between blocks."""


def find_levels(columns: Columns) -> Levels:
  """Returns levels that keep the orders and leave wires nearly level.

  Sweeps over the columns forth and back, and moves the states of each column
  to the levels nearest to the other ends of their wires, by least squares.
  """
  spacings = [_spacing(columns, c) for c in range(len(columns.orders))]
  levels = [
    dict(zip(order, spacing, strict=True))
    for order, spacing in zip(columns.orders, spacings, strict=True)
  ]
  forth = range(len(levels))
  for _ in range(_SWEEPS):
    for column in (*forth, *reversed(forth)):
      wishes = _wishes(columns, levels, column)
      spacing = spacings[column]
      # Less the spacing, to keep the order means not to decrease.
      shifts = _non_decreasing(
        [(y - place, n) for (y, n), place in zip(wishes, spacing, strict=True)]
      )
      for state, shift, place in zip(
        columns.orders[column], shifts, spacing, strict=True
      ):
        levels[column][state] = shift + place
  return levels


def arrival(columns: Columns, levels: Levels, column: int, link: Link) -> float:
  """Returns the level at which a link from a column arrives."""
  return levels[column + 1][link.target] + _offset(columns, link)


def port_offset(ports: tuple[int, int], side: int) -> float:
  """Returns how far below the middle of its block an operation lies.

  Args:
    ports: The sides of the block from top to bottom.
    side: Which of the two operations it is.
  """
  return style.PORT_OFFSET if ports.index(side) else -style.PORT_OFFSET


def _offset(columns: Columns, link: Link) -> float:
  if link.side is None:
    return 0.0
  return port_offset(columns.ports(link.target), link.side)


def _spacing(columns: Columns, column: int) -> list[float]:
  """Returns the levels of a column's states if packed as close as allowed."""
  levels: list[float] = []
  top = 0.0
  for state in columns.orders[column]:
    size = style.BLOCK_SIZE if column else style.INPUT_SIZE
    half = 0.0 if columns.is_lane(state, column) else size[1] / 2
    levels.append(top + half)
    top += 2 * half + style.CLEARANCE
  return levels


def _wishes(
  columns: Columns, levels: Levels, column: int
) -> list[tuple[float, float]]:
  """Returns the level each state's wires would have it at, and its weight."""
  sums = dict.fromkeys(columns.orders[column], (0.0, 0.0))

  def wish(state: int, link: Link, level: float) -> None:
    weight = _LANE_WEIGHT if columns.meets_lane(link) else 1.0
    total, weights = sums[state]
    sums[state] = (total + weight * level, weights + weight)

  for link in columns.links(column - 1) if column else ():
    level = levels[column - 1][link.source] - _offset(columns, link)
    wish(link.target, link, level)
  for link in columns.links(column):
    wish(link.source, link, arrival(columns, levels, column, link))
  return [
    (total / weight, weight) if weight else (levels[column][state], 1.0)
    for state, (total, weight) in sums.items()
  ]


def _non_decreasing(wishes: Sequence[tuple[float, float]]) -> list[float]:
  """Returns the non-decreasing numbers nearest to numbers with weights.

  Least squares by pooling adjacent violators. scikit-learn has it too, but
  this room needs no more than NumPy and Matplotlib.
  """
  pools: list[tuple[float, float, int]] = []
  for mean, weight in wishes:
    count = 1
    while pools and pools[-1][0] > mean:
      other, other_weight, other_count = pools.pop()
      total = weight + other_weight
      mean = (mean * weight + other * other_weight) / total
      weight, count = total, count + other_count
    pools.append((mean, weight, count))
  return [mean for mean, _, count in pools for _ in range(count)]
