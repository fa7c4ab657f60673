"""Tables: what is read, what is refused, what is measured."""

import gzip
import re

import numpy as np
import pytest

from nasnet_search.cells import zoo
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.nasbench201_space import NASBench201Space
from nasnet_search.cells.search_space import random_choices
from nasnet_search.config import SearchConfig, SpaceConfig
from nasnet_search.data.config import DataConfig
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.evaluators.protocol import Refused, Request, Silent
from nasnet_search.evaluators.table import TableEvaluator
from nasnet_search.evaluators.table_file import read_table
from nasnet_search.spaces import make_space
from tests.shared_data import shared

TEXT = """\
color,size,first,second,test
red,10,1,11,0.5
red,9,2,12,0.25
blue,10,3,13,0.75
"""
DECISIONS = ('color', 'size')


@pytest.fixture
def write(tmp_path):
  def write(text, name='table.csv'):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)

  return write


def config_of(path, reward=('first',), report='test', decisions=DECISIONS):
  return EvaluatorConfig(
    evaluator='table',
    table=path,
    decision_columns=decisions,
    reward_column=reward,
    report_column=report,
  )


def table_space(config):
  space = SpaceConfig(space='table')
  return make_space(SearchConfig(space=space, evaluator=config))


def evaluator_of(config):
  return TableEvaluator(config, ProxyConfig(), DataConfig())


@pytest.mark.parametrize(
  'text', [TEXT, gzip.compress(TEXT.encode()), f'\ufeff{TEXT}\n']
)
def test_a_table_is_read_gzipped_or_not(write, text):
  table = read_table(write(text), DECISIONS, ('second', 'test'))
  assert table.choices == (('red', '10'), ('red', '9'), ('blue', '10'))
  assert table.values() == (('blue', 'red'), ('9', '10'))
  np.testing.assert_array_equal(table.columns['second'], [11, 12, 13])


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    (('', ''), None),
    (('d,9,', 'd,10,'), 'line 3, which has the choices of line 2: .red, 10'),
    ((',12,', ',many,'), 'number in column second, line 3. Received: .many.'),
    ((',12,', ',nan,'), 'finite number in column second, line 3'),
    ((',12,', ',,'), "column second, line 3. Received: ''"),
    ((',12,', ','), '5 cells in line 3, as in the heading. Received: 4'),
    (('size', 'length'), "of: color, length, first.*Received: 'size'"),
    ((TEXT[28:], ''), 'Expected rows under the heading'),
    ((TEXT, ''), 'Expected a heading in the first line'),
    (('first', 'second'), 'column second once in the heading. .* 2 times'),
  ],
)
def test_damaged_tables_are_refused(write, change, message):
  path = write(TEXT.replace(*change))
  if message is None:
    read_table(path, DECISIONS, ('second',))
    return
  with pytest.raises(UserError, match=f'{re.escape(path)}: .*{message}'):
    read_table(path, DECISIONS, ('second',))


@pytest.mark.parametrize(
  'content', [None, b'\x1f\x8bnonsense', b'\xff\xfe\x00', b'a,"b\nc']
)
def test_files_that_cannot_be_read_are_refused(write, tmp_path, content):
  path = str(tmp_path / 'none') if content is None else write(content)
  with pytest.raises(UserError, match='Expected a CSV file'):
    read_table(path, ('a',), ('b',))


@pytest.mark.parametrize(
  ('settings', 'message'),
  [
    ({'path': ''}, '--table to name the file'),
    ({'decisions': ('color', 'color')}, 'name each column once'),
    ({'reward': ()}, '--reward_column to name'),
    ({'reward': ('size',)}, "measured, not chosen. Received: 'size'"),
    ({'decisions': ()}, '--decision_columns to name columns of'),
  ],
)
def test_incomplete_settings_are_refused(write, settings, message):
  config = config_of(**{'path': write(TEXT), **settings})
  with pytest.raises(UserError, match=message):
    table_space(config)


@pytest.mark.parametrize(
  ('settings', 'message'),
  [
    ({'report': 'color'}, "measured, not chosen. Received: 'color'"),
    ({'decisions': ()}, "'e0_1'. Name columns of the table with --decision"),
  ],
)
def test_values_that_do_not_fit_are_refused(write, settings, message):
  config = config_of(write(TEXT), **settings)
  with pytest.raises(UserError, match=message):
    evaluator_of(config).facts()


def test_the_space_of_a_table_is_its_rows(write):
  space = table_space(config_of(write(TEXT)))
  rng = np.random.default_rng(0)
  found = {space.decode(random_choices(space, rng)).items for _ in range(50)}
  assert {tuple(value for _, value in items) for items in found} == {
    ('red', '10'),
    ('red', '9'),
    ('blue', '10'),
  }


def test_a_row_is_measured(write):
  config = config_of(write(TEXT))
  space, evaluator = table_space(config), None
  evaluator = evaluator_of(config)
  request = Request(space.decode((1, 0)), seed=0)
  evaluator.check(request.architecture)
  measured = evaluator.evaluate(request, Silent())
  assert dict(measured.values) == {'reward': 2.0, 'report': 0.25}
  assert evaluator.chance() == {'reward': 1.0, 'report': 0.25}
  assert evaluator.facts() == {
    'rows': 3,
    'best_report': 0.75,
    'best_reward': 3.0,
  }


def test_of_several_reward_columns_the_seed_draws_one(write):
  config = config_of(write(TEXT), reward=('first', 'second'), report='')
  space, evaluator = table_space(config), None
  evaluator = evaluator_of(config)

  def reward(seed):
    request = Request(space.decode((1, 0)), seed)
    values = evaluator.evaluate(request, Silent()).values
    assert values['report'] == 2.0
    return values['reward']

  drawn = [reward(seed) for seed in range(200)]
  assert drawn == [reward(seed) for seed in range(200)]
  assert set(drawn) == {2.0, 12.0}
  assert 70 < drawn.count(2.0) < 130


def test_what_is_outside_is_told_from_a_failure(write):
  space = NASBench201Space()
  names = ','.join(space.names)
  path = write(f'{names},x\n0,1,2,3,4,0\n1,1,1,1,1,1\n')
  with pytest.raises(UserError, match=r'7 cells in line 2'):
    read_table(path, space.names, ('x',))
  path = write(f'{names},x\n0,1,2,3,4,0,5\n1,1,1,1,1,1,6\n')
  evaluator = evaluator_of(config_of(path, ('x',), '', ()))
  known = space.decode((0, 1, 2, 3, 4, 0))
  assert evaluator.evaluate(Request(known, 0), Silent()).values['reward'] == 5
  with pytest.raises(Refused, match='outside of the table'):
    evaluator.check(space.decode((0,) * 6))
  with pytest.raises(UserError, match=r"kind 'cells'"):
    evaluator.check(zoo.load('nasnet_a'))


def test_other_codes_than_the_benchmarks_are_refused(write):
  names = ','.join(NASBench201Space().names)
  path = write(f'{names},x\n0,1,2,3,4,5,5\n')
  with pytest.raises(UserError, match=r"codes from 0 to 4.*Received: '5'"):
    evaluator_of(config_of(path, ('x',), '', ())).facts()


@pytest.mark.parametrize(
  ('space', 'evaluator'),
  [
    ('table', 'table'),
    ('nasbench201', 'table'),
    ('nasbench301', 'surrogate'),
    ('nasnet', 'child'),
  ],
)
def test_a_space_that_comes_with_its_values_is_valued_by_them(space, evaluator):
  config = SearchConfig(space=SpaceConfig(space=space))
  assert config.evaluator.evaluator == evaluator
  assert SearchConfig.from_defining(config.defining()).evaluator == (
    config.evaluator
  )


def test_the_real_table_has_the_published_best():
  config = config_of(
    shared('nb201/nasbench201.csv.gz'), ('c10_val_12ep',), 'c10_test_200ep', ()
  )
  evaluator = evaluator_of(config)
  assert evaluator.facts()['rows'] == 15_625
  # index 0 of the benchmark is
  # |avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|
  # skip_connect~1|skip_connect~2|.
  space = NASBench201Space()
  first = space.decode((4, 2, 1, 2, 1, 1))
  values = evaluator.evaluate(Request(first, 0), Silent()).values
  table = read_table(
    config.table,
    ('arch_str',),
    ('c10_val_12ep', 'c10_test_200ep'),
  )
  assert table.choices[0][0].startswith('|avg_pool_3x3~0|+|nor_conv_1x1~0|')
  assert values['reward'] == table.columns['c10_val_12ep'][0]
  assert table.columns['c10_test_200ep'].max() == pytest.approx(
    94.373, abs=1e-3
  )
