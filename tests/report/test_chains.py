"""Chains of layers in reports: a line for each layer."""

from nasnet_search.cells.conv_chain import ChainLayer, ConvChain
from nasnet_search.report.descriptions import describe
from nasnet_search.report.sections import cells

CHAIN = ConvChain(
  (
    ChainLayer(3, 5, 8, ()),
    ChainLayer(3, 3, 0, (0,), 2, 2, 'max_pool'),
    ChainLayer(1, 7, 16, (0, 1), 1, 2),
  )
)


def test_layers_say_what_they_are_and_what_they_read():
  assert describe(CHAIN).rows == (
    ('0', '8 filters of 3x5', 'image', '1, 2'),
    ('1', 'max pool 3x3, stride 2x2', '0', '2'),
    ('2', '16 filters of 1x7, stride 1x2', '0, 1', 'classifier'),
  )


def test_the_report_shows_them_drawn_and_as_a_table():
  shown = cells._shown(CHAIN, 1)
  drawing, table = shown
  labels = [each.get('class') for each in drawing.iter()]
  assert {'figure drawing on-light', 'figure drawing on-dark'} <= set(labels)
  text = [each.text for each in table.iter() if each.text]
  assert text[:4] == ['Layer', 'What it is', 'Reads', 'Read by']
  assert '16 filters of 1x7, stride 1x2' in text
