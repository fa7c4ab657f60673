"""Outlines of networks: the parts that papers and slim's tests name."""

import pytest

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.outline import network_parts
from nasnet_search.builders.published import published_config
from nasnet_search.cells import zoo


def rows(parts):
  return [(part.kind, part.shape, part.repeats) for part in parts]


def published(name, **sought):
  entry = zoo.entry(name)
  config = published_config(entry, **sought)
  return rows(network_parts(entry.architecture, config))


def test_nasnet_a_mobile():
  # End points of slim's nasnet_test.py; the auxiliary head reads Cell_7.
  assert published('nasnet_a', skeleton='imagenet', repeats=4, filters=44) == [
    ('image', (224, 224, 3), 1),
    ('stem', (111, 111, 32), 1),
    ('reduction', (56, 56, 44), 1),
    ('reduction', (28, 28, 88), 1),
    ('normal', (28, 28, 264), 4),
    ('reduction', (14, 14, 352), 1),
    ('normal', (14, 14, 528), 4),
    ('head', (1000,), 1),
    ('reduction', (7, 7, 704), 1),
    ('normal', (7, 7, 1056), 4),
    ('pool', (1056,), 1),
    ('classifier', (1000,), 1),
  ]


def test_nasnet_a_on_cifar():
  parts = published('nasnet_a', skeleton='cifar', repeats=6, filters=32)
  assert ('normal', (32, 32, 192), 6) in parts
  assert ('reduction', (16, 16, 256), 1) in parts
  assert ('normal', (8, 8, 768), 6) in parts


def test_darts_has_its_head_after_the_second_reduction():
  # 20 cells, of which those at 6 and 13 reduce; C = 36, four times as wide.
  parts = published('darts_v2', skeleton='cifar', repeats=6, filters=36)
  assert parts[-6:] == [
    ('normal', (16, 16, 288), 6),
    ('reduction', (8, 8, 576), 1),
    ('head', (10,), 1),
    ('normal', (8, 8, 576), 6),
    ('pool', (576,), 1),
    ('classifier', (10,), 1),
  ]


@pytest.mark.parametrize(
  ('head', 'expected'),
  [
    ('none', [('normal', 3), ('reduction', 1), ('normal', 3)]),
    (
      'after_last_reduction',
      [('normal', 3), ('reduction', 1), ('normal', 1), ('head', 1)]
      + [('normal', 2)],
    ),
  ],
)
def test_a_row_of_cells_is_broken_where_the_head_reads(head, expected):
  config = NetworkConfig(
    (64, 64, 3), 10, repeats=3, reductions=1, auxiliary_head=head
  )
  parts = network_parts(zoo.load('nasnet_a'), config)
  assert [(part.kind, part.repeats) for part in parts[2:-2]] == expected


def test_stems_are_named():
  for skeleton, label in (
    ('cifar', 'conv 3x3'),
    ('darts_imagenet', '3 conv 3x3\nstride 2'),
  ):
    config = NetworkConfig((224, 224, 3), 10, skeleton)
    stem = network_parts(zoo.load('nasnet_a'), config)[1]
    assert (stem.kind, stem.label) == ('stem', label)
