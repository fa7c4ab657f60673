"""What only processes survive, and what becomes of them."""

import concurrent.futures
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from nasnet_search.trials import Status
from nasnet_search.workers.config import WorkersConfig
from nasnet_search.workers.local_processes import LocalProcesses
from tests.workers.misbehaving import FOLDER, Behaviour


@pytest.fixture
def processes(spec):
  """Returns a function that makes worker processes; they end with the test."""
  made = []

  def make(**config):
    made.append(LocalProcesses(spec, WorkersConfig(**config)))
    return made[-1]

  yield make
  for workers in made:
    workers.close()


def run(workers, wait_for, trial):
  workers.submit(trial)
  (outcome,) = wait_for(workers)
  return outcome


def pid_of(workers, wait_for, make_trial):
  """Returns the process that the next trial runs in."""
  outcome = run(workers, wait_for, make_trial(0, Behaviour.COMPLETE))
  assert outcome.status is Status.COMPLETED
  return int(outcome.measurement.values['pid'])


def alive(pid):
  """Returns whether a process runs; it need not have been waited for yet."""
  # Not by `psutil.wait_procs`, which would take the exit status of our own
  # children before the pool has seen it.
  try:
    return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
  except psutil.NoSuchProcess:
    return False


def gone(pids, seconds=10):
  """Returns whether processes end within some seconds."""
  for _ in range(20 * seconds):
    if not any(map(alive, pids)):
      return True
    time.sleep(0.05)
  return False


def children():
  """Returns the worker processes of this one."""
  return [
    child.pid
    for child in psutil.Process().children(recursive=True)
    if alive(child.pid) and 'resource_tracker' not in ' '.join(child.cmdline())
  ]


def test_a_worker_serves_one_trial_after_another(
  processes, make_trial, wait_for
):
  workers = processes(workers=1)
  first = pid_of(workers, wait_for, make_trial)
  run(workers, wait_for, make_trial(1, Behaviour.RAISE))
  run(workers, wait_for, make_trial(1, Behaviour.DIVERGE))
  assert pid_of(workers, wait_for, make_trial) == first


def test_a_worker_that_dies_is_replaced(processes, make_trial, wait_for):
  workers = processes(workers=1)
  first = pid_of(workers, wait_for, make_trial)
  outcome = run(workers, wait_for, make_trial(1, Behaviour.DIE))
  assert outcome.status is Status.CRASHED
  assert outcome.message == 'The worker process died (exit code -9).'
  assert pid_of(workers, wait_for, make_trial) != first
  assert gone([first])


def test_a_worker_killed_while_idle_is_replaced(
  processes, make_trial, wait_for
):
  """As the kernel does when memory runs out."""
  workers = processes(workers=1)
  first = pid_of(workers, wait_for, make_trial)
  os.kill(first, signal.SIGKILL)
  assert gone([first])
  time.sleep(1.0)  # Long enough for the pool to notice, as it does at rest.
  assert pid_of(workers, wait_for, make_trial) != first


def test_a_worker_killed_the_moment_before_a_trial_costs_an_attempt_at_most(
  processes, make_trial, wait_for
):
  workers = processes(workers=1)
  first = pid_of(workers, wait_for, make_trial)
  os.kill(first, signal.SIGKILL)
  outcome = run(workers, wait_for, make_trial(1, Behaviour.COMPLETE))
  assert outcome.status in (Status.CRASHED, Status.COMPLETED)
  assert pid_of(workers, wait_for, make_trial) != first


def test_a_trial_that_was_lost_with_its_pool_has_crashed(
  processes, make_trial, wait_for
):
  """A pool that breaks in the moment of submission never tells of the trial."""
  workers = processes(workers=1)
  first = pid_of(workers, wait_for, make_trial)
  (slot,) = workers._slots
  os.kill(first, signal.SIGKILL)
  for _ in range(200):
    if not slot._pool.active:
      break
    time.sleep(0.05)
  slot.trial, slot.future = make_trial(1, 0), concurrent.futures.Future()
  (outcome,) = wait_for(workers)
  assert outcome.trial.trial_id == 1
  assert outcome.status is Status.CRASHED
  assert outcome.message == 'The worker process died.'
  assert pid_of(workers, wait_for, make_trial) != first


def test_what_takes_too_long_is_stopped(processes, make_trial, wait_for):
  workers = processes(workers=1, trial_timeout=1.0)
  # The clock is that of the trial: starting a process takes longer than some
  # trials may.
  first = pid_of(workers, wait_for, make_trial)
  outcome = run(workers, wait_for, make_trial(1, Behaviour.HANG))
  assert outcome.status is Status.TIMEOUT
  assert outcome.message == (
    'The child took longer than 1 s (--trial_timeout).'
  )
  assert outcome.seconds >= 1.0
  assert pid_of(workers, wait_for, make_trial) != first
  assert gone([first])


def test_the_time_a_process_takes_to_start_is_not_the_trials(
  processes, make_trial, wait_for
):
  # A worker imports NumPy and the project, which no machine does in 0.1 s.
  workers = processes(workers=1, trial_timeout=0.1)
  outcome = run(workers, wait_for, make_trial(0, Behaviour.COMPLETE))
  assert outcome.status is Status.COMPLETED


def test_one_that_will_not_be_asked_is_killed(processes, make_trial, wait_for):
  workers = processes(workers=1, trial_timeout=0.5)
  first = pid_of(workers, wait_for, make_trial)
  outcome = run(
    workers, wait_for, make_trial(1, Behaviour.HANG_IGNORING_SIGTERM)
  )
  assert outcome.status is Status.TIMEOUT
  assert gone([first])
  assert pid_of(workers, wait_for, make_trial) != first


def test_one_that_uses_too_much_memory_is_killed(
  processes, make_trial, wait_for
):
  workers = processes(workers=1, worker_memory=0.3)
  first = pid_of(workers, wait_for, make_trial)
  outcome = run(workers, wait_for, make_trial(1, Behaviour.USE_MEMORY))
  assert outcome.status is Status.OUT_OF_MEMORY
  assert 'the limit is 0.30 GiB (--worker_memory)' in outcome.message
  assert gone([first])
  assert pid_of(workers, wait_for, make_trial) != first


def test_one_that_ran_out_of_memory_by_itself_is_replaced(
  processes, make_trial, wait_for
):
  workers = processes(workers=1)
  first = pid_of(workers, wait_for, make_trial)
  run(workers, wait_for, make_trial(1, Behaviour.RUN_OUT_OF_MEMORY))
  assert pid_of(workers, wait_for, make_trial) != first


def test_a_break_costs_its_own_slot_only(processes, make_trial, wait_for):
  workers = processes(workers=2)
  workers.submit(make_trial(0, Behaviour.WAIT))
  workers.submit(make_trial(1, Behaviour.DIE))
  outcomes = {each.trial.trial_id: each for each in wait_for(workers, 2)}
  assert outcomes[0].status is Status.COMPLETED
  assert outcomes[1].status is Status.CRASHED


def test_closing_ends_all_processes_whatever_they_do(
  processes, make_trial, wait_for
):
  before = children()
  workers = processes(workers=2)
  pid_of(workers, wait_for, make_trial)
  workers.submit(make_trial(1, Behaviour.HANG_IGNORING_SIGTERM))
  workers.submit(make_trial(2, Behaviour.HANG))
  started = set(children()) - set(before)
  assert len(started) == 2
  workers.close()
  assert not started & set(children())


def test_closing_before_anything_has_started(spec):
  before = children()
  LocalProcesses(spec, WorkersConfig(workers=2)).close()
  assert children() == before


def test_an_evaluator_that_cannot_be_made_is_heard_of(make_trial, wait_for):
  """Not when the workers start, where nobody listens, but with a trial."""
  from nasnet_search.data.config import DataConfig
  from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
  from nasnet_search.workers.child_process import EvaluatorSpec

  broken = EvaluatorSpec(
    EvaluatorConfig(), ProxyConfig(), DataConfig(), ('no_such_plugin',)
  )
  workers = LocalProcesses(broken, WorkersConfig(workers=1))
  try:
    outcome = run(workers, wait_for, make_trial(0, Behaviour.COMPLETE))
  finally:
    workers.close()
  assert outcome.status is Status.CRASHED
  assert 'no_such_plugin' in outcome.message


def test_threads_and_gpus_are_set_before_the_evaluator_is_made(
  tmp_path, spec, monkeypatch, make_trial, wait_for
):
  (tmp_path / 'telling.py').write_text(
    'import os\n'
    'from nasnet_search.evaluators.registry import EVALUATORS\n'
    'from nasnet_search.trials import Measurement\n'
    'EVALUATORS.register("telling", "telling:Telling")\n'
    'NAMES = ("TF_NUM_INTRAOP_THREADS", "CUDA_VISIBLE_DEVICES")\n'
    'class Telling:\n'
    '  def __init__(self, *parts):\n'
    '    self.seen = {n: float(os.environ[n] or -1) for n in NAMES}\n'
    '  def evaluate(self, request, context):\n'
    '    return Measurement(self.seen)\n'
  )
  monkeypatch.syspath_prepend(tmp_path)
  from nasnet_search.evaluators.config import EvaluatorConfig
  from nasnet_search.workers.child_process import EvaluatorSpec

  telling = EvaluatorSpec(
    EvaluatorConfig(evaluator='telling'), spec.proxy, spec.data, ('telling',)
  )
  seen = []
  for gpus in (('5', '7'), ()):
    workers = LocalProcesses(
      telling, WorkersConfig(workers=2, threads_per_worker=3, gpus=gpus)
    )
    try:
      for n in range(2):
        workers.submit(make_trial(n, 0))
      outcomes = wait_for(workers, 2)
      seen += sorted(
        tuple(each.measurement.values.values()) for each in outcomes
      )
    finally:
      workers.close()
  assert seen == [(3.0, 5.0), (3.0, 7.0), (3.0, -1.0), (3.0, -1.0)]


_COORDINATOR = """
import sys, time
from nasnet_search.cells import zoo
from nasnet_search.data.config import DataConfig
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.trials import Trial
from nasnet_search.workers.child_process import EvaluatorSpec
from nasnet_search.workers.config import WorkersConfig
from nasnet_search.workers.local_processes import LocalProcesses
from misbehaving import Behaviour

if __name__ == '__main__':
  spec = EvaluatorSpec(
    EvaluatorConfig(evaluator='misbehaving'), ProxyConfig(), DataConfig(),
    ('misbehaving',),
  )
  workers = LocalProcesses(spec, WorkersConfig(workers=2))
  cell = zoo.load('nasnet_a')
  pids = []
  for _ in range(2):
    workers.submit(Trial(0, 1, cell, int(Behaviour.WAIT)))
  while len(pids) < 2:
    pids += [int(each.measurement.values['pid'])
             for each in workers.settled(0.1)]
  # One hangs, the other one is idle.
  workers.submit(Trial(1, 1, cell, int(Behaviour.HANG)))
  time.sleep(0.5)
  print(*pids, flush=True)
  time.sleep(600)
"""


def test_orphans_end_themselves(tmp_path):
  """Within two seconds, by design; a busy machine may need a few more."""
  script = tmp_path / 'coordinator.py'
  script.write_text(_COORDINATOR)
  path = [FOLDER, *filter(None, [os.environ.get('PYTHONPATH')])]
  coordinator = subprocess.Popen(
    [sys.executable, str(script)],
    stdout=subprocess.PIPE,
    text=True,
    env={**os.environ, 'PYTHONPATH': os.pathsep.join(path)},
  )
  pids = [int(each) for each in coordinator.stdout.readline().split()]
  try:
    assert len(pids) == 2
    assert all(map(alive, pids))
    coordinator.kill()
    coordinator.wait()
    assert gone(pids, seconds=6)
  finally:
    coordinator.stdout.close()
    for pid in filter(alive, pids):
      os.kill(pid, signal.SIGKILL)
