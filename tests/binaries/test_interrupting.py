"""Ctrl-C: sent to the whole group of processes, as a terminal does."""

import os
import re
import signal
import subprocess
import time

import psutil
import pytest

from nasnet_search.runs.reading import RunReader
from nasnet_search.trials import Status
from tests.binaries.program import SCRIPTS, python_path, search

PLUGIN = """
import os
import time
from nasnet_search.evaluators.cost import CostEvaluator
from nasnet_search.evaluators.registry import EVALUATORS
from nasnet_search.randomness import derived_seed

EVALUATORS.register('slow', 'slow_plugin:Slow')
SEED_0 = derived_seed(0, 'trial', 0)

class Slow(CostEvaluator):
  def evaluate(self, request, context):
    time.sleep(float(os.environ.get('SECONDS', 0)) * (request.seed != SEED_0))
    return super().evaluate(request, context)
"""
FLAGS = (
  '--plugin=slow_plugin',
  '--evaluator=slow',
  '--controller=random',
  '--trials=2',
  '--run_dir=run',
)


@pytest.fixture
def folder(tmp_path):
  """Returns a folder with a plugin that makes all trials but the first slow."""
  (tmp_path / 'slow_plugin.py').write_text(PLUGIN)
  return tmp_path


class Program:
  """A search in a session of its own, which signals can be sent to.

  Args:
    folder: Where to run it.
    workers: How many worker processes.
    seconds: How long all trials but the first one take.
  """

  def __init__(self, folder, workers, seconds):
    self._output = folder / 'output'
    with self._output.open('w') as file:
      self.process = subprocess.Popen(
        [str(SCRIPTS / 'nasnet-search'), *FLAGS, f'--workers={workers}'],
        cwd=folder,
        env={
          **os.environ,
          'PYTHONPATH': python_path(folder),
          'SECONDS': str(seconds),
        },
        stdout=file,
        stderr=file,
        start_new_session=True,
      )

  @property
  def output(self):
    return self._output.read_text()

  def wait_for(self, text):
    """Waits until the program has printed something."""
    while text not in self.output:
      assert self.process.poll() is None, self.output
      time.sleep(0.01)

  def interrupt(self):
    os.killpg(self.process.pid, signal.SIGINT)

  def end(self):
    """Waits for the end; returns the exit status."""
    status = self.process.wait(timeout=120)
    left = [
      process
      for process in psutil.process_iter(['status'])
      if process.info['status'] != psutil.STATUS_ZOMBIE
      and _session(process.pid) == self.process.pid
    ]
    # The resource tracker of multiprocessing ends by itself.
    assert not psutil.wait_procs(left, timeout=10)[1]
    return status


def _session(pid):
  try:
    return os.getsid(pid)
  except ProcessLookupError:
    return None


def trials_of(folder):
  store = RunReader(folder / 'run' / 'run.sqlite3')
  try:
    return store.trials(), store.crashes()
  finally:
    store.close()


@pytest.mark.parametrize('workers', [0, 1])
def test_once_ends_after_what_runs_and_the_same_command_goes_on(
  folder, workers
):
  program = Program(folder, workers, seconds=1)
  program.wait_for('Trial 0 (reference): reward')
  program.interrupt()
  assert program.end() == 130
  assert 'Search ended: Interrupted; start the same command again' in (
    program.output
  )
  assert 'Traceback' not in program.output
  trials, crashes = trials_of(folder)
  # Trial 1 was running, or about to.
  assert sum(trial.status.settled for trial in trials) in (1, 2)
  assert not any(trial.status is Status.RUNNING for trial in trials)
  assert crashes == {}

  done = search(*FLAGS, f'--workers={workers}', cwd=folder, path=folder)
  assert done.returncode == 0, done.stderr
  assert 'All 2 trials have settled.' in done.stdout
  trials, _ = trials_of(folder)
  assert all(trial.attempts == 1 for trial in trials[:4])


def test_workers_that_are_still_starting_do_not_hear_it(folder):
  """They would die of it while they import, and cost the trial an attempt."""
  program = Program(folder, 1, seconds=1)
  program.wait_for('Search in run')
  # The trial is handed to a worker that has imported next to nothing by now.
  while trials_of(folder)[0][0].status is not Status.RUNNING:
    time.sleep(0.002)
  program.interrupt()
  assert program.end() == 130
  assert 'Trial 0 (reference): reward' in program.output
  assert 'Traceback' not in program.output
  assert trials_of(folder)[1] == {}


def test_while_workers_are_started_it_is_heard_afterwards(folder):
  """A process started by halves would complain of what it did not get."""
  program = Program(folder, 2, seconds=1)
  program.wait_for('Search in run')
  coordinator = psutil.Process(program.process.pid)
  # The other child is the resource tracker of multiprocessing.
  while len(coordinator.children()) < 2:
    time.sleep(0.001)
  program.interrupt()
  assert program.end() == 130
  assert 'Traceback' not in program.output


@pytest.mark.parametrize('workers', [0, 1])
def test_twice_stops_at_once_and_the_same_command_goes_on(folder, workers):
  program = Program(folder, workers, seconds=600)
  program.wait_for('Trial 0 (reference): reward')
  time.sleep(0.5)  # Trial 1 starts meanwhile.
  program.interrupt()
  time.sleep(0.5)  # Signals that come at once are one signal.
  program.interrupt()
  assert program.end() == 130
  assert program.output.endswith('Interrupted.\n')
  assert 'Traceback' not in program.output
  trials, _ = trials_of(folder)
  assert trials[1].status is Status.RUNNING

  done = search(*FLAGS, f'--workers={workers}', cwd=folder, path=folder)
  assert done.returncode == 0, done.stderr
  trials, crashes = trials_of(folder)
  assert trials[1].attempts == 2
  assert crashes == {}
  assert re.search('Search ended: All 2 trials', done.stdout)
