"""One drawn cell on its panel: paints what `layout` has placed.

Everything is in inches on one set of axes, whose y grows downwards.
Matplotlib is imported only while something is painted.
"""

from typing import TYPE_CHECKING

from nasnet_search.cells.cell import INPUT_STATES, Cell
from nasnet_search.cells.drawing.brush import Brush
from nasnet_search.cells.drawing.frame import LINE, paint_frame
from nasnet_search.cells.drawing.layout import Point, Wire, layout_cell
from nasnet_search.cells.drawing.levels import port_offset
from nasnet_search.cells.drawing.style import (
  BLOCK_SIZE,
  DARK,
  INK,
  INPUT_SIZE,
  LABELS,
  LIGHT,
  OPERATION_SIZE,
  OUTPUT_SIZE,
  PADDING,
  operation_color,
)

if TYPE_CHECKING:
  from matplotlib.axes import Axes

_INPUT_LABELS = (('$h_i$', 'previous cell'), ('$h_{i-1}$', 'cell before it'))
_ADD_RADIUS = 0.135
_CONCAT_SIZE = (0.22, 0.5)
"""Keeps the outline of a panel within the figure."""
_MARGIN = 0.22
_TITLE_HEIGHT = 0.4
_LETTER_WIDTH = 0.115
"""Room for a letter of the title: no letter of any title is cut off."""
_NOTE_GAP = 0.12
_STRIDE_SIZE = (0.24, 0.2)
"""The mark of what has stride 2."""
_STRIDE_GAP = 0.27
"""How far the middle of such a mark lies before the end of a wire."""
_OUTPUT_ROOM = 0.5
"""Room to the right of the output bar, for the arrow that leaves it."""


class Panel:
  """A cell, placed and ready to be painted.

  Attributes:
    size: Least width and height of the panel.
  """

  def __init__(
    self, cell: Cell, title: str, *, reduction: bool, dark: bool
  ) -> None:
    self._cell = cell
    self._title = title
    self._reduction = reduction
    self._palette = DARK if dark else LIGHT
    self._layout = layout_cell(cell)
    # The number of states stands for the output, as in `Wire.readers`.
    self._live = {*cell.live_states(), len(self._layout.centers)}
    self._notes = self._make_notes()
    self._top = _TITLE_HEIGHT if title else 0.0
    width = self._layout.output[0] + OUTPUT_SIZE[0] + _OUTPUT_ROOM
    height = self._layout.bottom - self._layout.top
    notes = _NOTE_GAP + LINE * len(self._notes) if self._notes else 0.0
    self.size = (
      max(width, _LETTER_WIDTH * len(title)) + 2 * _MARGIN,
      height + 2 * _MARGIN + self._top + notes,
    )

  def paint(self, axes: 'Axes', corner: Point, size: Point) -> None:
    """Paints the panel and the cell in its middle.

    Args:
      axes: Where to paint, in inches, y downwards.
      corner: Upper left corner of the panel.
      size: Width and height of the panel, at least `self.size`.
    """
    brush = Brush(axes, self._palette.panel)
    brush.origin = corner
    paint_frame(brush, self._palette, size, _MARGIN, self._title, self._notes)
    spare = [(a - b) / 2 for a, b in zip(size, self.size, strict=True)]
    brush.origin = (
      corner[0] + _MARGIN + spare[0],
      corner[1] + _MARGIN + spare[1] + self._top - self._layout.top,
    )
    blocks = range(INPUT_STATES, len(self._layout.centers))
    for state in blocks:
      self._paint_frame(brush, state)
    for state in self._layout.centers:
      self._paint_wires(brush, state)
    for state in range(INPUT_STATES):
      self._paint_input(brush, state)
    for state in blocks:
      self._paint_block(brush, state)
    self._paint_output(brush)

  def _make_notes(self) -> list[str]:
    notes = []
    if self._reduction:
      notes.append('/2: stride 2, which halves height and width')
    if not self._live.issuperset(self._layout.centers):
      notes.append(
        'faded: the output does not depend on it, so it is not built'
      )
    return notes

  def _paint_wires(self, brush: Brush, source: int) -> None:
    wires = [wire for wire in self._layout.wires if wire.source == source]
    # The faded ones first, so that they cover no other.
    wires.sort(key=self._is_live)
    # A halo in the colour of the panel keeps crossing wires apart.
    for wire in wires:
      brush.curve(wire.start, wire.end, self._palette.panel, width=4.0)
    color = self._palette.wires[min(source, INPUT_STATES)]
    for wire in wires:
      brush.faded = not self._is_live(wire)
      brush.curve(wire.start, wire.end, color, width=1.5)
      if wire.arrives:
        brush.arrow_head(wire.end, color)
      # An input that is concatenated is halved on its way to the output.
      joined = wire.arrives and wire.readers == (len(self._layout.centers),)
      if joined and self._reduction and source < INPUT_STATES:
        place = (wire.end[0] - _STRIDE_GAP, wire.end[1])
        self._paint_stride(brush, place, edge=color)

  def _is_live(self, wire: Wire) -> bool:
    return not self._live.isdisjoint(wire.readers)

  def _paint_input(self, brush: Brush, state: int) -> None:
    brush.faded = state not in self._live
    x, y = self._layout.centers[state]
    width, height = INPUT_SIZE
    brush.box(
      (x - width / 2, y - height / 2),
      INPUT_SIZE,
      fill=self._palette.panel,
      edge=self._palette.wires[state],
      radius=0.1,
      width=1.8,
    )
    name, meaning = _INPUT_LABELS[state]
    brush.text((x, y - 0.1), name, self._palette.text, size=11, math=True)
    brush.text((x, y + 0.12), meaning, self._palette.text, size=8.5)

  def _paint_frame(self, brush: Brush, state: int) -> None:
    brush.faded = state not in self._live
    x, y = self._layout.centers[state]
    left, top = x - BLOCK_SIZE[0] / 2, y - BLOCK_SIZE[1] / 2
    palette = self._palette
    brush.box(
      (left, top),
      BLOCK_SIZE,
      fill=palette.block,
      edge=palette.outline,
      radius=0.1,
    )
    place = (left + BLOCK_SIZE[0] - PADDING, top + 0.1)
    name = f'block {state - INPUT_STATES}'
    brush.text(place, name, palette.note, size=6.5, align='right')

  def _paint_block(self, brush: Brush, state: int) -> None:
    brush.faded = state not in self._live
    block = self._cell.blocks[state - INPUT_STATES]
    x, y = self._layout.centers[state]
    start = x - BLOCK_SIZE[0] / 2 + PADDING
    right = x + BLOCK_SIZE[0] / 2
    node = (right - PADDING - 0.16, y)
    color = self._palette.wires[INPUT_STATES]
    for side, (source, operation) in enumerate(block.edges()):
      middle = y + port_offset(self._layout.ports[state], side)
      brush.line((start + OPERATION_SIZE[0], middle), node, color, width=1.2)
      strided = self._reduction and source < INPUT_STATES
      self._paint_operation(brush, (start, middle), operation, strided)
    if any(wire.source == state for wire in self._layout.wires):
      brush.line(node, (right, y), color)
    self._paint_combination(brush, node, block.combination)

  def _paint_operation(
    self, brush: Brush, left: Point, operation: str, strided: bool
  ) -> None:
    x, y = left
    width, height = OPERATION_SIZE
    corner = (x, y - height / 2)
    color = operation_color(operation)
    brush.box(corner, OPERATION_SIZE, fill=color, edge='none', radius=0.06)
    badge = _STRIDE_SIZE[0] if strided else 0.0
    middle = (x + (width - badge) / 2, y)
    brush.text(middle, LABELS[operation], INK, size=9)
    if strided:
      self._paint_stride(brush, (x + width - badge / 2 - 0.03, y))

  def _paint_stride(
    self, brush: Brush, center: Point, edge: str = 'none'
  ) -> None:
    width, height = _STRIDE_SIZE
    corner = (center[0] - width / 2, center[1] - height / 2)
    brush.box(corner, _STRIDE_SIZE, fill=INK, edge=edge, radius=0.05)
    brush.text(center, '/2', '#ffffff', size=8, bold=True)

  def _paint_combination(
    self, brush: Brush, center: Point, combination: str
  ) -> None:
    palette = self._palette
    fill, edge = palette.panel, palette.wires[INPUT_STATES]
    if combination == 'add':
      brush.disc(center, _ADD_RADIUS, fill=fill, edge=edge, width=1.2)
      brush.text(center, '+', palette.text, size=12)
      return
    width, height = _CONCAT_SIZE
    brush.box(
      (center[0] - width / 2, center[1] - height / 2),
      _CONCAT_SIZE,
      fill=fill,
      edge=edge,
      radius=0.09,
      width=1.2,
    )
    brush.text(center, combination, palette.text, size=7.5, rotation=90)

  def _paint_output(self, brush: Brush) -> None:
    brush.faded = False
    left, top, bottom = self._layout.output
    palette = self._palette
    brush.box(
      (left, top),
      (OUTPUT_SIZE[0], bottom - top),
      fill=palette.block,
      edge=palette.wires[INPUT_STATES],
      radius=0.1,
      width=1.5,
    )
    middle = (top + bottom) / 2
    right = left + OUTPUT_SIZE[0]
    brush.text(
      (left + OUTPUT_SIZE[0] / 2, middle),
      'concat',
      palette.text,
      size=9.5,
      rotation=90,
    )
    color = palette.wires[INPUT_STATES]
    tip = (right + 0.42, middle)
    brush.line((right, middle), tip, color)
    brush.arrow_head(tip, color)
    place = (right + 0.22, middle - 0.16)
    brush.text(place, '$h_{i+1}$', palette.text, size=11, math=True)
