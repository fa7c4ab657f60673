"""Nobody trains for a coordinator that is gone, however it went.

The figure of the design is two seconds. The tests wait longer: a busy machine
must not fail them.
"""

import os
import signal
import subprocess
import sys

import pytest

from tests.workers.misbehaving import FOLDER, Behaviour
from tests.workers.processes import alive, children, gone, sleepers

COORDINATOR = """
import signal, sys, time
from nasnet_search.cells import zoo
from nasnet_search.data.config import DataConfig
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.trials import Trial
from nasnet_search.workers.child_process import EvaluatorSpec
from nasnet_search.workers.config import WorkersConfig
from nasnet_search.workers.local_processes import LocalProcesses

# Whoever started the tests may have had it ignored (nohup).
signal.signal(signal.SIGHUP, signal.SIG_DFL)
plugin, seed, seconds = sys.argv[1:]
spec = EvaluatorSpec(
  EvaluatorConfig(evaluator=plugin), ProxyConfig(), DataConfig(), (plugin,)
)
workers = LocalProcesses(spec, WorkersConfig(workers=1))
workers.submit(Trial(0, 1, zoo.load('nasnet_a'), int(seed)))
workers.settled(float(seconds))
print('running', flush=True)
time.sleep(600)
"""


@pytest.fixture
def killed(tmp_path):
  """Returns a function that starts workers and kills their coordinator.

  It returns the processes that had been there.
  """
  found = set()
  script = tmp_path / 'coordinator.py'
  script.write_text(COORDINATOR)
  path = [str(tmp_path), FOLDER, *filter(None, [os.environ.get('PYTHONPATH')])]

  def run(plugin, seed=0, *, seconds=0.5, number=signal.SIGKILL):
    coordinator = subprocess.Popen(
      [sys.executable, str(script), plugin, str(seed), str(seconds)],
      stdout=subprocess.PIPE,
      text=True,
      env={**os.environ, 'PYTHONPATH': os.pathsep.join(path)},
    )
    with coordinator.stdout:
      assert coordinator.stdout.readline() == 'running\n'
      found.update(children(coordinator.pid))
      coordinator.send_signal(number)
      coordinator.wait()
    return found

  yield run
  for pid in filter(alive, found):
    os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize(
  'behaviour',
  [
    Behaviour.COMPLETE,  # At rest since.
    Behaviour.HANG,
    Behaviour.HANG_HOLDING_THE_GIL,
    Behaviour.HANG_IGNORING_SIGTERM,
    Behaviour.MULTIPLY_MATRICES,
    Behaviour.STOP,
    Behaviour.START_PROCESS_AND_HANG,
    Behaviour.FORK_AND_HANG,
  ],
  ids=lambda each: each.name,
)
def test_orphans_end(killed, behaviour):
  asleep = sleepers()
  pids = killed('misbehaving', int(behaviour))
  assert len(pids) >= 2  # A worker and the watchdog.
  assert gone(pids)
  assert gone(sleepers() - asleep)


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGHUP])
def test_however_the_coordinator_went(killed, number):
  pids = killed('misbehaving', int(Behaviour.HANG), number=number)
  assert len(pids) == 2
  assert gone(pids)


@pytest.mark.parametrize(
  'importing', ['time.sleep(600)', 'sum(itertools.repeat(0))']
)
def test_one_that_is_still_starting_ends_too(killed, tmp_path, importing):
  text = f'import itertools, time\n{importing}\n'
  (tmp_path / 'never_imported.py').write_text(text)
  pids = killed('never_imported')
  assert len(pids) == 2
  assert gone(pids)


@pytest.mark.slow
def test_orphans_end_in_the_midst_of_tensorflow(killed, tmp_path):
  (tmp_path / 'endless.py').write_text(ENDLESS)
  pids = killed('endless', seconds=20.0)
  assert len(pids) == 2
  assert gone(pids)


ENDLESS = """
import time
from nasnet_search.evaluators.registry import EVALUATORS
EVALUATORS.register('endless', 'endless:Endless')


class Endless:
  def __init__(self, *parts):
    import tensorflow as tf

    @tf.function
    def count():
      i = tf.constant(0, tf.int64)
      while i >= 0:
        i = tf.math.abs(i + 1)
      return i

    self.count = count

  def evaluate(self, request, context):
    return self.count()
"""
