"""The frame around a drawing: background, title and notes."""

from collections.abc import Sequence

from nasnet_search.cells.drawing.brush import Brush
from nasnet_search.cells.drawing.layout import Point
from nasnet_search.cells.drawing.style import Palette

LINE = 0.18
"""Height of a line of notes, in inches."""
_INSET = 0.02


def paint_frame(
  brush: Brush,
  palette: Palette,
  size: Point,
  margin: float,
  title: str,
  notes: Sequence[str],
) -> None:
  """Paints what is around and behind a drawing.

  Args:
    brush: What to paint with.
    palette: The colours.
    size: Width and height of the frame, in inches.
    margin: Distance of title and notes from its border.
    title: What stands at the top.
    notes: What stands at the bottom, the last line lowest.
  """
  width, height = size
  brush.box(
    (_INSET, _INSET),
    (width - 2 * _INSET, height - 2 * _INSET),
    fill=palette.panel,
    edge=palette.outline,
    radius=0.12,
  )
  place = (margin, margin + 0.04)
  brush.text(place, title, palette.text, size=12, align='left', bold=True)
  for line, note in enumerate(reversed(notes)):
    place = (margin, height - margin - line * LINE)
    brush.text(place, note, palette.note, size=8.5, align='left')
