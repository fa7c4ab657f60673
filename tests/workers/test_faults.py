"""Whatever a child does to its worker ends in an outcome and costs one slot.

After each fault there must be as many workers as before, each serving trials,
and nothing else: no process, no open file.
"""

import os
import re
import signal

import pytest

from nasnet_search.trials import Status
from nasnet_search.workers.config import WorkersConfig
from nasnet_search.workers.local_processes import LocalProcesses
from tests.workers.misbehaving import Behaviour
from tests.workers.processes import children, descriptors, gone, sleepers

CRASHED, TIMEOUT = Status.CRASHED, Status.TIMEOUT
LIMIT = r'The child took longer than 1 s \(--trial_timeout\)\.'
PIPES = 'must leave the pipes of its process alone'

SURVIVED = {
  Behaviour.PRINT_MEGABYTES: (Status.COMPLETED, ''),
  Behaviour.CLOSE_OUTPUT: (Status.COMPLETED, ''),
  Behaviour.LEAVE_A_THREAD: (Status.COMPLETED, ''),
  Behaviour.RAISE: (CRASHED, 'RuntimeError: a bug in the evaluator'),
  Behaviour.MEASURE_NAN: (Status.DIVERGED, 'closeness became NaN'),
}
FATAL = {
  Behaviour.RUN_OUT_OF_MEMORY: (Status.OUT_OF_MEMORY, 'MemoryError'),
  Behaviour.INTERRUPT: (CRASHED, r'ended itself \(exit code 1\)'),
  Behaviour.INTERRUPT_BESIDE_A_THREAD: (CRASHED, 'ended itself'),
  Behaviour.DIE_BY_SIGKILL: (CRASHED, 'signal 9.*perhaps.* out of memory'),
  Behaviour.DIE_BY_SIGSEGV: (CRASHED, r'died \(signal 11'),
  Behaviour.DIE_BY_SIGABRT: (CRASHED, r'died \(signal 6'),
  Behaviour.DIE_BY_SIGTERM: (CRASHED, r'died \(signal 15'),
  Behaviour.EXIT_AT_ONCE: (CRASHED, r'ended itself \(exit code 7\)'),
  Behaviour.EXIT_AT_ONCE_WELL: (CRASHED, r'ended itself \(exit code 0\)'),
  Behaviour.CLOSE_PIPES: (CRASHED, r'ended itself \(exit code 1\)'),
  Behaviour.CORRUPT_PIPES: (CRASHED, PIPES),
  Behaviour.BEGIN_TO_ANSWER: (TIMEOUT, LIMIT),
  Behaviour.FLOOD_PIPES: (CRASHED, PIPES),
  Behaviour.HANG: (TIMEOUT, LIMIT),
  Behaviour.HANG_HOLDING_THE_GIL: (TIMEOUT, LIMIT),
  Behaviour.HANG_IGNORING_SIGTERM: (TIMEOUT, LIMIT),
  Behaviour.HANG_WITH_PIPES_CLOSED: (CRASHED, 'closed its pipe'),
  Behaviour.STOP: (TIMEOUT, LIMIT),
  Behaviour.USE_MEMORY: (Status.OUT_OF_MEMORY, r'limit is 0\.30 GiB \(--work'),
  Behaviour.START_PROCESS_AND_DIE: (CRASHED, r'died \(signal 6'),
  Behaviour.START_PROCESS_AND_HANG: (TIMEOUT, LIMIT),
  Behaviour.FORK_AND_DIE: (CRASHED, r'died \(signal 6'),
  Behaviour.FORK_AND_HANG: (TIMEOUT, LIMIT),
}


@pytest.fixture(scope='module')
def made(spec):
  """Returns a function that makes workers, or returns those made before.

  So they have all that was tested before behind them.
  """
  every = {}

  def make(number, limit):
    if (number, limit) not in every:
      config = WorkersConfig(
        workers=number, trial_timeout=limit, worker_memory=0.3
      )
      every[number, limit] = LocalProcesses(spec, config)
    return every[number, limit]

  yield make
  for workers in every.values():
    workers.close()


@pytest.fixture(params=[1, 2], ids=['one', 'two'])
def workers(request, made):
  """Returns workers; in a hurry only where a fault must break the limit."""
  behaviour = request.node.callspec.params.get('behaviour')
  status, _ = FATAL.get(behaviour, (None, ''))
  return made(request.param, 1.0 if status is TIMEOUT else 60.0)


@pytest.fixture
def as_before(workers, pids_of):
  """Returns a function that checks what is left after a fault.

  It takes how many workers had to be replaced.
  """
  pids = pids_of(workers)
  others, asleep = children() - pids, sleepers()
  opened = descriptors()

  def check(replaced):
    now = pids_of(workers)
    assert len(now) == workers.capacity
    assert len(pids - now) == replaced
    assert gone(pids - now)
    assert children() == others | now
    assert descriptors() == opened
    assert gone(sleepers() - asleep)

  return check


@pytest.mark.parametrize(
  'behaviour', [*SURVIVED, *FATAL], ids=lambda each: each.name
)
def test_a_fault_costs_one_trial(
  workers, make_trial, wait_for, as_before, behaviour
):
  workers.submit(make_trial(0, behaviour))
  for n in range(1, workers.capacity):
    workers.submit(make_trial(n, Behaviour.COMPLETE))
  outcomes = wait_for(workers, workers.capacity)
  statuses = {each.trial.trial_id: each.status for each in outcomes}
  expected, message = {**SURVIVED, **FATAL}[behaviour]
  assert statuses.pop(0) is expected
  assert set(statuses.values()) <= {Status.COMPLETED}
  (failed,) = (each for each in outcomes if each.trial.trial_id == 0)
  assert re.search(message, failed.message)
  as_before(replaced=int(behaviour in FATAL))


@pytest.mark.parametrize(
  'number', ['SIGKILL', 'SIGSEGV', 'SIGABRT', 'SIGTERM', 'SIGINT']
)
def test_a_worker_that_dies_at_rest_costs_nothing(
  workers, pids_of, as_before, number
):
  """As the kernel ends one when memory runs out. Ctrl-C is not for workers."""
  pid = min(pids_of(workers))
  os.kill(pid, signal.Signals[number])
  if number == 'SIGINT':
    as_before(replaced=0)
  else:
    assert gone([pid])
    as_before(replaced=1)


def test_all_workers_may_die_at_once(workers, pids_of, as_before):
  pids = pids_of(workers)
  for pid in pids:
    os.kill(pid, signal.SIGKILL)
  assert gone(pids)
  as_before(replaced=workers.capacity)


def test_one_killed_the_moment_before_a_trial_costs_an_attempt_at_most(
  workers, pids_of, make_trial, run_one, as_before
):
  os.kill(min(pids_of(workers)), signal.SIGKILL)
  outcome = run_one(workers, make_trial(1, Behaviour.COMPLETE))
  assert outcome.status in (CRASHED, Status.COMPLETED)
  as_before(replaced=1)
