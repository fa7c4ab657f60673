"""Drawings of whole networks: every part, with its shape, nothing cut off."""

import collections
import itertools

import pytest

from nasnet_search.cells.drawing import Part, draw_network, save_figure, style
from nasnet_search.cells.errors import UserError

# NASNet-A 6 @ 768 on CIFAR-10, the shapes of slim's nasnet_test.py.
CIFAR = (
  Part('image', 'image', (32, 32, 3)),
  Part('stem', 'conv 3x3', (32, 32, 96)),
  Part('normal', 'normal\ncell', (32, 32, 192), repeats=6),
  Part('reduction', 'reduction\ncell', (16, 16, 256)),
  Part('normal', 'normal\ncell', (16, 16, 384), repeats=6),
  Part('head', 'auxiliary head\n(training only)', (10,)),
  Part('reduction', 'reduction\ncell', (8, 8, 512)),
  Part('normal', 'normal\ncell', (8, 8, 768), repeats=2),
  Part('pool', 'global\naverage pool', (768,)),
  Part('classifier', 'classifier', (10,)),
)
NOTES = ('Each cell reads the two before it.', '3,346,538 parameters')


def texts(figure):
  artists = figure.axes[0].texts
  return collections.Counter(a.get_text() for a in artists if a.get_text())


def test_everything_is_written():
  found = texts(draw_network(CIFAR, 'NASNet-A 6 @ 768', NOTES))
  assert found['NASNet-A 6 @ 768'] == 1
  assert found['normal'] == 3
  assert found['reduction'] == 2
  assert (found['x 6'], found['x 2'], found['x 1']) == (2, 1, 0)
  assert (found['32x32'], found['16x16'], found['8x8']) == (3, 2, 2)
  assert found['3 channels'] == found['768 channels'] == 1
  assert found['768 features'] == 1
  assert found['10 classes'] == 2
  assert found['auxiliary head'] == 1
  assert all(found[note] == 1 for note in NOTES)


def boxes(figure, color):
  """Returns (left, right, top, bottom) of the boxes of a colour."""
  from matplotlib.colors import to_rgba

  found = [p for p in figure.axes[0].patches if hasattr(p, 'get_boxstyle')]
  return [
    (
      p.get_x(),
      p.get_x() + p.get_width(),
      p.get_y(),
      p.get_y() + p.get_height(),
    )
    for p in found
    if p.get_facecolor() == to_rgba(color)
  ]


def test_larger_images_have_taller_parts_and_repeats_are_stacks():
  figure = draw_network(CIFAR)
  reductions = boxes(figure, style.PART_COLORS['reduction'])
  heights = [bottom - top for _, _, top, bottom in reductions]
  assert heights[0] > heights[1] > 0
  # Three cards for six repeats, two for two.
  assert len(boxes(figure, style.PART_COLORS['normal'])) == 3 + 3 + 2


def test_parts_stand_in_a_row_and_the_head_below():
  figure = draw_network(CIFAR)
  row = [
    box
    for color in set(style.PART_COLORS.values()) - {style.PART_COLORS['head']}
    for box in boxes(figure, color)
    # The panel has the colour of the image.
    if box[1] - box[0] < 2
  ]
  (head,) = boxes(figure, style.PART_COLORS['head'])
  assert head[2] > max(bottom for *_, bottom in row)
  fronts = sorted({left for left, *_ in row if left})
  assert len(fronts) >= 9


@pytest.mark.parametrize('dark', [False, True])
def test_no_text_overlaps_another_or_is_cut_off(dark):
  from matplotlib.backends.backend_agg import FigureCanvasAgg

  large = [
    Part(part.kind, part.label, (*[331] * (len(part.shape) - 1), 4032))
    for part in CIFAR
  ]
  for parts in (CIFAR, large, CIFAR[:3]):
    figure = draw_network(parts, 'A network', NOTES, dark=dark)
    renderer = FigureCanvasAgg(figure).get_renderer()
    extents = [
      artist.get_window_extent(renderer)
      for artist in figure.axes[0].texts
      if artist.get_text()
    ]
    for one, other in itertools.combinations(extents, 2):
      assert not one.overlaps(other)
    for extent in extents:
      assert figure.bbox.containsx(extent.x0)
      assert figure.bbox.containsx(extent.x1)
      assert figure.bbox.containsy(extent.y0)
      assert figure.bbox.containsy(extent.y1)


def test_equal_networks_give_equal_files(tmp_path):
  for suffix in ('.png', '.svg'):
    paths = [tmp_path / f'{name}{suffix}' for name in 'ab']
    for path in paths:
      save_figure(draw_network(CIFAR, 'A', NOTES), path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_unknown_kinds():
  with pytest.raises(UserError, match=r"image, stem.*'pooling'"):
    Part('pooling', 'pool', (8, 8, 3))
