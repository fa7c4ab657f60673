"""A chain of layers from top to bottom, with who reads whom.

A layer that reads the one right above it has a short arrow; whatever else it
reads comes by a bow on the right, the wider the longer the way. Inches, y grows
downwards. Matplotlib is imported only while something is painted.
"""

from typing import TYPE_CHECKING

from nasnet_search.cells.conv_chain import CONVOLUTION, MAX_POOL, ConvChain
from nasnet_search.cells.drawing.brush import Brush
from nasnet_search.cells.drawing.style import (
  DARK,
  INK,
  LIGHT,
  PART_COLORS,
  Palette,
)

if TYPE_CHECKING:
  from matplotlib.axes import Axes

COLORS = {CONVOLUTION: '#e69f00', MAX_POOL: '#cc79a7'}
"""The colours that cells have for such operations."""
_SIZE = (2.45, 0.32)
_GAP = 0.2
_MARGIN = 0.24
_INSET = 0.02
_TITLE_HEIGHT = 0.42
_LETTER_WIDTH = 0.115
_REACH = (0.25, 0.13, 1.6)
"""How far the shortest bow reaches, what each row adds, and the most."""


class ChainPanel:
  """A chain, placed and ready to be painted.

  Args:
    chain: The layers.
    title: What to write above them.
    dark: Whether the panel is dark.

  Attributes:
    size: Width and height of the panel.
  """

  def __init__(self, chain: ConvChain, title: str, *, dark: bool) -> None:
    self._chain = chain
    self._title = title
    self._palette: Palette = DARK if dark else LIGHT
    self._top = _MARGIN + (_TITLE_HEIGHT if title else 0.0)
    self._wires = list(_wires(chain))
    longest = max(target - source for source, target in self._wires)
    rows = len(chain.layers) + 2
    width = _SIZE[0] + (_reach(longest) if longest > 1 else 0.0)
    self.size = (
      max(width, len(title) * _LETTER_WIDTH) + 2 * _MARGIN,
      self._top + rows * (_SIZE[1] + _GAP) - _GAP + _MARGIN,
    )

  def paint(self, axes: 'Axes') -> None:
    """Paints the panel on axes of its size, in inches, y downwards."""
    brush, palette = Brush(axes, self._palette.panel), self._palette
    width, height = self.size
    brush.box(
      (_INSET, _INSET),
      (width - 2 * _INSET, height - 2 * _INSET),
      fill=palette.panel,
      edge=palette.outline,
      radius=0.12,
    )
    place = (_MARGIN, _MARGIN + 0.04)
    brush.text(
      place, self._title, palette.text, size=12, align='left', bold=True
    )
    for source, target in self._wires:
      self._paint_wire(brush, source, target)
    self._paint_box(brush, 0, 'image', PART_COLORS['image'])
    for number, layer in enumerate(self._chain.layers):
      label = f'{number}: {layer.summary()}'
      self._paint_box(brush, number + 1, label, COLORS[layer.operation])
    last = len(self._chain.layers) + 1
    self._paint_box(brush, last, 'classifier', PART_COLORS['classifier'])

  def _row(self, number: int) -> float:
    """Returns where the middle of a row is."""
    return self._top + number * (_SIZE[1] + _GAP) + _SIZE[1] / 2

  def _paint_box(self, brush: Brush, row: int, label: str, fill: str) -> None:
    middle = self._row(row)
    corner = (_MARGIN, middle - _SIZE[1] / 2)
    brush.box(corner, _SIZE, fill=fill, edge=self._palette.outline, radius=0.07)
    brush.text((_MARGIN + _SIZE[0] / 2, middle), label, INK, size=8.5)

  def _paint_wire(self, brush: Brush, source: int, target: int) -> None:
    color = self._palette.wires[0 if source == 0 else 2]
    start, end = self._row(source), self._row(target)
    if target - source == 1:
      x = _MARGIN + _SIZE[0] / 2
      tip = (x, end - _SIZE[1] / 2)
      brush.line((x, start + _SIZE[1] / 2), tip, color)
      brush.arrow_head(tip, color, towards=(0, 1))
      return
    x, apart = _MARGIN + _SIZE[0], _SIZE[1] / 5
    reach = _reach(target - source)
    brush.bow((x, start + apart), (x, end - apart), reach, color, width=1.2)
    brush.arrow_head((x, end - apart), color, towards=(-1, 0))


def _wires(chain: ConvChain) -> list[tuple[int, int]]:
  """Returns who is read by whom, as rows: the image is 0, layer k is k + 1."""
  last = len(chain.layers) + 1
  found = [
    (source + 1, row)
    for row, layer in enumerate(chain.layers, start=1)
    for source in layer.inputs or (-1,)
  ]
  return found + [(number + 1, last) for number in chain.unread()]


def _reach(rows: int) -> float:
  least, each, most = _REACH
  return min(least + each * (rows - 2), most)
