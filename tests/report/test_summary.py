"""Figures that are computed from the log, against sums by hand."""

import dataclasses
import signal
import sqlite3
import subprocess
import sys

import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.report.summary import read_summary, seconds_taken
from nasnet_search.trials import Measurement, Status

from .synthetic import BEGIN, Maker, config, make_run


def settle(maker, *rewards):
  """Settles one new trial a reward; None is for one that diverged."""
  for reward in rewards:
    trial = maker.propose().trial_id
    maker.begin(trial)
    if reward is None:
      maker.settle(trial, (Status.DIVERGED, 'It diverged.'))
    else:
      values = {'validation_accuracy': reward}
      maker.settle(trial, Measurement(values))


@pytest.fixture
def maker(tmp_path):
  result = Maker(tmp_path / 'run', config(tmp_path / 'run', 9))
  yield result
  result.close()


def read(maker):
  return read_summary(maker.directory.path)


def test_ranking_is_by_reward_and_leaves_failures_out(maker):
  settle(maker, 0.5, None, 0.75, 0.5, 0.25)
  # Trials 0 and 1 are the references; equal rewards keep their order.
  assert [trial.trial_id for trial in read(maker).ranked()] == [4, 2, 5, 6]


def test_duplicates_and_references_are_not_ranked(maker):
  settle(maker, 0.5)
  maker.duplicate(maker.store.trials([2])[0])
  maker.begin(0)
  maker.settle(0, Measurement({'validation_accuracy': 0.99}))
  summary = read(maker)
  assert [trial.trial_id for trial in summary.ranked()] == [2]
  assert summary.reference_rewards() == {'NASNet-A': 0.99}


def test_failed_references_have_no_reward_to_compare_with(maker):
  maker.begin(0)
  maker.settle(0, (Status.OUT_OF_MEMORY, 'Too large.'))
  summary = read(maker)
  assert summary.trials[0].reward == 0.1  # Chance level is what is logged.
  assert summary.reference_rewards() == {}
  assert list(summary.references()) == ['NASNet-A', 'Random choice']


def test_time_runs_from_the_start_to_the_last_entry(maker):
  settle(maker, 0.5, 0.6)
  summary = read(maker)
  last = max(trial.settled_at for trial in summary.trials if trial.settled_at)
  began = summary.starts[0]['started_at']
  assert began == pytest.approx(BEGIN, abs=1)
  assert summary.seconds == pytest.approx(last - began)
  assert summary.per_hour() == pytest.approx(2 * 3600 / (last - began))


def test_the_pause_between_two_starts_does_not_count(maker):
  settle(maker, 0.5)
  with maker.time():
    maker.store.seen()
  before = read(maker).seconds
  maker.clock.now += 86_400
  with maker.time():
    maker.store.add_start(read(maker).operational, {})
  settle(maker, 0.6)
  after = read(maker).seconds
  assert before + 12 < after < before + 32


def test_only_trials_that_were_valued_took_time(maker):
  settle(maker, 0.5)
  maker.duplicate(maker.store.trials([2])[0])
  maker.begin(0)
  times = [seconds_taken(trial) for trial in read(maker).trials]
  # Reference 0 runs, 1 is queued, 2 has settled, 3 is a duplicate of it.
  assert times[0] is times[1] is times[3] is None
  assert 12 <= times[2] <= 31


def test_a_newer_log_is_refused_by_both_versions(tmp_path):
  path = make_run(tmp_path / 'run', trials=2)
  with sqlite3.connect(path / 'run.sqlite3') as connection:
    connection.execute('PRAGMA user_version=99')
  connection.close()
  with pytest.raises(UserError, match=r'version 3 or older.*version 99'):
    read_summary(path)


def test_a_search_killed_while_it_wrote_can_be_read(tmp_path):
  path = make_run(tmp_path / 'run', trials=12)
  expected = read_summary(path)
  # A cache of one page makes SQLite write to the file before the commit.
  killed = subprocess.run(
    [
      sys.executable,
      '-c',
      'import os, sqlite3, sys\n'
      'log = sqlite3.connect(sys.argv[1], isolation_level=None)\n'
      'log.execute("PRAGMA cache_size=1")\n'
      'log.execute("BEGIN IMMEDIATE")\n'
      'log.execute("UPDATE trials SET reward=0, message=message || ?",'
      ' ("x" * 9000,))\n'
      'os.kill(os.getpid(), 9)',
      path / 'run.sqlite3',
    ],
    check=False,
  )
  assert killed.returncode == -signal.SIGKILL
  assert (path / 'run.sqlite3-journal').stat().st_size > 0
  assert read_summary(path).trials == expected.trials


def test_a_summary_is_data_that_does_not_change(maker):
  with pytest.raises(dataclasses.FrozenInstanceError):
    read(maker).reward = 'other'
