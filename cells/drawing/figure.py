"""Figures of cells and architectures: panels put together, and saved."""

import os
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.cell import Cell
from nasnet_search.cells.conv_chain import ConvChain
from nasnet_search.cells.drawing.chain import ChainPanel
from nasnet_search.cells.drawing.network import NetworkPanel, Part
from nasnet_search.cells.drawing.panel import Panel
from nasnet_search.cells.errors import UserError

if TYPE_CHECKING:
  from matplotlib.axes import Axes
  from matplotlib.figure import Figure

_DPI = 150
_SUFFIXES = ('.png', '.svg')
_SIDE_BY_SIDE = 14.5
"""Greatest width of a figure whose cells stand side by side, in inches."""
_SPACE = 0.15
"""Room between two cells, in inches."""


def draw_cell(
  cell: Cell,
  title: str = '',
  *,
  reduction: bool = False,
  dark: bool = False,
) -> 'Figure':
  """Draws a cell.

  Args:
    cell: The cell.
    title: What to write above it.
    reduction: Whether operations on the two inputs have stride 2.
    dark: Whether the panel is dark. Either panel is opaque, so that the
      drawing can be read on a page of any colour.

  Returns:
    A figure, to be saved by `save_figure`.
  """
  return _draw([Panel(cell, title, reduction=reduction, dark=dark)])


def draw_architecture(
  architecture: Architecture, title: str = '', *, dark: bool = False
) -> 'Figure':
  """Draws both cells of an architecture.

  Args:
    architecture: The architecture.
    title: What to write before the names of the cells.
    dark: Whether the panels are dark.

  Returns:
    A figure: the cells side by side, or one above the other where that would
    be too wide to read on a page.
  """
  panels = [
    Panel(
      cell,
      f'{title}: {name} cell' if title else f'{name.capitalize()} cell',
      reduction=name == 'reduction',
      dark=dark,
    )
    for name, cell in architecture.cells()
  ]
  return _draw(panels)


def draw_network(
  parts: Sequence[Part],
  title: str = '',
  notes: Sequence[str] = (),
  *,
  dark: bool = False,
) -> 'Figure':
  """Draws a whole network.

  Args:
    parts: Its parts, in the order of the data.
    title: What to write above them.
    notes: Lines to write below them.
    dark: Whether the panel is dark.

  Returns:
    A figure, to be saved by `save_figure`.
  """
  panel = NetworkPanel(parts, title, notes, dark=dark)
  figure, axes = _empty(*panel.size)
  panel.paint(axes)
  return figure


def draw_chain(
  chain: ConvChain, title: str = '', *, dark: bool = False
) -> 'Figure':
  """Draws a chain of layers.

  Args:
    chain: The layers.
    title: What to write above them.
    dark: Whether the panel is dark.

  Returns:
    A figure, to be saved by `save_figure`.
  """
  panel = ChainPanel(chain, title, dark=dark)
  figure, axes = _empty(*panel.size)
  panel.paint(axes)
  return figure


def save_figure(figure: 'Figure', path: str | os.PathLike[str]) -> None:
  """Saves a figure; equal figures give equal bytes.

  Args:
    figure: What a function of this module returned.
    path: The file, whose suffix says the format: `.png` or `.svg`.

  Raises:
    UserError: The suffix is another one.
  """
  import matplotlib

  suffix = pathlib.Path(path).suffix.lower()
  if suffix not in _SUFFIXES:
    raise UserError(
      f'Expected the file of a drawing to end in {" or ".join(_SUFFIXES)}. '
      f'Received: {os.fspath(path)!r}.'
    )
  # Without these, SVG files hold random names and the time of day.
  metadata = {'Date': None} if suffix == '.svg' else {'Software': None}
  with matplotlib.rc_context({'svg.hashsalt': 'nasnet_search'}):
    figure.savefig(path, dpi=_DPI, metadata=metadata, transparent=True)


def _draw(panels: Sequence[Panel]) -> 'Figure':
  widths = [panel.size[0] for panel in panels]
  heights = [panel.size[1] for panel in panels]
  spaces = _SPACE * (len(panels) - 1)
  beside = sum(widths) + spaces <= _SIDE_BY_SIDE
  if beside:
    width, height = sum(widths) + spaces, max(heights)
  else:
    width, height = max(widths), sum(heights) + spaces
  figure, axes = _empty(width, height)
  x = y = 0.0
  for panel in panels:
    if beside:
      panel.paint(axes, (x, y), (panel.size[0], height))
      x += panel.size[0] + _SPACE
    else:
      panel.paint(axes, (x, y), (width, panel.size[1]))
      y += panel.size[1] + _SPACE
  return figure


def _empty(width: float, height: float) -> tuple['Figure', 'Axes']:
  """Returns a figure of a size in inches, and axes in inches that fill it."""
  from matplotlib.figure import Figure

  figure = Figure(figsize=(width, height))
  axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
  axes.set_axis_off()
  return figure, axes
