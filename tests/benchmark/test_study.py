"""Whole comparisons: resumed, refused, shown."""

import dataclasses
import itertools
import pathlib

import pytest

from nasnet_search.benchmark.kept_rows import read_queries
from nasnet_search.benchmark.relabelled import RelabelledSpace
from nasnet_search.benchmark.study import Study
from nasnet_search.cells.darts_space import DartsSpace
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.nasbench201_space import NASBench201Space
from nasnet_search.cells.nasnet_space import NASNetSpace
from nasnet_search.config import RunConfig, SearchConfig, SpaceConfig
from nasnet_search.evaluators.config import EvaluatorConfig


@pytest.fixture
def table(tmp_path):
  rows = itertools.product(range(4), repeat=3)
  lines = [f'{a},{b},{c},{a + b + c},{-a}' for a, b, c in rows]
  path = tmp_path / 'table.csv'
  path.write_text('\n'.join(['a,b,c,good,shown', *lines]))
  return str(path)


def study_of(table, folder, reward='good', **changes):
  config = SearchConfig(
    space=SpaceConfig(space='table'),
    evaluator=EvaluatorConfig(
      table=table,
      decision_columns=('a', 'b', 'c'),
      reward_column=(reward,),
      report_column='good',
    ),
  )
  settings = {
    'config': config,
    'controllers': ('random', 'local_search'),
    'seeds': 2,
    'queries': 6,
    'relabel': False,
    'folder': pathlib.Path(folder),
  }
  return Study(**{**settings, **changes})


def test_a_study_goes_on_where_it_was(table, tmp_path):
  folder = tmp_path / 'out'
  told = []
  study_of(table, folder).run(1, lambda *each: told.append(each))
  assert told[-1] == (4, 4)
  kept = {path: path.stat().st_mtime_ns for path in folder.rglob('seed*')}
  assert len(kept) == 4
  (folder / 'random' / 'seed_001.csv').unlink()
  told = []
  more = study_of(table, folder, seeds=3)
  # More workers than there is to do.
  more.run(5, lambda *each: told.append(each))
  assert told[0] == (3, 6)
  assert told[-1] == (6, 6)
  again = {path: path.stat().st_mtime_ns for path in folder.rglob('seed*')}
  assert sum(again[path] == time for path, time in kept.items()) == 3
  assert [len(search) for search in more.results('random')] == [6, 6, 6]


def test_searches_do_not_depend_on_who_else_searches(table, tmp_path):
  study_of(table, tmp_path / 'a').run(1, lambda *each: None)
  study_of(table, tmp_path / 'b', controllers=('local_search',)).run(
    2, lambda *each: None
  )
  name = pathlib.Path('local_search') / 'seed_001.csv'
  one, other = (
    [query.reward for query in read_queries(tmp_path / folder / name)]
    for folder in 'ab'
  )
  assert one == other


def test_the_best_may_be_named_by_prediction(table, tmp_path):
  """After each budget, from the searches that are there already."""
  study = study_of(table, tmp_path, queries=25, controllers=('random',))
  study.run(1, lambda *step: None)
  assert study.named('random') is None
  before = [query.reward for query in study.results('random')[0]]
  config = dataclasses.replace(study.config, run=RunConfig(best_by='predicted'))
  predicted = dataclasses.replace(study, config=config)
  predicted.run(1, lambda *step: None)
  one, other = predicted.named('random')
  assert list(one) == list(other) == [25]
  # Without noise the prediction agrees: the sum is easy to learn.
  found = predicted.results('random')[0]
  assert [query.reward for query in found] == before
  assert found[one[25]].reward >= max(before) - 1


def test_other_values_in_one_folder_are_refused(table, tmp_path):
  folder = tmp_path / 'out'
  study_of(table, folder).run(1, lambda *each: None)
  with pytest.raises(UserError, match='Name another --out'):
    study_of(table, folder, reward='shown').run(1, lambda *each: None)


def test_unknown_controllers_are_refused_before_anything_is_made(
  table, tmp_path
):
  study = study_of(table, tmp_path / 'out', controllers=('randm',))
  with pytest.raises(UserError, match="Received: 'randm'"):
    study.run(1, lambda *each: None)
  assert not (tmp_path / 'out').exists()


def test_spoiled_files_are_named(tmp_path):
  path = tmp_path / 'seed_000.csv'
  path.write_text('reward,report\n1,x\n')
  with pytest.raises(UserError, match=r'seed_000\.csv to hold a search'):
    read_queries(path)


@pytest.mark.parametrize('space', [NASBench201Space(), DartsSpace()])
def test_relabelling_changes_names_and_nothing_else(space):
  import numpy as np

  from nasnet_search.cells.search_space import random_choices

  relabelled = RelabelledSpace(space, 3)
  rng = np.random.default_rng(0)
  moved = 0
  for _ in range(20):
    choices = random_choices(relabelled, rng)
    architecture = relabelled.decode(choices)
    original = space.encode(architecture)
    moved += original != choices
    assert relabelled.encode(architecture) == choices
    assert relabelled.graphs(choices) == space.graphs(original)
  assert moved > 15
  kinds = {relabelled.next_decision((0,) * n).kind for n in range(6)}
  assert not kinds & {'e0_1', 'normal/node_2/operation_1'}


def test_spaces_with_masks_cannot_be_relabelled():
  with pytest.raises(UserError, match=r'Received one where .* has a mask'):
    RelabelledSpace(NASNetSpace(), 0)
