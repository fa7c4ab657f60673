"""Real processes, really killed: PPO goes on as if nothing had happened.

The search is the installed program; the kill is SIGKILL, at a fault point or
at any moment. Choices, outcomes, rewards, every learn call and the digest of
the controller after it must be those of a search that was left alone, whether
children are valued in the search's own process or in a worker.
"""

import concurrent.futures
import contextlib
import os
import pathlib
import random
import signal
import subprocess
import sysconfig
import time

import pytest

from nasnet_search.evaluators.protocol import Request, Silent
from nasnet_search.evaluators.registry import make_evaluator
from tests.binaries import program
from tests.runs import fakes, fault_points, test_continuing

PROGRAM = pathlib.Path(sysconfig.get_path('scripts')) / 'nasnet-search'
BATCH = 2
PPO = (
  '--controller=ppo',
  f'--controller_batch_size={BATCH}',
  '--snapshot_interval=2',
  '--blocks=2',
  '--policy_units=16',
  '--policy_embedding_size=8',
  # So slow a learner proposes few duplicates.
  '--policy_learning_rate=0.001',
)
COST = (*PPO, '--evaluator=cost')
# Real children, as small as they can be.
DIGITS = (
  *PPO,
  '--evaluator=child',
  '--data=digits',
  '--train_images=256',
  '--validation_images=100',
  '--epochs=1',
  '--filters=2',
)


def start(path, settings, trials, workers, **environment):
  """Starts the program; what it prints goes to a file beside the run."""
  with path.with_suffix('.output').open('a') as output:
    return subprocess.Popen(
      [
        str(PROGRAM),
        *settings,
        f'--plugin={fault_points.NAME}',
        f'--trials={trials}',
        f'--workers={workers}',
        f'--run_dir={path}',
      ],
      stdout=output,
      stderr=output,
      env={
        **os.environ,
        'TF_CPP_MIN_LOG_LEVEL': '3',
        'PYTHONPATH': program.python_path(fault_points.FOLDER),
        **environment,
      },
    )


def finish(path, settings, trials, workers, **environment):
  process = start(path, settings, trials, workers, **environment)
  output = path.with_suffix('.output')
  assert process.wait(timeout=3600) == 0, output.read_text()


def settled_in(path):
  """Returns how many trials have settled, by the lines of the text log."""
  log = path / 'search.log'
  return log.read_text().count(' Trial ') if log.exists() else 0


def kill_at_a_moment(path, settings, trials, workers, rng):
  """Starts the search and kills it after it has settled some trials more."""
  goal = settled_in(path) + rng.randint(1, 4)
  process = start(path, settings, trials, workers)
  while settled_in(path) < goal:
    assert process.poll() is None, path.with_suffix('.output').read_text()
    time.sleep(0.002)
  # Anywhere within a trial.
  time.sleep((1.5 if settings is DIGITS else 0.02) * rng.random())
  process.kill()
  assert process.wait() == -signal.SIGKILL


def kill_at_a_point(path, settings, trials, workers, point, number):
  """Starts the search and lets it be killed at a fault point."""
  process = start(
    path,
    settings,
    trials,
    workers,
    FAULT_POINT=point,
    FAULT_NUMBER=str(number),
  )
  output = path.with_suffix('.output')
  assert process.wait(timeout=3600) == -signal.SIGKILL, (
    point,
    output.read_text(),
  )


def alone(path, settings, trials):
  """Runs a search that is left alone; returns the fault points it passed."""
  record = path.with_suffix('.points')
  finish(path, settings, trials, 0, FAULT_RECORD=str(record))
  return record.read_text().splitlines()


def killed_at_moments(path, settings, trials, workers, kills):
  """Runs a search that is killed so many times before it may end."""
  rng = random.Random(workers)
  for _ in range(kills):
    kill_at_a_moment(path, settings, trials, workers, rng)
  finish(path, settings, trials, workers)
  return path


def killed_at_points(path, settings, trials, workers, points):
  """Runs a search that is killed once at every fault point, in their order."""
  for point in dict.fromkeys(points):
    # What happens with every trial is let pass once, so that the log grows.
    number = 2 if points.count(point) > trials else 1
    kill_at_a_point(path, settings, trials, workers, point, number)
  finish(path, settings, trials, workers)
  return path


def check(path, expected, kills):
  """Compares a search that was killed with one that was left alone."""
  assert fakes.content(path) == expected
  with contextlib.closing(fakes.read(path)) as log:
    log.check()
    assert len(log.starts()) <= kills + 1
  done = program.run(
    'nasnet-report',
    path,
    '--verify',
    '--trusted',
    cwd=path.parent,
    path=fault_points.FOLDER,
  )
  assert done.returncode == 0, done.stdout + done.stderr
  assert done.stdout.startswith('Agrees: ')


def content_of(path, trials):
  expected = fakes.content(path)
  # More where there are duplicates, which are learned too.
  assert len(expected['lessons']) >= trials // BATCH
  # Every policy update left another state, or else digests prove nothing.
  digests = {digest for _, digest in expected['lessons']}
  assert len(digests) == len(expected['lessons'])
  return expected


def test_killed_twice_with_no_worker_and_with_one(tmp_path):
  """The last six of the trials confirm the best three."""
  trials = 46
  settings = (*COST, '--confirm_top=3', '--confirm_repeats=2')
  with concurrent.futures.ThreadPoolExecutor(2) as pool:
    whole = pool.submit(alone, tmp_path / 'alone', settings, trials)
    others = [
      pool.submit(
        killed_at_moments, tmp_path / str(workers), settings, trials, workers, 2
      )
      for workers in (0, 1)
    ]
    whole.result()
    expected = content_of(tmp_path / 'alone', trials - 6)
    assert sum(trial.confirms is not None for trial in expected['trials']) == 6
    for other in others:
      check(other.result(), expected, 2)


@pytest.mark.slow
@pytest.mark.parametrize('settings', [COST, DIGITS], ids=['cost', 'digits'])
def test_killed_everywhere_with_no_worker_and_with_one(tmp_path, settings):
  """At every fault point, and in another search at 30 random moments."""
  trials = 160
  points = alone(tmp_path / 'alone', settings, trials)
  expected = content_of(tmp_path / 'alone', trials)
  distinct = len(dict.fromkeys(points))
  assert distinct > 80
  with concurrent.futures.ThreadPoolExecutor(2) as pool:
    for future, kills in [
      (
        pool.submit(
          killed_at_points,
          tmp_path / f'points_{workers}',
          settings,
          trials,
          workers,
          points,
        ),
        distinct,
      )
      for workers in (0, 1)
    ] + [
      (
        pool.submit(
          killed_at_moments,
          tmp_path / f'moments_{workers}',
          settings,
          trials,
          workers,
          30,
        ),
        30,
      )
      for workers in (0, 1)
    ]:
      check(future.result(), expected, kills)


@pytest.mark.slow
def test_killed_with_four_workers_nothing_is_lost_doubled_or_changed(tmp_path):
  trials = 120
  path = killed_at_moments(tmp_path / 'run', COST, trials, 4, 12)
  test_continuing.check_rules(path, BATCH, trials)
  config = fakes.config_of(path)
  evaluator = make_evaluator(
    type(config.evaluator)(evaluator='cost'), config.proxy, config.data
  )
  for trial in fakes.content(path)['trials']:
    if trial.measurement is not None:
      request = Request(trial.architecture, trial.seed)
      assert trial.measurement == evaluator.evaluate(request, Silent())
  done = program.run(
    'nasnet-report',
    path,
    '--verify',
    '--trusted',
    cwd=tmp_path,
    path=fault_points.FOLDER,
  )
  assert done.returncode == 0, done.stdout + done.stderr
