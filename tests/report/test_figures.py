"""Curves: what they show, and how they stand in a page."""

import re

import numpy as np
import pytest

from nasnet_search.report import figures, palette
from nasnet_search.report.svg import svg_element

REFERENCE = re.compile(r'(?:url\(#|href="#)([^)"]+)')


@pytest.fixture(scope='module')
def figure():
  return figures.curve_figure(
    [('NASNet-A', (0.5, 0.75)), ('trial 7', (0.25, 0.5))], 'Epochs'
  )


def markup(element):
  from xml.etree import ElementTree

  return ElementTree.tostring(element, encoding='unicode', method='html')


def test_moving_average_is_the_mean_of_the_last_five():
  values = np.array([1.0, 3.0, 5.0, 7.0, 9.0, 11.0, 13.0])
  # Means of 1; 1, 3; 1, 3, 5; ...; then 3..11 and 5..13.
  expected = [1, 2, 3, 4, 5, 7, 9]
  np.testing.assert_allclose(figures.moving_average(values), expected)


def test_moving_average_of_many_is_over_a_tenth_of_them():
  values = np.arange(1000.0)
  # The window is 100: the mean of 900 to 999.
  assert figures.moving_average(values)[-1] == pytest.approx(949.5)
  assert len(figures.moving_average(values[:0])) == 0


def test_curves_are_the_numbers_given(figure):
  lines = figure.axes[0].get_lines()
  np.testing.assert_array_equal(lines[0].get_xdata(), [1, 2])
  np.testing.assert_array_equal(lines[0].get_ydata(), [0.5, 0.75])
  np.testing.assert_array_equal(lines[1].get_ydata(), [0.25, 0.5])


@pytest.mark.parametrize('epochs', [1, 2, 3, 40])
def test_epochs_are_whole_numbers(epochs):
  drawn = figures.curve_figure([('trial 7', (0.5,) * epochs)], 'Epochs')
  (axes,) = drawn.axes
  ticks = axes.get_xticks()
  assert len(ticks)
  assert all(tick == round(tick) for tick in ticks)


def test_long_curves_are_thinned_and_keep_both_ends():
  values = np.linspace(0, 1, 50_000)
  (line,) = (
    figures.curve_figure([('entropy', values)], 'Policy updates')
    .axes[0]
    .get_lines()
  )
  assert len(line.get_xdata()) <= figures.MAX_POINTS
  assert line.get_xdata()[0] == 1
  assert line.get_xdata()[-1] == 50_000
  assert line.get_ydata()[-1] == 1


def test_text_stays_text_and_colours_follow_the_scheme(figure):
  text = markup(svg_element(figure, 'a', 'Two curves.'))
  assert '>Epochs</text>' in text
  assert 'var(--green)' in text
  assert not set(re.findall('#[0-9a-f]{6}', text)) & {*palette.LIGHT.values()}
  assert 'aria-label="Two curves."' in text


def test_drawings_can_keep_their_colours(figure):
  text = markup(svg_element(figure, 'a', 'x', follow_scheme=False))
  assert palette.LIGHT['green'] in text
  assert 'var(--' not in text.partition('>')[2]


def test_two_figures_share_no_ids_and_refer_to_their_own(figure):
  first, second = (svg_element(figure, name, 'x') for name in ('a', 'b'))
  ids = [{node.get('id') for node in each.iter()} for each in (first, second)]
  assert ids[0] & ids[1] == {None}
  for each, known in zip((first, second), ids, strict=True):
    used = set(REFERENCE.findall(markup(each)))
    assert used
    assert used <= known


def test_the_page_style_is_left_alone(figure):
  tags = {node.tag for node in svg_element(figure, 'a', 'x').iter()}
  assert not tags & {'style', 'metadata', 'script'}


def test_colours_can_be_found_again_by_their_values():
  assert len(set(palette.LIGHT.values())) == len(palette.LIGHT)
  assert palette.LIGHT.keys() == palette.DARK.keys()


def luminance(color):
  """WCAG 2.1, relative luminance."""
  parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
  linear = [
    part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
    for part in parts
  ]
  return np.dot(linear, (0.2126, 0.7152, 0.0722))


@pytest.mark.parametrize('scheme', [palette.LIGHT, palette.DARK])
@pytest.mark.parametrize(
  # WCAG 2.1 AA: 4.5 for text, 3 for graphics, which stand on cards.
  ('name', 'least', 'backgrounds'),
  [
    *((name, 4.5, ('card', 'page')) for name in ('ink', 'muted', 'blue')),
    *((name, 4.5, ('card',)) for name in ('orange', 'green')),
    *((name, 3, ('card',)) for name in ('sky', 'purple')),
  ],
)
def test_everything_stands_out(scheme, name, least, backgrounds):
  for background in backgrounds:
    bright, dark = sorted(
      (luminance(scheme[name]), luminance(scheme[background])), reverse=True
    )
    assert (bright + 0.05) / (dark + 0.05) >= least
