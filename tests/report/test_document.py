"""The JSON report says what the log says, in order and to the last digit."""

import json

import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.report.document import json_report
from nasnet_search.report.summary import read_summary
from nasnet_search.runs.directory import RunDirectory
from nasnet_search.runs.reading import RunReader
from nasnet_search.trials import Status

from .synthetic import INITIAL_DIGEST, Maker, config, make_run, measurement


@pytest.fixture(scope='module')
def run_dir(tmp_path_factory):
  return make_run(tmp_path_factory.mktemp('runs') / 'run', trials=60)


def report_of(path):
  # Through JSON and back: what is compared is what a program receives.
  return json.loads(json.dumps(json_report(read_summary(path))))


def test_every_trial_is_there_in_order_and_exact(run_dir):
  report = report_of(run_dir)
  store = RunReader(RunDirectory(run_dir).log)
  logged = store.trials()
  assert [trial['trial'] for trial in report['trials']] == list(
    range(len(logged))
  )
  for trial, record in zip(report['trials'], logged, strict=True):
    assert trial['status'] == record.status.value
    assert trial['attempts'] == record.attempts
    assert trial['reward'] == record.reward
    assert trial['source_trial'] == record.source_trial
    assert trial['architecture'] == record.architecture.to_dict()
    assert trial['message'] == record.message
    if record.choices is not None:
      assert trial['choices'] == list(record.choices)
    if record.measurement is not None:
      assert trial['measurement']['values'] == dict(record.measurement.values)
      assert trial['measurement']['curves'] == {
        name: list(curve) for name, curve in record.measurement.curves.items()
      }


def test_counts_are_those_of_what_was_written(run_dir):
  report = report_of(run_dir)
  # 60 trials, every 9th fails; after each 15th that did not, a duplicate:
  # 15, 30, 60 (the 45th fails).
  assert report['counts']['charged'] == 60
  assert report['counts']['failed'] == 6
  assert report['counts']['duplicates'] == 3
  assert report['state'] == 'finished'
  assert sum(report['counts']['statuses'].values()) == 60 + 3 + 2


def test_best_is_the_greatest_reward_and_references_are_named(run_dir):
  report = report_of(run_dir)
  rewards = [
    trial['reward']
    for trial in report['trials']
    if trial['origin'] == 'proposed' and trial['status'] == 'completed'
  ]
  assert report['best']['reward'] == max(rewards)
  assert report['references']['NASNet-A']['trial'] == 0
  assert report['references']['Random choice']['trial'] == 1


def test_configuration_holds_defining_and_operational_settings(run_dir):
  configuration = report_of(run_dir)['configuration']
  assert configuration['controller'] == 'ppo'
  assert configuration['trials'] == 60
  assert configuration['blocks'] == 5


def test_digest_is_that_of_the_newest_lesson(run_dir, tmp_path):
  report = report_of(run_dir)
  assert report['controller_digest'] == report['lessons'][-1]['digest']
  assert len(report['lessons']) == 5
  maker = Maker(tmp_path / 'new', config(tmp_path / 'new', 5))
  assert report_of(maker.close())['controller_digest'] == INITIAL_DIGEST


def test_a_search_that_was_stopped_says_so(tmp_path):
  path = make_run(tmp_path / 'run', trials=10, goal=40)
  report = report_of(path)
  assert report['state'] == 'stopped'
  assert '10 of 40' in report['reason']


def test_a_running_search_is_read_while_it_writes(tmp_path):
  maker = Maker(tmp_path / 'run', config(tmp_path / 'run', 9))
  directory = RunDirectory(tmp_path / 'run')
  directory.acquire()
  maker.begin(0)
  maker.settle(0, measurement(maker.rng, 0.8))
  maker.store._file.connection.execute('BEGIN IMMEDIATE')
  try:
    report = report_of(tmp_path / 'run')
  finally:
    maker.store._file.connection.execute('ROLLBACK')
    directory.release()
  assert report['state'] == 'running'
  assert report['trials'][0]['status'] == Status.COMPLETED.value


def test_reading_changes_nothing(run_dir):
  before = {path.name: path.read_bytes() for path in run_dir.iterdir()}
  report_of(run_dir)
  assert {path.name: path.read_bytes() for path in run_dir.iterdir()} == before


@pytest.mark.parametrize('name', ['missing', 'empty'])
def test_a_directory_without_a_run_is_named(tmp_path, name):
  (tmp_path / 'empty').mkdir()
  with pytest.raises(UserError, match=f'directory of a run.*{name}'):
    read_summary(tmp_path / name)
