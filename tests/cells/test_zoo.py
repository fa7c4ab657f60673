"""Tests of the zoo: NASNet-A by hand, and what can be loaded."""

import json
import os

import pytest

from nasnet_search.cells import zoo
from nasnet_search.cells.errors import UserError

OPERATIONS = {
  'sep3': 'separable_conv_3x3',
  'sep5': 'separable_conv_5x5',
  'sep7': 'separable_conv_7x7',
  'avg3': 'average_pool_3x3',
  'max3': 'max_pool_3x3',
  'id': 'identity',
}


def written(cell):
  """Returns the blocks as in notes taken from slim: `0 sep5, 1 sep3`."""
  short = {long: name for name, long in OPERATIONS.items()}
  return [
    ', '.join(f'{state} {short[name]}' for state, name in block.edges())
    for block in cell.blocks
  ]


def test_nasnet_a_normal_cell():
  # Typed from NasNetANormalCell of slim's nasnet_utils.py; 0 is its `net`.
  cell = zoo.load('nasnet_a').normal
  assert written(cell) == [
    '0 sep5, 1 sep3',
    '1 sep5, 1 sep3',
    '0 avg3, 1 id',
    '1 avg3, 1 avg3',
    '0 sep3, 0 id',
  ]
  assert all(block.combination == 'add' for block in cell.blocks)
  # slim: used_hiddenstates = [1, 0, 0, 0, 0, 0, 0] of states 0 to 6. Six
  # states of F filters: 192 = 6 x 32 in the CIFAR network (nasnet_test.py).
  assert cell.concat == (1, 2, 3, 4, 5, 6)


def test_nasnet_a_reduction_cell():
  # Typed from NasNetAReductionCell of slim's nasnet_utils.py.
  cell = zoo.load('nasnet_a').reduction
  assert written(cell) == [
    '0 sep5, 1 sep7',
    '0 max3, 1 sep7',
    '0 avg3, 1 sep5',
    '3 id, 2 avg3',
    '2 sep3, 0 max3',
  ]
  assert all(block.combination == 'add' for block in cell.blocks)
  # slim: used_hiddenstates = [1, 1, 1, 0, 0, 0, 0]. Four states of 2F
  # filters: 256 = 4 x 64 in the CIFAR network (nasnet_test.py).
  assert cell.concat == (3, 4, 5, 6)


def test_names():
  assert 'nasnet_a' in zoo.names()
  for name in zoo.names():
    zoo.load(name)


def test_files_tell_their_source_and_published_figures():
  data = json.loads((zoo._folder() / 'nasnet_a.json').read_text())
  assert '1707.07012' in data['source']
  cifar = data['published'][0]
  assert (cifar['parameters'], cifar['error_percent']) == ('3.3M', 3.41)


def test_unknown_name_lists_the_zoo():
  with pytest.raises(UserError, match=r"one of: .*nasnet_a.*'nasnet_z'"):
    zoo.load('nasnet_z')


def test_a_name_or_a_file(tmp_path):
  nasnet_a = zoo.load('nasnet_a')
  path = tmp_path / 'mine.json'
  path.write_text(nasnet_a.to_json())
  assert zoo.load_architecture('nasnet_a') == nasnet_a
  assert zoo.load_architecture(path) == nasnet_a
  assert zoo.load_architecture(str(path)) == nasnet_a


@pytest.mark.parametrize('name', ['nasnet_z', '', '/', 'no/such.json'])
def test_neither_a_name_nor_a_file(name):
  with pytest.raises(UserError, match=r'zoo .*nasnet_a.* path of a JSON file'):
    zoo.load_architecture(name)


@pytest.mark.parametrize(
  ('content', 'message'),
  [
    (b'{', 'Expected an architecture as JSON'),
    (b'\xff\xfe\x00', 'Expected a readable text file'),
    (b'{"format": "x"}', 'Expected the keys'),
  ],
)
def test_a_bad_file_is_named(tmp_path, content, message):
  path = tmp_path / 'bad.json'
  path.write_bytes(content)
  with pytest.raises(UserError, match=message) as error:
    zoo.load_architecture(path)
  assert str(error.value).startswith(os.fspath(path))
