"""The few shapes that drawings of cells consist of, on Matplotlib axes.

Everything is in inches; y grows downwards. Matplotlib is imported only while
something is painted.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nasnet_search.cells.drawing.layout import Point

if TYPE_CHECKING:
  from matplotlib.axes import Axes

_ARROW_SIZE = (0.1, 0.09)
_FADED = 0.28
"""Share of its own colour that something faded keeps."""


class Brush:
  """Paints shapes, later ones over earlier ones.

  Attributes:
    origin: Where (0, 0) lies on the axes.
    faded: Whether what is painted next is mixed with the background. It is
      opaque even so: nothing shines through.
  """

  def __init__(self, axes: 'Axes', background: str) -> None:
    self.origin: Point = (0.0, 0.0)
    self.faded = False
    self._axes = axes
    self._background = background
    self._order = 0

  def box(
    self,
    corner: Point,
    size: Point,
    *,
    fill: str,
    edge: str,
    radius: float,
    width: float = 1.0,
  ) -> None:
    """Paints a rounded box, given its upper left corner."""
    from matplotlib.patches import FancyBboxPatch

    patch = FancyBboxPatch(
      self._at(corner),
      *size,
      boxstyle=f'round,pad=0,rounding_size={radius}',
      facecolor=self._mixed(fill),
      edgecolor=self._mixed(edge),
      linewidth=width,
      zorder=self._next(),
    )
    self._axes.add_patch(patch)

  def disc(
    self, center: Point, radius: float, *, fill: str, edge: str, width: float
  ) -> None:
    """Paints a disc."""
    from matplotlib.patches import Circle

    patch = Circle(
      self._at(center),
      radius,
      facecolor=self._mixed(fill),
      edgecolor=self._mixed(edge),
      linewidth=width,
      zorder=self._next(),
    )
    self._axes.add_patch(patch)

  def text(
    self,
    place: Point,
    text: str,
    color: str,
    *,
    size: float,
    align: str = 'center',
    bold: bool = False,
    rotation: float = 0.0,
    math: bool = False,
  ) -> None:
    """Writes text.

    Args:
      place: Where its middle is; for the alignments `left` and `right`, where
        it starts or ends.
      text: What to write.
      color: Its colour.
      size: Size of the letters, in points.
      align: `center`, `left` or `right`.
      bold: Whether it is bold.
      rotation: Degrees by which it is turned to the left.
      math: Whether it is a formula. Dollars in other text are just dollars.
    """
    self._axes.text(
      *self._at(place),
      text,
      color=self._mixed(color),
      fontsize=size,
      fontweight='bold' if bold else 'normal',
      ha=align,
      va='center_baseline' if not rotation else 'center',
      rotation=rotation,
      parse_math=math,
      zorder=self._next(),
    )

  def line(
    self, start: Point, end: Point, color: str, *, width: float = 1.5
  ) -> None:
    """Paints a straight line."""
    (x, y), (other_x, other_y) = self._at(start), self._at(end)
    self._axes.plot(
      [x, other_x],
      [y, other_y],
      color=self._mixed(color),
      linewidth=width,
      solid_capstyle='butt',
      zorder=self._next(),
    )

  def curve(
    self, start: Point, end: Point, color: str, *, width: float
  ) -> None:
    """Paints a curve that leaves and arrives level."""
    middle = (start[0] + end[0]) / 2
    self._path((start, (middle, start[1]), (middle, end[1]), end), color, width)

  def _path(self, points: Sequence[Point], color: str, width: float) -> None:
    """Paints a cubic curve with four points."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    path = Path(
      [self._at(point) for point in points],
      [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4],
    )
    patch = PathPatch(
      path,
      facecolor='none',
      edgecolor=self._mixed(color),
      linewidth=width,
      capstyle='butt',
      zorder=self._next(),
    )
    self._axes.add_patch(patch)

  def bow(
    self, start: Point, end: Point, reach: float, color: str, *, width: float
  ) -> None:
    """Paints a curve that leaves to the right and comes back from there.

    Args:
      start: Where it begins.
      end: Where it ends.
      reach: How far to the right it gets.
      color: Its colour.
      width: Its width, in points.
    """
    # A cubic curve gets three quarters of the way to its middle points.
    middle = max(start[0], end[0]) + reach / 0.75
    self._path((start, (middle, start[1]), (middle, end[1]), end), color, width)

  def arrow_head(
    self, tip: Point, color: str, towards: Point = (1.0, 0.0)
  ) -> None:
    """Paints the head of an arrow that points to the right, or elsewhere."""
    from matplotlib.patches import Polygon

    x, y = self._at(tip)
    (right, down), (length, breadth) = towards, _ARROW_SIZE
    corners = [(x, y)] + [
      (
        x - length * right + side * breadth / 2 * down,
        y - length * down - side * breadth / 2 * right,
      )
      for side in (1, -1)
    ]
    patch = Polygon(
      corners,
      facecolor=self._mixed(color),
      edgecolor='none',
      zorder=self._next(),
    )
    self._axes.add_patch(patch)

  def _mixed(self, color: str) -> tuple[float, ...] | str:
    from matplotlib.colors import to_rgb

    if not self.faded or color == 'none':
      return color
    return tuple(
      _FADED * one + (1 - _FADED) * other
      for one, other in zip(
        to_rgb(color), to_rgb(self._background), strict=True
      )
    )

  def _at(self, point: Point) -> Point:
    return point[0] + self.origin[0], point[1] + self.origin[1]

  def _next(self) -> int:
    self._order += 1
    return self._order
