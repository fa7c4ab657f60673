"""A whole network at a glance: its parts in a row, with their shapes.

The taller a part, the larger its images; what repeats is drawn as a stack of
cards. Inches on one set of axes, whose y grows downwards. Matplotlib is
imported only while something is painted.
"""

import dataclasses
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nasnet_search.cells.drawing.brush import Brush
from nasnet_search.cells.drawing.frame import LINE, paint_frame
from nasnet_search.cells.drawing.layout import Point
from nasnet_search.cells.drawing.style import (
  DARK,
  INK,
  LIGHT,
  PART_COLORS,
  Palette,
)
from nasnet_search.cells.errors import check_choice

if TYPE_CHECKING:
  from matplotlib.axes import Axes

KINDS = tuple(PART_COLORS)
_WIDTH = 0.95
_GAP = 0.32
_HEIGHT = (0.62, 0.3)
"""Height of the smallest images, and what a doubling of their size adds."""
_MARGIN = 0.24
"""Keeps the outline of the panel within the figure."""
_TITLE_HEIGHT = 0.42
"""Height of a line of small text."""
_CARD = 0.06
"""How far a card of a stack lies behind the one before it."""
_MOST_CARDS = 3
_BRANCH_HEIGHT = 0.75
"""Room for the heads that hang below the row."""
_LETTER_WIDTH = 0.115
_UNITS = {'pool': 'features', 'classifier': 'classes', 'head': 'classes'}
"""What the last number of a shape counts, where that is not channels."""


@dataclasses.dataclass(frozen=True)
class Part:
  """A part of a network, or several equal ones in a row.

  Attributes:
    kind: One of `KINDS`, which sets the colour; a `head` hangs below the part
      before it instead of standing in the row.
    label: What is written on it.
    shape: Shape of its output for one image: `[height, width, channels]`, or
      `[features]`.
    repeats: How many of them follow each other.

  Raises:
    UserError: The kind is unknown.
  """

  kind: str
  label: str
  shape: tuple[int, ...]
  repeats: int = 1

  def __post_init__(self) -> None:
    check_choice('kind of part', self.kind, KINDS)


class NetworkPanel:
  """A network, placed and ready to be painted.

  Args:
    parts: The parts in the order of the data; the first stands in the row.
    title: What to write above them.
    notes: Lines to write below them.
    dark: Whether the panel is dark.

  Attributes:
    size: Width and height of the panel.
  """

  def __init__(
    self,
    parts: Sequence[Part],
    title: str,
    notes: Sequence[str],
    *,
    dark: bool,
  ) -> None:
    self._parts = tuple(parts)
    self._title = title
    self._notes = tuple(notes)
    self._palette: Palette = DARK if dark else LIGHT
    row = [part for part in parts if part.kind != 'head']
    self._smallest = min(part.shape[0] for part in row if len(part.shape) > 1)
    tallest = max(self._height(part) for part in row)
    self._top = _MARGIN + (_TITLE_HEIGHT if title else 0.0)
    self._middle = self._top + _CARD * 2 + tallest / 2
    self._below = self._middle + tallest / 2 + 0.16
    bottom = self._below + 2 * LINE
    if len(row) < len(parts):
      bottom += _BRANCH_HEIGHT
    width = len(row) * (_WIDTH + _GAP) - _GAP
    letters = max(len(title), *map(len, notes), 0) * _LETTER_WIDTH
    self.size = (
      max(width, letters) + 2 * _MARGIN,
      bottom + (0.14 + LINE * len(notes) if notes else 0.0) + _MARGIN,
    )

  def paint(self, axes: 'Axes') -> None:
    """Paints the panel on axes of its size, in inches, y downwards."""
    brush = Brush(axes, self._palette.panel)
    paint_frame(
      brush, self._palette, self.size, _MARGIN, self._title, self._notes
    )
    left, before = _MARGIN, self._parts[0]
    for index, part in enumerate(self._parts):
      if part.kind == 'head':
        self._paint_head(brush, part, left - _GAP - _WIDTH)
        continue
      if index:
        behind = _CARD * (min(before.repeats, _MOST_CARDS) - 1)
        self._paint_arrow(brush, (left - _GAP + behind, self._middle), left)
      before = part
      self._paint_part(brush, part, left)
      left += _WIDTH + _GAP

  def _height(self, part: Part) -> float:
    if len(part.shape) == 1:
      return _HEIGHT[0]
    doublings = math.log2(part.shape[0] / self._smallest)
    return _HEIGHT[0] + _HEIGHT[1] * doublings

  def _paint_arrow(self, brush: Brush, start: Point, right: float) -> None:
    color = self._palette.wires[2]
    tip = (right, start[1])
    brush.line(start, tip, color)
    brush.arrow_head(tip, color)

  def _paint_part(self, brush: Brush, part: Part, left: float) -> None:
    height = self._height(part)
    top = self._middle - height / 2
    for card in reversed(range(min(part.repeats, _MOST_CARDS))):
      brush.box(
        (left + card * _CARD, top - card * _CARD),
        (_WIDTH, height),
        fill=PART_COLORS[part.kind],
        edge=self._palette.panel if card else self._palette.outline,
        radius=0.07,
      )
    center = left + _WIDTH / 2
    lines = part.label.split('\n')
    if part.repeats > 1:
      lines.append(f'x {part.repeats}')
    for number, line in enumerate(lines):
      y = self._middle + (number - (len(lines) - 1) / 2) * LINE
      repeats = part.repeats > 1 and number == len(lines) - 1
      brush.text((center, y), line, INK, size=9, bold=repeats)
    self._paint_shape(brush, part, (center, self._below))

  def _paint_shape(self, brush: Brush, part: Part, place: Point) -> None:
    *size, count = part.shape
    unit = _UNITS.get(part.kind, 'channel' if count == 1 else 'channels')
    lines = [f'{count:,} {unit}']
    if size:
      lines.insert(0, 'x'.join(map(str, size)))
    x, y = place
    for number, line in enumerate(lines):
      color = self._palette.text
      brush.text((x, y + number * LINE), line, color, size=8.5)

  def _paint_head(self, brush: Brush, part: Part, above: float) -> None:
    """Paints what hangs below the part whose left edge is given."""
    x = above + _WIDTH + _GAP / 2
    y = self._below + 2 * LINE + 0.35
    color = self._palette.wires[2]
    brush.line((x, self._middle), (x, y), color)
    left = x + 0.25
    self._paint_arrow(brush, (x, y), left)
    brush.box(
      (left, y - 0.25),
      (1.3, 0.5),
      fill=PART_COLORS[part.kind],
      edge=self._palette.outline,
      radius=0.07,
    )
    for number, line in enumerate(part.label.split('\n')):
      place = (left + 0.65, y + (number - part.label.count('\n') / 2) * LINE)
      brush.text(place, line, INK, size=9)
    self._paint_shape(brush, part, (left + 1.3 + 0.5, y))
