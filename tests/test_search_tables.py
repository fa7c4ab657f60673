"""Whole searches of architectures that are no cells."""

import dataclasses
import gzip
import itertools
import json

import pytest

from nasnet_search.binaries import results
from nasnet_search.cells.errors import UserError
from nasnet_search.config import (
  GoalConfig,
  RunConfig,
  SearchConfig,
  SpaceConfig,
)
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.evaluators.config import EvaluatorConfig
from nasnet_search.report.page import make_page
from nasnet_search.report.summary import RANDOM_CHOICE, read_summary
from nasnet_search.search import search
from nasnet_search.trials import Status
from nasnet_search.verify import verify_run
from nasnet_search.workers.config import WorkersConfig


def write_table(path, rows=None):
  """Writes a table of 3 x 3 x 3 rows whose reward is the sum."""
  rows = rows or list(itertools.product(range(3), repeat=3))
  lines = [f'{a},{b},{c},{a + b + c},{a + b + c + 0.5}' for a, b, c in rows]
  text = '\n'.join(['a,b,c,low,high', *lines])
  path.write_bytes(gzip.compress(text.encode()))
  return str(path)


def config_of(table, run_dir, space='table', **settings):
  evaluator = EvaluatorConfig(
    table=table,
    decision_columns=('a', 'b', 'c') if space == 'table' else (),
    reward_column=('low', 'high'),
    **settings.pop('evaluator', {}),
  )
  return SearchConfig(
    space=SpaceConfig(space=space),
    evaluator=evaluator,
    goal=GoalConfig(**settings),
    controller=ControllerConfig(controller='random', controller_batch_size=4),
    run=RunConfig(run_dir=str(run_dir), trials=20),
    workers=WorkersConfig(workers=0),
  )


def test_a_table_is_searched_reported_and_verified(tmp_path, capsys):
  table = write_table(tmp_path / 'table.csv.gz')
  result = search(config_of(table, tmp_path / 'run'))
  assert result.progress.charged == 20
  assert dict(result.best.architecture.items) == {'a': '2', 'b': '2', 'c': '2'}
  summary = read_summary(tmp_path / 'run')
  # Nothing is published that fits, so chance is the only reference.
  assert list(summary.references()) == [RANDOM_CHOICE]
  page = make_page(summary)
  assert '<td>choices/b</td><td>2</td>' in page
  assert verify_run(tmp_path / 'run', trusted=True).agrees
  from rich import console

  results.show(result, console.Console())
  assert 'drawing' not in capsys.readouterr().out
  found = json.loads((tmp_path / 'run' / 'best_architecture.json').read_text())
  assert found['choices'] == {'a': '2', 'b': '2', 'c': '2'}


@pytest.mark.parametrize(
  'settings',
  [
    {'controller': 'random', 'predictor': 'gaussian_process'},
    {'controller': 'local_search'},
    {'controller': 'evolution', 'evolution_population': 5},
  ],
)
def test_a_search_that_goes_on_chooses_what_one_in_one_go_does(
  tmp_path, settings
):
  table = write_table(tmp_path / 'table.csv.gz')

  def run(name, trials):
    config = dataclasses.replace(
      config_of(table, tmp_path / name),
      controller=ControllerConfig(controller_batch_size=1, **settings),
      run=RunConfig(run_dir=str(tmp_path / name), trials=trials),
    )
    search(config)
    assert verify_run(tmp_path / name, trusted=True).agrees
    return [trial.choices for trial in read_summary(tmp_path / name).trials]

  run('twice', 12)
  assert run('twice', 20) == run('once', 20)


def test_with_noise_the_confirmed_best_is_named(tmp_path):
  """Five columns of noise; the log, the file and the result agree."""
  rows = itertools.product(range(4), repeat=3)
  lines = ['a,b,c,n0,n1,n2,n3,n4']
  for number, row in enumerate(rows):
    noise = [(number * 7 + column * 11) % 13 / 4 for column in range(5)]
    lines.append(','.join(map(str, [*row, *(sum(row) + n for n in noise)])))
  (tmp_path / 'table.csv').write_text('\n'.join(lines))
  path = tmp_path / 'run'

  def run(trials):
    return search(
      SearchConfig(
        space=SpaceConfig(space='table'),
        evaluator=EvaluatorConfig(
          table=str(tmp_path / 'table.csv'),
          decision_columns=('a', 'b', 'c'),
          reward_column=tuple(f'n{column}' for column in range(5)),
        ),
        controller=ControllerConfig(
          controller='random', controller_batch_size=1
        ),
        run=RunConfig(run_dir=str(path), trials=trials, confirm_top=4),
        workers=WorkersConfig(workers=0),
      )
    )

  result = run(30)
  assert result.progress.charged == 30
  best, *others = result.confirmed
  assert len(others) == 3
  assert result.best == best.found
  assert all(best.estimate.mean >= other.estimate.mean for other in others)
  assert len(set(best.rewards)) > 1
  written = json.loads((path / 'best_architecture.json').read_text())
  assert written['found']['trial'] == best.found.trial_id
  assert written['confirmed']['rewards'] == list(best.rewards)
  assert verify_run(path, trusted=True).agrees
  assert run(30).best == result.best
  more = run(40)
  assert len(more.confirmed) >= 4
  assert verify_run(path, trusted=True).agrees


def test_with_noise_the_best_may_be_named_by_prediction(tmp_path):
  """A smooth table with one lucky row, far from where the best ones are."""
  rows = list(itertools.product(range(4), repeat=3))
  lucky = (0, 0, 3)
  lines = ['a,b,c,low']
  for row in rows:
    value = 30.0 if row == lucky else 3.0 * sum(row)
    lines.append(','.join(map(str, (*row, value))))
  (tmp_path / 'table.csv').write_text('\n'.join(lines))
  path = tmp_path / 'run'

  def run(best_by, trials=60):
    return search(
      SearchConfig(
        space=SpaceConfig(space='table'),
        evaluator=EvaluatorConfig(
          table=str(tmp_path / 'table.csv'),
          decision_columns=('a', 'b', 'c'),
          reward_column=('low',),
        ),
        controller=ControllerConfig(
          controller='local_search', controller_batch_size=1
        ),
        run=RunConfig(run_dir=str(path), trials=trials, best_by=best_by),
        workers=WorkersConfig(workers=0),
      )
    )

  def chosen(result):
    return tuple(map(int, dict(result.best.architecture.items).values()))

  def written():
    return json.loads((path / 'best_architecture.json').read_text())

  assert chosen(run('reward')) == lucky
  assert written()['found']['named_by'] == 'reward'
  # The same run, and only the name is another one.
  result = run('predicted')
  assert result.progress.charged == 60
  assert sum(chosen(result)) >= 8
  assert written()['found']['trial'] == result.best.trial_id
  assert written()['found']['named_by'] == 'predicted'
  summary = read_summary(path)
  assert summary.best == result.best
  assert 'the best by prediction' in make_page(summary, 0)
  assert len([e for e in summary.events if e['kind'] == 'named']) == 1
  # Nothing new has settled, so nothing is named anew.
  assert run('predicted').best == result.best
  again = read_summary(path)
  assert len([e for e in again.events if e['kind'] == 'named']) == 1
  assert verify_run(path, trusted=True).agrees
  assert chosen(run('reward')) == lucky


def test_what_was_found_can_be_included_and_warms_another_search(tmp_path):
  table = write_table(tmp_path / 'table.csv.gz')
  search(config_of(table, tmp_path / 'first'))
  second = config_of(
    table,
    tmp_path / 'second',
    seed=1,
    warm_start=str(tmp_path / 'first'),
    include_cells=(str(tmp_path / 'first' / 'best_architecture.json'),),
  )
  assert search(second).progress.charged == 20


def test_rows_that_a_table_lacks_are_no_crashes(tmp_path):
  rows = list(itertools.product(range(5), repeat=6))[::2]
  names = ['e0_1', 'e0_2', 'e1_2', 'e0_3', 'e1_3', 'e2_3', 'low', 'high']
  lines = [','.join(map(str, (*row, sum(row), sum(row)))) for row in rows]
  (tmp_path / 'table.csv').write_text('\n'.join([','.join(names), *lines]))
  table = str(tmp_path / 'table.csv')
  result = search(config_of(table, tmp_path / 'run', 'nasbench201'))
  trials = read_summary(tmp_path / 'run').trials
  outside = [t for t in trials if t.status is Status.INVALID]
  assert outside
  assert all('outside of the table' in t.message for t in outside)
  assert all(t.attempts == 0 for t in outside)
  assert len(outside) + result.progress.completed == 20


@pytest.mark.parametrize(
  ('space', 'evaluator'), [('table', 'cost'), ('nasnet', 'table')]
)
def test_spaces_and_evaluators_that_do_not_fit_are_refused(
  tmp_path, space, evaluator
):
  table = write_table(tmp_path / 'table.csv.gz')
  valued = {'evaluator': evaluator}
  with pytest.raises(UserError, match=f'--evaluator={evaluator}'):
    search(config_of(table, tmp_path / 'run', space, evaluator=valued))
  assert not (tmp_path / 'run').exists()
