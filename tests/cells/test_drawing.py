"""Tests of drawings: complete, legible, and the same every time."""

import collections
import itertools
import subprocess
import sys

import numpy as np
import pytest

from nasnet_search.cells import zoo
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.cell import Block, Cell
from nasnet_search.cells.drawing import (
  draw_architecture,
  draw_cell,
  save_figure,
  style,
)
from nasnet_search.cells.drawing.layout import layout_cell
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.nasnet_space import NASNetSpace
from nasnet_search.cells.operations import ALL_OPERATIONS
from nasnet_search.cells.search_space import random_choices

SAME = ('identity', 'identity')


def random_cells(blocks, count=4):
  space, rng = NASNetSpace(blocks), np.random.default_rng(blocks)
  for _ in range(count):
    architecture = space.decode(random_choices(space, rng))
    yield architecture.normal


def texts(figure):
  """Returns how often each text is in a figure."""
  artists = figure.axes[0].texts
  return collections.Counter(a.get_text() for a in artists if a.get_text())


def test_every_operation_has_a_short_label_of_its_own():
  assert set(style.LABELS) == set(ALL_OPERATIONS)
  assert len(set(style.LABELS.values())) == len(ALL_OPERATIONS)
  assert style.LABELS['separable_conv_5x5'] == 'sep 5x5'
  assert style.LABELS['average_pool_3x3'] == 'avg 3x3'
  assert max(map(len, style.LABELS.values())) <= 12


def linear(color):
  """Returns a colour as linear RGB, by sRGB."""
  parts = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
  return np.where(
    parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4
  )


def luminance(color):
  """Returns the relative luminance by WCAG 2.1."""
  return linear(color) @ (0.2126, 0.7152, 0.0722)


def contrast(one, other):
  high, low = sorted((luminance(one), luminance(other)), reverse=True)
  return (high + 0.05) / (low + 0.05)


def test_contrast():
  # WCAG 2.1 AA: 4.5 for text, 3 for graphics.
  for operation in ALL_OPERATIONS:
    assert contrast(style.INK, style.operation_color(operation)) >= 4.5
  for color in style.PART_COLORS.values():
    assert contrast(style.INK, color) >= 4.5
  for palette in (style.LIGHT, style.DARK):
    assert contrast(palette.text, palette.panel) >= 4.5
    assert contrast(palette.note, palette.panel) >= 4.5
    assert min(contrast(w, palette.panel) for w in palette.wires) >= 3


# Machado et al., "A Physiologically-based Model for Simulation of Color Vision
# Deficiency", 2009: matrices for linear RGB, severity 1.
VISIONS = {
  'normal': np.eye(3),
  'protanopia': [
    (0.152286, 1.052583, -0.204868),
    (0.114503, 0.786281, 0.099216),
    (-0.003882, -0.048116, 1.051998),
  ],
  'deuteranopia': [
    (0.367322, 0.860646, -0.227968),
    (0.280085, 0.672501, 0.047413),
    (-0.011820, 0.042940, 0.968881),
  ],
  'tritanopia': [
    (1.255528, -0.076749, -0.178779),
    (-0.078411, 0.930809, 0.147602),
    (0.004733, 0.691367, 0.303900),
  ],
}


def lab(color, vision):
  """Returns a colour in CIELAB, as somebody with a kind of vision sees it."""
  seen = np.clip(np.array(VISIONS[vision]) @ linear(color), 0, 1)
  xyz = np.array(
    [
      (0.4124564, 0.3575761, 0.1804375),
      (0.2126729, 0.7151522, 0.0721750),
      (0.0193339, 0.1191920, 0.9503041),
    ]
  )
  t = xyz @ seen / (0.95047, 1.0, 1.08883)
  x, y, z = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
  return np.array((116 * y - 16, 500 * (x - y), 200 * (y - z)))


@pytest.mark.parametrize('vision', VISIONS)
def test_colors_are_told_apart_with_any_vision(vision):
  groups = [
    {style.operation_color(operation) for operation in ALL_OPERATIONS},
    set(style.PART_COLORS.values()),
    style.LIGHT.wires,
    style.DARK.wires,
  ]
  for colors in groups:
    for one, other in itertools.combinations(colors, 2):
      # CIE76; a difference of 2.3 is just noticeable.
      difference = np.linalg.norm(lab(one, vision) - lab(other, vision))
      assert difference > 12, (one, other)


def test_nasnet_a_is_drawn_completely():
  figure = draw_architecture(zoo.load('nasnet_a'), 'NASNet-A')
  found = texts(figure)
  # Counted by hand in both cells, see test_zoo.
  assert found['sep 3x3'] == 4
  assert found['sep 5x5'] == 4
  assert found['sep 7x7'] == 2
  assert found['avg 3x3'] == 5
  assert found['max 3x3'] == 2
  assert found['identity'] == 3
  assert found['+'] == 10
  assert found['concat'] == 2
  # All seven operations of the reduction cell that read one of its inputs.
  assert found['/2'] == 7
  assert (
    found['NASNet-A: normal cell'] == found['NASNet-A: reduction cell'] == 1
  )
  assert not any(text.startswith('faded') for text in found)


def test_concat_blocks_are_told_from_add_blocks():
  block = Block((0, 1), SAME, 'concat')
  found = texts(draw_cell(Cell((block, Block((2, 0), SAME)), (3,))))
  assert found['+'] == 1
  assert found['concat'] == 2  # The block and the output.


def test_an_input_that_joins_a_smaller_output_has_a_stride_mark():
  # As in the reduction cell of AmoebaNet-C: two operations and the input.
  cell = Cell((Block((0, 1), SAME), Block((2, 2), SAME)), (3, 0))
  assert texts(draw_cell(cell, reduction=True))['/2'] == 3
  assert texts(draw_cell(cell))['/2'] == 0


def test_what_is_not_built_is_faded_and_noted():
  cell = Cell((Block((0, 0), SAME), Block((0, 0), SAME)), (2,))
  figure = draw_cell(cell)
  colors = {a.get_text(): a.get_color() for a in figure.axes[0].texts}
  assert colors['block 0'] == colors['faded: ' + NOTE] == style.LIGHT.note
  # Paler than three in four.
  assert min(colors['block 1']) > 0.75
  assert min(colors['cell before it']) > 0.7
  assert colors['previous cell'] == style.LIGHT.text


NOTE = 'the output does not depend on it, so it is not built'


def rounded(point):
  return round(point[0], 6), round(point[1], 6)


def connections(layout):
  """Follows the wires; returns (source, reader) for each that arrives."""
  starts = collections.defaultdict(list)
  for wire in layout.wires:
    starts[wire.source, rounded(wire.start)].append(wire)
  found = collections.Counter()
  for state, (x, y) in layout.centers.items():
    width = (style.BLOCK_SIZE if state >= 2 else style.INPUT_SIZE)[0]
    ends = [rounded((x + width / 2, y))]
    while ends:
      for wire in starts[state, ends.pop()]:
        if wire.arrives:
          found[state, wire.readers[0]] += 1
        else:
          ends.append(rounded(wire.end))
  return found


@pytest.mark.parametrize('blocks', [1, 2, 5, 10])
def test_wires_connect_what_the_cell_connects(blocks):
  for cell in random_cells(blocks):
    expected = collections.Counter((s, blocks + 2) for s in cell.concat)
    for reader, block in enumerate(cell.blocks, 2):
      expected.update((state, reader) for state in block.inputs)
    assert connections(layout_cell(cell)) == expected


@pytest.mark.parametrize('blocks', [1, 5, 10])
def test_nothing_overlaps(blocks):
  for cell in random_cells(blocks):
    layout = layout_cell(cell)
    boxes = []
    for state, (x, y) in layout.centers.items():
      width, height = style.BLOCK_SIZE if state >= 2 else style.INPUT_SIZE
      boxes.append(
        (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
      )
    for a, b in itertools.combinations(boxes, 2):
      assert a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1]
    for wire in layout.wires:
      (x, y), (end, other_y) = wire.start, wire.end
      if y != other_y:
        continue
      # A level wire must not run through a block.
      for left, top, right, bottom in boxes:
        inside = x < right - 1e-9 and end > left + style.PADDING + 1e-9
        assert not (inside and top < y < bottom)


def test_labels_do_not_overlap():
  from matplotlib.backends.backend_agg import FigureCanvasAgg

  published = [
    cell for name in zoo.names() for _, cell in zoo.load(name).cells()
  ]
  for cell in (*published, *random_cells(5, 4)):
    figure = draw_cell(cell, 'A cell', reduction=True)
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [
      artist.get_window_extent(renderer)
      for artist in figure.axes[0].texts
      if artist.get_text()
    ]
    for one, other in itertools.combinations(boxes, 2):
      assert not one.overlaps(other)
    for box in boxes:
      assert figure.bbox.containsx(box.x0)
      assert figure.bbox.containsx(box.x1)


def crossings(layout):
  """Counts the pairs of wires between columns that change sides."""
  pieces = {(*w.start, *w.end) for w in layout.wires}
  return sum(
    a[0] == b[0] and (a[1] - b[1]) * (a[3] - b[3]) < -1e-9
    for a, b in itertools.combinations(sorted(pieces), 2)
    if abs(a[2] - b[2]) < 0.2
  )


def test_a_cell_that_can_be_drawn_without_crossings_is():
  # A ladder: block k reads the two states before it.
  blocks = tuple(Block((k, k + 1), SAME) for k in range(10))
  assert crossings(layout_cell(Cell(blocks, (11,)))) == 0


def test_crossings_that_cannot_be_avoided_are_the_only_ones():
  # By hand: two blocks that both read the same two states take one crossing.
  assert crossings(layout_cell(zoo.load('nasnet_a').normal)) == 1
  inputs = ((1, 1), (2, 1), (2, 1), (2, 3), (3, 3))
  blocks = tuple(Block(pair, SAME) for pair in inputs)
  assert crossings(layout_cell(Cell(blocks, (4, 5, 6)))) == 1


SCRIPT = """
import sys
import matplotlib
from nasnet_search.cells import zoo
from nasnet_search.cells.drawing import draw_architecture, save_figure
for path in sys.argv[1:]:
  save_figure(draw_architecture(zoo.load('nasnet_a')), path)
changed = matplotlib.rcParams['svg.hashsalt'] is not None
sys.exit(changed or 'matplotlib.pyplot' in sys.modules)
"""


def test_another_process_draws_equal_files_and_leaves_matplotlib_alone(
  tmp_path,
):
  suffixes = ('.png', '.svg')
  others = [str(tmp_path / f'other{suffix}') for suffix in suffixes]
  subprocess.run([sys.executable, '-c', SCRIPT, *others], check=True)
  for suffix in suffixes:
    path = tmp_path / f'one{suffix}'
    save_figure(draw_architecture(zoo.load('nasnet_a')), path)
    content = path.read_bytes()
    assert content == (tmp_path / f'other{suffix}').read_bytes()
    assert len(content) > 10_000


def test_wide_cells_stand_one_above_the_other():
  blocks = tuple(Block((k, k + 1), SAME) for k in range(5))
  cell = Cell(blocks, (6,))
  alone = draw_cell(cell, 'Normal cell').get_size_inches()
  both = draw_architecture(Architecture(cell, cell)).get_size_inches()
  assert both[0] == pytest.approx(alone[0])
  assert both[1] > 2 * alone[1]
  beside = draw_architecture(zoo.load('nasnet_a')).get_size_inches()
  assert beside[0] > 2 * beside[1]


def test_dollars_in_a_title_are_just_dollars(tmp_path):
  cell = Cell((Block((0, 1), SAME),), (2,))
  save_figure(draw_cell(cell, 'costs $1 and $'), tmp_path / 'cell.png')


def test_unknown_suffix(tmp_path):
  figure = draw_cell(Cell((Block((0, 1), SAME),), (2,)))
  with pytest.raises(UserError, match=r'\.png or \.svg\. .*cell\.gif'):
    save_figure(figure, tmp_path / 'cell.gif')
