"""Running, finished and stopped are told apart by lock and log."""

import pytest

from nasnet_search.report.summary import read_summary

from .synthetic import Maker, config, make_run, measurement


def standing_of(path):
  return read_summary(path).standing


def settle_some(path, count, **limits):
  """Writes a run whose trials get worse from the first one on."""
  settings = config(path, 50)
  maker = Maker(path, settings)
  if limits:
    with maker.time():
      maker.store.add_start(
        {**maker.store.starts()[0]['operational'], **limits}, {}
      )
  for step in range(count):
    trial = maker.propose()
    maker.begin(trial.trial_id)
    maker.settle(trial.trial_id, measurement(maker.rng, 0.9 - step / 10))
  return maker.close()


def test_a_run_that_reached_its_goal_has_finished(tmp_path):
  standing = standing_of(make_run(tmp_path / 'run', trials=4))
  assert standing.state == 'finished'
  assert '4 trials' in standing.reason
  assert standing.goal == 4


def test_the_goal_is_that_of_the_newest_start(tmp_path):
  path = settle_some(tmp_path / 'run', 3, trials=3)
  assert standing_of(path).state == 'finished'


@pytest.mark.parametrize(
  ('limits', 'state'),
  [
    ({'patience': 3}, 'finished'),  # Four trials: three since the best.
    ({'patience': 4}, 'stopped'),
    ({'max_hours': 0.001}, 'finished'),  # 3.6 s; each trial takes 12 s.
    ({'max_hours': 1.0}, 'stopped'),
  ],
)
def test_a_limit_that_was_reached_is_an_end_too(tmp_path, limits, state):
  assert standing_of(settle_some(tmp_path / 'run', 4, **limits)).state == state


def test_what_was_not_reached_is_told(tmp_path):
  standing = standing_of(settle_some(tmp_path / 'run', 4))
  assert standing.state == 'stopped'
  assert '4 of 50' in standing.reason


def test_whoever_holds_the_lock_is_running(tmp_path):
  maker = Maker(tmp_path / 'run', config(tmp_path / 'run', 5))
  assert standing_of(tmp_path / 'run').state == 'stopped'
  maker.directory.acquire()
  try:
    assert standing_of(tmp_path / 'run').state == 'running'
  finally:
    maker.directory.release()
  # The lock's file is still there, but nobody holds it.
  assert (tmp_path / 'run' / 'run.lock').exists()
  assert standing_of(tmp_path / 'run').state == 'stopped'
  maker.close()


def test_looking_does_not_keep_a_search_from_starting(tmp_path):
  maker = Maker(tmp_path / 'run', config(tmp_path / 'run', 5))
  maker.directory.acquire()
  maker.directory.release()
  assert not maker.directory.in_use()
  maker.directory.acquire()
  maker.directory.release()
  maker.close()
