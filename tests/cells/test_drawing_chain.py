"""Drawings of chains: every layer and every wire, nothing cut off."""

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from nasnet_search.cells.conv_chain import ChainLayer, ConvChain
from nasnet_search.cells.drawing import draw_chain, save_figure

CHAIN = ConvChain(
  (
    ChainLayer(3, 5, 8, ()),
    ChainLayer(3, 3, 0, (0,), 2, 2, 'max_pool'),
    ChainLayer(7, 7, 64, (0, 1), 3, 3),
    ChainLayer(1, 1, 8, ()),
  )
)


def patches(figure, kind):
  return [p for p in figure.axes[0].patches if type(p).__name__ == kind]


def test_everything_is_written():
  texts = [t.get_text() for t in draw_chain(CHAIN, 'Trial 7').axes[0].texts]
  assert texts == [
    'Trial 7',
    'image',
    '0: 8 filters of 3x5',
    '1: max pool 3x3, stride 2x2',
    '2: 64 filters of 7x7, stride 3x3',
    '3: 8 filters of 1x1',
    'classifier',
  ]


def test_every_wire_is_drawn():
  figure = draw_chain(CHAIN)
  # image-0, 0-1, 1-2 and 3-classifier go straight on; image-3, 0-2 and
  # 2-classifier do not.
  assert len(figure.axes[0].lines) == 4
  assert len(patches(figure, 'PathPatch')) == 3
  assert len(patches(figure, 'Polygon')) == 7


@pytest.mark.parametrize('dark', [False, True])
def test_nothing_is_cut_off_or_overlaps(dark):
  # As deep as any, and wired as far as can be.
  layers = [ChainLayer(7, 7, 64, tuple(range(k)), 3, 3) for k in range(20)]
  figure = draw_chain(ConvChain(tuple(layers)), 'A title', dark=dark)
  width, height = figure.get_size_inches()
  renderer = FigureCanvasAgg(figure).get_renderer()
  for artist in (*figure.axes[0].texts, *figure.axes[0].patches):
    box = artist.get_window_extent(renderer).transformed(
      figure.dpi_scale_trans.inverted()
    )
    assert 0 <= box.x0 <= box.x1 <= width
    assert 0 <= box.y0 <= box.y1 <= height
  boxes = patches(figure, 'FancyBboxPatch')[1:]
  labels = figure.axes[0].texts[1:]
  for box, label in zip(boxes, labels, strict=True):
    inside, outside = (
      each.get_window_extent(renderer) for each in (label, box)
    )
    assert outside.x0 < inside.x0 < inside.x1 < outside.x1


def test_equal_chains_give_equal_files(tmp_path):
  for name in ('one.svg', 'other.svg'):
    save_figure(draw_chain(CHAIN, 'Trial 7'), tmp_path / name)
  one, other = ((tmp_path / n).read_bytes() for n in ('one.svg', 'other.svg'))
  assert one == other
