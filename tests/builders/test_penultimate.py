"""Tests of the name `N @ P` of a network."""

import pytest

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.graph import network_graph
from nasnet_search.builders.penultimate import (
  filters_of_penultimate,
  penultimate_filters,
)
from nasnet_search.cells import zoo
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.cell import Block, Cell
from nasnet_search.cells.errors import UserError

NASNET_A = zoo.load('nasnet_a')


@pytest.mark.parametrize(
  ('name', 'penultimate', 'filters'),
  [
    # NASNet paper, Tables 1 to 3; slim, num_conv_filters.
    ('nasnet_a', 768, 32),
    ('nasnet_a', 2304, 96),
    ('nasnet_a', 1056, 44),
    ('nasnet_a', 4032, 168),
    ('nasnet_a', 1920, 80),
    # slim, pnasnet_test.py, PreLogits.
    ('pnasnet_5', 1080, 54),
    ('pnasnet_5', 4320, 216),
  ],
)
def test_published_names(name, penultimate, filters):
  architecture = zoo.load(name)
  assert filters_of_penultimate(architecture, penultimate) == filters
  assert penultimate_filters(architecture, filters) == penultimate


@pytest.mark.parametrize(
  ('penultimate', 'nearest'),
  # 1538 is printed in the paper, Table 2.
  [(1538, '1536 and 1584'), (1560, '1536 and 1584'), (0, '48 and 96')],
)
def test_what_cannot_be_names_the_nearest(penultimate, nearest):
  message = f'multiple of 48: 24 for.*Received: {penultimate}.*are {nearest}'
  with pytest.raises(UserError, match=message):
    filters_of_penultimate(NASNET_A, penultimate)


def test_is_what_the_last_cell_puts_out():
  # A block that concatenates counts twice; an input in the concat once.
  blocks = (
    Block((0, 1), ('conv_1x1', 'conv_1x1'), 'concat'),
    Block((0, 1), ('conv_1x1', 'conv_1x1')),
  )
  cell = Cell(blocks, (0, 2, 3))
  architecture = Architecture(cell, cell)
  for reductions in (0, 1, 3):
    config = NetworkConfig(
      (32, 32, 3), 10, repeats=2, filters=4, reductions=reductions
    )
    channels = network_graph(architecture, config).cells[-1].shape[-1]
    assert channels == 4 * 4 * 2**reductions
    assert penultimate_filters(architecture, 4, reductions) == channels
    assert filters_of_penultimate(architecture, channels, reductions) == 4
