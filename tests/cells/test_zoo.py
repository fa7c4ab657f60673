"""Tests of the zoo: published cells against their sources, and loading."""

import dataclasses
import json
import os
import pathlib

import pytest

from nasnet_search.cells import zoo
from nasnet_search.cells.errors import UserError

OPERATIONS = {
  'sep3': 'separable_conv_3x3',
  'sep5': 'separable_conv_5x5',
  'sep7': 'separable_conv_7x7',
  'avg3': 'average_pool_3x3',
  'max2': 'max_pool_2x2',
  'max3': 'max_pool_3x3',
  'conv1': 'conv_1x1',
  'conv3': 'conv_3x3',
  'conv17': 'conv_1x7_7x1',
  'dil3': 'dilated_conv_3x3',
  'dilsep5': 'dilated_separable_conv_5x5',
  'id': 'identity',
}
NAMES = (
  'amoebanet_a',
  'amoebanet_a_darts',
  'amoebanet_b',
  'amoebanet_c',
  'amoebanet_d',
  'darts_v1',
  'darts_v2',
  'enas_micro',
  'nasnet_a',
  'nasnet_a_darts',
  'pnasnet_5',
)


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


def test_darts_of_second_order():
  # Typed from cnn/genotypes.py of quark0/darts, DARTS_V2, with 0 and 1 changed
  # for each other: its 0 is the cell before the previous one.
  architecture = zoo.load('darts_v2')
  assert written(architecture.normal) == [
    '1 sep3, 0 sep3',
    '1 sep3, 0 sep3',
    '0 sep3, 1 id',
    '1 id, 2 dil3',
  ]
  assert written(architecture.reduction) == [
    '1 max3, 0 max3',
    '2 id, 0 max3',
    '1 max3, 2 id',
    '2 id, 0 max3',
  ]
  assert architecture.normal.concat == (2, 3, 4, 5)
  assert architecture.reduction.concat == (2, 3, 4, 5)


def test_pnasnet_has_one_cell():
  # Typed from PNasNetNormalCell of slim's pnasnet.py.
  architecture = zoo.load('pnasnet_5')
  assert architecture.normal == architecture.reduction
  assert written(architecture.normal) == [
    '1 sep5, 1 max3',
    '0 sep7, 0 max3',
    '0 sep5, 0 sep3',
    '4 sep3, 0 max3',
    '1 sep3, 0 id',
  ]
  # slim: used_hiddenstates = [1, 1, 0, 0, 0, 0, 0].
  assert architecture.normal.concat == (2, 3, 4, 5, 6)


@pytest.mark.parametrize(
  ('name', 'arc'),
  [
    # melodyguan/enas, scripts/cifar10_micro_final.sh: state, operation, state,
    # operation of every block.
    ('normal', '0 2 0 0 0 4 0 1 0 4 1 1 1 0 0 1 0 2 1 1'),
    ('reduction', '1 0 1 0 0 3 0 2 1 1 3 1 1 0 0 4 0 3 1 1'),
  ],
)
def test_enas(name, arc):
  # src/cifar10/micro_child.py: its state 0 is the cell before the previous
  # one; what no block uses is concatenated.
  operations = ('sep3', 'sep5', 'avg3', 'max3', 'id')
  numbers = [int(x) for x in arc.split()]
  states = [1 - x if x < 2 else x for x in numbers[::2]]
  parts = [
    f'{state} {operations[operation]}'
    for state, operation in zip(states, numbers[1::2], strict=True)
  ]
  cell = getattr(zoo.load('enas_micro'), name)
  assert written(cell) == [', '.join(parts[x : x + 2]) for x in range(0, 10, 2)]
  assert cell.concat == tuple(sorted({2, 3, 4, 5, 6} - set(states)))


def _reference():
  root = pathlib.Path(__file__).parents[2].parent
  path = root / 'shared' / 'reference' / 'published_cells.json'
  if not path.is_file():
    pytest.skip('the collected reference of published cells is not here')
  return json.loads(path.read_text())['cells']


# Its names of operations, where they are not those above with a size.
REFERENCE_OPERATIONS = {
  'identity': 'id',
  'conv_1x1': 'conv1',
  'conv_3x3': 'conv3',
  'conv_1x7_7x1': 'conv17',
  'dil_sep_3x3_once': 'dil3',
  'dil2_sep_5x5': 'dilsep5',
}


@pytest.mark.parametrize(
  ('name', 'title'),
  [
    ('amoebanet_a', 'AmoebaNet-A'),
    ('amoebanet_a_darts', 'AmoebaNet-A_DARTS-variant'),
    ('amoebanet_b', 'AmoebaNet-B'),
    ('amoebanet_c', 'AmoebaNet-C'),
    ('amoebanet_d', 'AmoebaNet-D'),
    ('darts_v1', 'DARTS_V1'),
    ('darts_v2', 'DARTS_V2'),
    ('enas_micro', 'ENAS-micro'),
    ('nasnet_a', 'NASNet-A'),
    ('nasnet_a_darts', 'NASNet-A_DARTS-variant'),
    ('pnasnet_5', 'PNASNet-5'),
  ],
)
def test_every_cell_is_that_of_the_reference(name, title):
  expected = _reference()[title]

  def short(operation):
    if operation in REFERENCE_OPERATIONS:
      return REFERENCE_OPERATIONS[operation]
    kind, size = operation.split('_')
    return f'{kind}{size[0]}'

  for kind, cell in zoo.load(name).cells():
    assert written(cell) == [
      f'{x["in1"]} {short(x["op1"])}, {x["in2"]} {short(x["op2"])}'
      for x in expected[kind]['blocks']
    ]
    assert list(cell.concat) == expected[kind]['concat']
    assert {x.combination for x in cell.blocks} == {'add'}


def test_names():
  assert zoo.names() == NAMES


def test_architectures_differ():
  keys = {zoo.load(name).canonical_key() for name in NAMES}
  assert len(keys) == len(NAMES)


def test_entry_of_nasnet_a():
  entry = zoo.entry('nasnet_a')
  assert (entry.name, entry.title) == ('nasnet_a', 'NASNet-A')
  assert '1707.07012' in entry.source
  assert entry.reading == 'slim'
  assert entry.architecture == zoo.load('nasnet_a')
  # NASNet paper, Table 1.
  cifar = entry.network('cifar', 6, 32)
  assert (cifar.name, cifar.image_size, cifar.classes) == ('6 @ 768', 32, 10)
  assert cifar.published[0]['parameters'] == '3.3M'
  assert cifar.published[0]['error_percent'] == 3.41
  assert cifar.counts['trainable_parameters'] == 3_346_538
  # Tables 2 and 3.
  mobile = entry.network('imagenet', 4, 44)
  assert mobile.published[0]['top_1_percent'] == 74.0
  assert mobile.options['stem_filters'] == 32
  large = entry.network('imagenet', 6, 168)
  assert large.published[0]['top_1_percent'] == 82.7
  assert large.options['stem_filters'] == 96
  assert entry.network('imagenet', 6, 44) is None
  with pytest.raises(dataclasses.FrozenInstanceError):
    entry.name = 'other'


@pytest.mark.parametrize('name', NAMES)
def test_every_entry_is_whole(name):
  entry = zoo.entry(name)
  assert entry.title
  assert entry.source
  sizes = [(x.skeleton, x.repeats, x.filters) for x in entry.networks]
  assert len(set(sizes)) == len(sizes) > 0
  for network in entry.networks:
    assert network.preprocessing in (None, *zoo.PREPROCESSINGS)
    assert all('source' in row for row in network.published)
    assert network.classes in (10, 1000, 1001)
  assert all('source' in row for row in entry.published)


def test_unknown_name_lists_the_zoo():
  for read in (zoo.load, zoo.entry):
    with pytest.raises(UserError, match=r"one of: .*nasnet_a.*'nasnet_z'"):
      read('nasnet_z')


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
