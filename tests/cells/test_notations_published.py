"""Cells as their authors printed them, read from each notation.

Sources: cnn/genotypes.py of quark0/darts at f276dd34; model_specs.py of
tensorflow/tpu, models/official/amoeba_net, at 7dc921f8; nasnet_utils.py and
pnasnet.py of tensorflow/models, research/slim/nets/nasnet; the sample of
DARTS V2 in nni/nas/hub/pytorch/nasnet.py of microsoft/nni at 009e1f73.
"""

import json

import pytest

from nasnet_search.cells import zoo
from nasnet_search.cells.cell import Block, Cell
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.notations import read_notation, write_notation

DARTS_V1 = """
DARTS_V1 = Genotype(normal=[('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('skip_connect', 0), ('sep_conv_3x3', 1), ('skip_connect', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('skip_connect', 2)], normal_concat=[2, 3, 4, 5], reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 0), ('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), ('avg_pool_3x3', 0)], reduce_concat=[2, 3, 4, 5])
"""  # noqa: E501
DARTS_V2 = """
DARTS_V2 = Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], normal_concat=[2, 3, 4, 5], reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], reduce_concat=[2, 3, 4, 5])
"""  # noqa: E501
DARTS_NASNET = """
NASNet = Genotype(
  normal = [
    ('sep_conv_5x5', 1), ('sep_conv_3x3', 0),
    ('sep_conv_5x5', 0), ('sep_conv_3x3', 0),
    ('avg_pool_3x3', 1), ('skip_connect', 0),
    ('avg_pool_3x3', 0), ('avg_pool_3x3', 0),
    ('sep_conv_3x3', 1), ('skip_connect', 1),
  ],
  normal_concat = [2, 3, 4, 5, 6],
  reduce = [
    ('sep_conv_5x5', 1), ('sep_conv_7x7', 0),
    ('max_pool_3x3', 1), ('sep_conv_7x7', 0),
    ('avg_pool_3x3', 1), ('sep_conv_5x5', 0),
    ('skip_connect', 3), ('avg_pool_3x3', 2),
    ('sep_conv_3x3', 2), ('max_pool_3x3', 1),
  ],
  reduce_concat = [4, 5, 6],
)
"""
DARTS_AMOEBANET = """
AmoebaNet = Genotype(
  normal = [
    ('avg_pool_3x3', 0), ('max_pool_3x3', 1),
    ('sep_conv_3x3', 0), ('sep_conv_5x5', 2),
    ('sep_conv_3x3', 0), ('avg_pool_3x3', 3),
    ('sep_conv_3x3', 1), ('skip_connect', 1),
    ('skip_connect', 0), ('avg_pool_3x3', 1),
  ],
  normal_concat = [4, 5, 6],
  reduce = [
    ('avg_pool_3x3', 0), ('sep_conv_3x3', 1),
    ('max_pool_3x3', 0), ('sep_conv_7x7', 2),
    ('sep_conv_7x7', 0), ('avg_pool_3x3', 1),
    ('max_pool_3x3', 0), ('max_pool_3x3', 1),
    ('conv_7x1_1x7', 0), ('sep_conv_3x3', 5),
  ],
  reduce_concat = [3, 4, 6]
)
"""
NNI_DARTS_V2 = {
  'normal/op_2_0': 'sep_conv_3x3',
  'normal/op_2_1': 'sep_conv_3x3',
  'normal/input_2_0': [0],
  'normal/input_2_1': [1],
  'normal/op_3_0': 'sep_conv_3x3',
  'normal/op_3_1': 'sep_conv_3x3',
  'normal/input_3_0': [0],
  'normal/input_3_1': [1],
  'normal/op_4_0': 'sep_conv_3x3',
  'normal/op_4_1': 'skip_connect',
  'normal/input_4_0': [1],
  'normal/input_4_1': [0],
  'normal/op_5_0': 'skip_connect',
  'normal/op_5_1': 'dil_conv_3x3',
  'normal/input_5_0': [0],
  'normal/input_5_1': [2],
  'reduce/op_2_0': 'max_pool_3x3',
  'reduce/op_2_1': 'max_pool_3x3',
  'reduce/input_2_0': [0],
  'reduce/input_2_1': [1],
  'reduce/op_3_0': 'skip_connect',
  'reduce/op_3_1': 'max_pool_3x3',
  'reduce/input_3_0': [2],
  'reduce/input_3_1': [1],
  'reduce/op_4_0': 'max_pool_3x3',
  'reduce/op_4_1': 'skip_connect',
  'reduce/input_4_0': [0],
  'reduce/input_4_1': [2],
  'reduce/op_5_0': 'skip_connect',
  'reduce/op_5_1': 'max_pool_3x3',
  'reduce/input_5_0': [2],
  'reduce/input_5_1': [1],
}
# As slim writes it: each list a local variable of the constructor.
SLIM_NASNET_A = """
class NasNetANormalCell(NasNetABaseCell):
  def __init__(self, num_conv_filters):
    operations = [
        'separable_5x5_2', 'separable_3x3_2', 'separable_5x5_2',
        'separable_3x3_2', 'avg_pool_3x3', 'none', 'avg_pool_3x3',
        'avg_pool_3x3', 'separable_3x3_2', 'none']
    used_hiddenstates = [1, 0, 0, 0, 0, 0, 0]
    hiddenstate_indices = [0, 1, 1, 1, 0, 1, 1, 1, 0, 0]
    super().__init__(operations, used_hiddenstates, hiddenstate_indices)


class NasNetAReductionCell(NasNetABaseCell):
  def __init__(self, num_conv_filters):
    operations = [
        'separable_5x5_2', 'separable_7x7_2', 'max_pool_3x3',
        'separable_7x7_2', 'avg_pool_3x3', 'separable_5x5_2', 'none',
        'avg_pool_3x3', 'separable_3x3_2', 'max_pool_3x3']
    used_hiddenstates = [1, 1, 1, 0, 0, 0, 0]
    hiddenstate_indices = [0, 1, 0, 1, 0, 1, 3, 2, 2, 0]
    super().__init__(operations, used_hiddenstates, hiddenstate_indices)
"""
SLIM_PNASNET = """
class PNasNetNormalCell(nasnet_utils.NasNetABaseCell):
  def __init__(self, num_conv_filters):
    operations = [
        'separable_5x5_2', 'max_pool_3x3', 'separable_7x7_2', 'max_pool_3x3',
        'separable_5x5_2', 'separable_3x3_2', 'separable_3x3_2',
        'max_pool_3x3', 'separable_3x3_2', 'none']
    used_hiddenstates = [1, 1, 0, 0, 0, 0, 0]
    hiddenstate_indices = [1, 1, 0, 0, 0, 0, 4, 0, 1, 0]
"""
# Cell by cell: operations, hiddenstate_indices, used_hiddenstates.
AMOEBANET = {
  'a': (
    'avg_pool_3x3 max_pool_3x3 separable_3x3_2 none none avg_pool_3x3 '
    'separable_3x3_2 separable_5x5_2 avg_pool_3x3 separable_3x3_2',
    [0, 0, 1, 1, 0, 1, 0, 2, 5, 0],
    [1, 0, 1, 0, 0, 1, 0],
    'separable_3x3_2 avg_pool_3x3 max_pool_3x3 separable_7x7_2 max_pool_3x3 '
    'max_pool_3x3 separable_3x3_2 1x7_7x1 avg_pool_3x3 separable_7x7_2',
    [1, 0, 0, 2, 1, 0, 4, 0, 1, 0],
    [1, 1, 0, 0, 0, 0, 0],
  ),
  'b': (
    '1x1 max_pool_3x3 none separable_3x3_2 1x1 separable_3x3_2 1x1 none '
    'avg_pool_3x3 1x1',
    [1, 1, 1, 0, 1, 0, 2, 2, 1, 5],
    [0, 1, 1, 0, 0, 1, 0],
    'max_pool_2x2 max_pool_3x3 none 3x3 dil_2_separable_5x5_2 max_pool_3x3 '
    'none separable_3x3_2 avg_pool_3x3 1x1',
    [0, 0, 2, 1, 2, 2, 3, 1, 4, 3],
    [1, 1, 1, 1, 1, 0, 0],
  ),
  'c': (
    'avg_pool_3x3 separable_3x3_2 none separable_3x3_2 avg_pool_3x3 '
    'separable_3x3_2 none separable_3x3_2 avg_pool_3x3 separable_3x3_2',
    [0, 0, 0, 0, 2, 1, 0, 1, 3, 0],
    [1, 0, 0, 1, 0, 0, 0],
    'max_pool_3x3 max_pool_3x3 separable_7x7_2 separable_3x3_2 '
    'separable_7x7_2 max_pool_3x3 separable_5x5_2 separable_5x5_2 '
    'max_pool_3x3 separable_3x3_2',
    [0, 0, 2, 0, 0, 1, 4, 4, 1, 1],
    [0, 1, 0, 0, 0, 0, 0],
  ),
  'd': (
    '1x1 max_pool_3x3 none 1x7_7x1 1x1 1x7_7x1 max_pool_3x3 none '
    'avg_pool_3x3 1x1',
    [1, 1, 1, 0, 0, 0, 2, 2, 1, 5],
    [0, 1, 1, 0, 0, 1, 0],
    'max_pool_2x2 max_pool_3x3 none 3x3 1x7_7x1 max_pool_3x3 none '
    'max_pool_2x2 avg_pool_3x3 1x1',
    [0, 0, 2, 1, 2, 2, 3, 1, 2, 3],
    [1, 1, 1, 1, 0, 0, 0],
  ),
}


def amoebanet_lists(letter):
  values = AMOEBANET[letter]
  lists = {}
  for cell, part in (('normal', values[:3]), ('reduction', values[3:])):
    lists[f'{cell}_cell_operations'] = part[0].split()
    lists[f'{cell}_cell_hiddenstate_indices'] = part[1]
    lists[f'{cell}_cell_used_hiddenstates'] = part[2]
  return lists


def published():
  yield 'darts_v1', DARTS_V1, 'darts'
  yield 'darts_v2', DARTS_V2, 'darts'
  yield 'nasnet_a_darts', DARTS_NASNET, 'darts'
  yield 'amoebanet_a_darts', DARTS_AMOEBANET, 'darts'
  yield 'darts_v2', json.dumps(NNI_DARTS_V2), 'nni_all'
  yield 'darts_v2', repr({**NNI_DARTS_V2, 'width': 36}), 'nni_all'
  yield 'nasnet_a', SLIM_NASNET_A, 'slim'
  yield 'pnasnet_5', SLIM_PNASNET, 'slim'
  for letter in AMOEBANET:
    # The parameters of the TPU code hold much else.
    lists = {'image_size': 299, 'use_tpu': False, **amoebanet_lists(letter)}
    yield f'amoebanet_{letter}', json.dumps(lists), 'amoebanet'


@pytest.mark.parametrize(('name', 'text', 'notation'), [*published()])
def test_published_texts_are_the_cells_of_the_zoo(name, text, notation):
  expected = zoo.load(name)
  read = read_notation(text, notation)
  assert read.canonical_key() == expected.canonical_key()
  # Nothing is lost on the way out either, and the zoo's own cell gives a
  # text of the same meaning.
  assert read_notation(write_notation(read, notation), notation) == read
  written = read_notation(write_notation(expected, notation), notation)
  assert written.canonical_key() == expected.canonical_key()


def test_darts_v2_by_hand():
  # Its 0 is the cell before the previous one, our 1.
  normal = Cell(
    (
      Block((1, 0), ('separable_conv_3x3', 'separable_conv_3x3')),
      Block((1, 0), ('separable_conv_3x3', 'separable_conv_3x3')),
      Block((0, 1), ('separable_conv_3x3', 'identity')),
      Block((1, 2), ('identity', 'dilated_conv_3x3')),
    ),
    (2, 3, 4, 5),
  )
  read = read_notation(DARTS_V2)
  assert read.normal == normal
  assert read.reduction.blocks[1] == Block((2, 0), ('identity', 'max_pool_3x3'))
  assert write_notation(read, 'darts') == DARTS_V2.strip()[11:] + '\n'


def test_written_dicts_are_those_that_were_read():
  read = read_notation(json.dumps(NNI_DARTS_V2), 'nni_all')
  assert json.loads(write_notation(read, 'nni_all')) == NNI_DARTS_V2
  for letter in AMOEBANET:
    lists = amoebanet_lists(letter)
    read = read_notation(json.dumps(lists))
    assert json.loads(write_notation(read, 'amoebanet')) == lists


def test_states_of_nni_2_are_plain_numbers():
  older = {
    key: value[0] if isinstance(value, list) else value
    for key, value in NNI_DARTS_V2.items()
  }
  assert read_notation(json.dumps(older), 'nni_all') == read_notation(
    json.dumps(NNI_DARTS_V2), 'nni_all'
  )


def test_genotypes_as_the_search_of_darts_prints_them():
  ranges = DARTS_V2.replace('[2, 3, 4, 5]', 'range(2, 6)')
  for text in (
    ranges,
    ranges.strip()[11:],
    f'from genotypes import Genotype\n# A comment.\n{ranges}\nA = DARTS_V2',
    ranges.replace('Genotype(', 'genotypes.Genotype('),
    DARTS_V2.replace('normal=', '')
    .replace(' normal_concat=', '')
    .replace(' reduce=', ''),
  ):
    assert read_notation(text, 'darts') == read_notation(DARTS_V2)


@pytest.mark.parametrize(
  ('old', 'new', 'message'),
  [
    ('Genotype', 'Other', 'Expected one genotype.*none'),
    (DARTS_V2, DARTS_V1 + DARTS_V2, 'DARTS_V1, DARTS_V2.*Keep'),
    ("('dil_conv_3x3', 2)", "('dil_conv_3x3', 5)", 'block_3.*0 to 4'),
    ("('dil_conv_3x3', 2)", "('dil_conv_3x3', True)", 'True'),
    ("('dil_conv_3x3', 2)", "('dil_conv_3x3', -1)", '-1'),
    ("('dil_conv_3x3', 2)", "('none', 2)", "block_3: .*skip_con.*'none'"),
    ("('dil_conv_3x3', 2)", "'dil_conv_3x3'", 'block_3: .*pair'),
    (", ('dil_conv_3x3', 2)", '', 'normal cell: .*even.*7'),
    ('normal_concat=[2', 'normal_concat=[2, 2', 'at most once'),
    ('normal_concat=[2, 3, 4, 5]', 'normal_concat=[]', 'at least one'),
    ('normal_concat=[2, 3, 4, 5]', 'normal_concat=3', 'to be a list'),
    ('normal_concat=[2, 3, 4, 5]', 'normal_concat=range(0)', 'at least one'),
    ('normal_concat=[2, 3, 4, 5]', 'normal_concat=range("a")', 'range'),
    ('normal_concat=[2, 3, 4, 5]', 'normal_concat=range(10**9)', 'literals'),
    ('normal_concat=[2, 3, 4, 5]', 'normal_concat=range(999999)', 'range'),
    ('normal_concat=[2, 3, 4, 5], ', '', 'with the fields'),
    ('reduce=', 'shrink=', 'with the fields'),
    ('reduce=', '**', 'with the fields'),
    ('[2, 3, 4, 5])', '[2, 3, 4, 5]', 'syntax of Python'),
    ('[2, 3, 4, 5])', '(' * 9999, 'syntax of Python'),
    ('[2, 3, 4, 5])', '-' * 900 + '1)', 'literals.*too deeply'),
  ],
)
def test_wrong_genotypes(old, new, message):
  assert old in DARTS_V2
  with pytest.raises(UserError, match=f'(?s){message}'):
    read_notation(DARTS_V2.replace(old, new), 'darts')


def test_nothing_that_is_read_is_executed(tmp_path):
  file = tmp_path / 'executed'
  call = f'__import__("pathlib").Path({str(file)!r}).touch()'
  texts = {
    'darts': f'{call}\nGenotype({call}, [2], {call}, [2])',
    'slim': SLIM_PNASNET.replace('[1, 1, 0, 0, 0, 0, 0]', call),
    'amoebanet': f"{{'normal_cell_operations': {call}}}",
    'nni_all': f"{{'normal/op_2_0': {call}}}",
    'nasnet_search': call,
  }
  for notation, text in texts.items():
    with pytest.raises(UserError):
      read_notation(text, notation)
  assert not file.exists()


@pytest.mark.parametrize(
  ('old', 'new', 'message'),
  [
    ('Normal', 'Basic', 'class with Normal.*none'),
    ('Reduction', 'Normal', 'ANormalCell.*Keep'),
    ('[1, 0, 0, 0, 0, 0, 0]', '[1, 0, 0, 0, 0, 0]', 'normal cell: .*5 blocks'),
    ('[1, 0, 0, 0, 0, 0, 0]', '[2, 0, 0, 0, 0, 0, 0]', '0 or 1.*2'),
    ('[1, 0, 0, 0, 0, 0, 0]', '[1] * 7', 'literals'),
    ('[1, 1, 1, 0, 0, 0, 0]', '[1, 1, 1, 1, 1, 1, 1]', 'reduction cell: .*con'),
    ('0, 1, 3, 2', '0, 1, 9, 2', 'block_3'),
    ('0, 1, 3, 2', '0, 1, 3', 'as many hiddenstate_indices.*9 and 10'),
    ("'none'", "'1x1'", 'block_2: .*operation of slim'),
  ],
)
def test_wrong_lists_of_slim(old, new, message):
  assert old in SLIM_NASNET_A
  text = SLIM_NASNET_A.replace(old, new)
  if old == 'Reduction':
    text = text.replace('NasNetANormalCell', 'Another_NormalCell', 1)
  with pytest.raises(UserError, match=f'(?s){message}'):
    read_notation(text, 'slim')


@pytest.mark.parametrize(
  ('key', 'value', 'message'),
  [
    ('normal_cell_operations', None, 'normal_cell_operations'),
    ('normal_cell_operations', 'none', 'operations to be a list'),
    ('reduction_cell_hiddenstate_indices', [0] * 9, 'reduction cell: .*9 and'),
  ],
)
def test_wrong_lists_of_amoebanet(key, value, message):
  lists = {**amoebanet_lists('a'), key: value}
  if value is None:
    del lists[key]
  with pytest.raises(UserError, match=message):
    read_notation(json.dumps(lists), 'amoebanet')


@pytest.mark.parametrize(
  ('key', 'value', 'message'),
  [
    ('normal/op_3_1', None, "normal cell: .*'normal/op_3_1'"),
    ('reduce/input_5_1', None, "reduction cell: .*'reduce/input_5_1'"),
    ('normal/op_2_2', 'sep_conv_3x3', 'two operations.*normal/op_2_2'),
    ('normal/input_3_0', [0, 1], 'block_1'),
    ('normal/input_3_0', 7, 'block_1'),
    ('normal/op_4_0', 'avg_pool_5x5', "block_2: .*'avg_pool_5x5'"),
    ('normal/op_9_0', 'identity', 'normal/op_6_0'),
  ],
)
def test_wrong_dicts_of_nni(key, value, message):
  data = {**NNI_DARTS_V2, key: value}
  if value is None:
    del data[key]
  with pytest.raises(UserError, match=message):
    read_notation(json.dumps(data), 'nni_all')


@pytest.mark.parametrize('text', ['[1, 2]', '{', '{1: 2', '{}', "{'a': {}}"])
def test_texts_that_are_no_such_dict(text):
  for notation in ('amoebanet', 'nni_all'):
    with pytest.raises(UserError, match='Expected'):
      read_notation(text, notation)
