"""Real processes, really killed: PPO goes on as if nothing had happened.

The search is the installed program; the kill is SIGKILL, whenever the log
has grown by some random amount. Choices, outcomes, rewards, every learn call
and the digest of the controller after it must be those of a search that was
left alone, whatever the number of workers.
"""

import concurrent.futures
import os
import pathlib
import random
import signal
import subprocess
import sysconfig
import time

import pytest

from tests.runs import fakes

PROGRAM = pathlib.Path(sysconfig.get_path('scripts')) / 'nasnet-search'
SETTINGS = (
  '--evaluator=cost',
  '--controller=ppo',
  '--controller_batch_size=5',
  '--snapshot_interval=3',
  '--blocks=2',
  '--policy_units=16',
  '--policy_embedding_size=8',
)


def start(path, trials, workers):
  """Starts the program; what it prints goes to a file beside the run."""
  with path.with_suffix('.output').open('a') as output:
    return subprocess.Popen(
      [
        str(PROGRAM),
        *SETTINGS,
        f'--trials={trials}',
        f'--workers={workers}',
        f'--run_dir={path}',
      ],
      stdout=output,
      stderr=output,
      env={**os.environ, 'TF_CPP_MIN_LOG_LEVEL': '3'},
    )


def finish(path, trials, workers):
  process = start(path, trials, workers)
  output = path.with_suffix('.output')
  assert process.wait(timeout=300) == 0, output.read_text()


def settled_in(path):
  """Returns how many trials have settled, by the lines of the text log."""
  log = path / 'search.log'
  return log.read_text().count(' Trial ') if log.exists() else 0


def kill(path, trials, workers, rng):
  """Starts the search and kills it after it has settled some trials more."""
  goal = settled_in(path) + rng.randint(3, 8)
  process = start(path, trials, workers)
  while settled_in(path) < goal:
    assert process.poll() is None, path.with_suffix('.output').read_text()
    time.sleep(0.002)
  # Anywhere within a step.
  time.sleep(0.02 * rng.random())
  process.kill()
  assert process.wait() == -signal.SIGKILL


def killed(path, trials, workers, kills):
  """Runs a search that is killed so many times before it may end."""
  rng = random.Random(workers)
  for _ in range(kills):
    kill(path, trials, workers, rng)
  finish(path, trials, workers)
  return path


def check(tmp_path, trials, kills):
  """Compares searches that were killed with one that was left alone."""
  with concurrent.futures.ThreadPoolExecutor(2) as pool:
    alone = pool.submit(killed, tmp_path / 'alone', trials, 0, 0)
    others = [
      pool.submit(killed, tmp_path / str(workers), trials, workers, kills)
      for workers in (0, 1)
    ]
    expected = fakes.content(alone.result())
    assert len(expected['lessons']) == trials // 5
    # Every policy update left another state, or else digests prove nothing.
    digests = {digest for _, digest in expected['lessons']}
    assert len(digests) == trials // 5
    for other in others:
      assert fakes.content(other.result()) == expected
      store = fakes.read(other.result())
      assert len(store.starts()) == kills + 1
      store.close()


def test_killed_three_times_with_no_worker_and_with_one(tmp_path):
  check(tmp_path, trials=60, kills=3)


@pytest.mark.slow
def test_killed_twelve_times_with_no_worker_and_with_one(tmp_path):
  check(tmp_path, trials=200, kills=12)
