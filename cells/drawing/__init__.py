"""Drawings of cells that can be read at a glance.

A cell flows from left to right: its two inputs, its blocks in columns by
depth, its output. Operations have a colour by family and a short label;
wires from the two inputs have the colour of their input. What the output
does not depend on is not built, and is drawn faded.

Drawing one cell twice gives equal files. Matplotlib is imported only while
something is drawn, and its global state is left alone.
"""

from nasnet_search.cells.drawing.figure import (
  draw_architecture,
  draw_cell,
  draw_chain,
  draw_network,
  save_figure,
)
from nasnet_search.cells.drawing.network import Part

__all__ = [
  'Part',
  'draw_architecture',
  'draw_cell',
  'draw_chain',
  'draw_network',
  'save_figure',
]
