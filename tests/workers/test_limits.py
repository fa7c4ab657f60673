"""Limits of time and memory: whose clock counts, and what they cost."""

import os
import signal
import time

import pytest

from nasnet_search.trials import Status
from tests.workers.misbehaving import Behaviour
from tests.workers.processes import alive, gone

SLOW_TO_IMPORT = 'import time\ntime.sleep({})\nfrom misbehaving import *\n'


@pytest.fixture
def slow_spec(tmp_path, monkeypatch, make_spec, spec):
  """Returns a function that makes a spec whose plugin takes its time."""
  monkeypatch.syspath_prepend(tmp_path)

  def make(seconds):
    name = f'slow_{int(10 * seconds)}'
    (tmp_path / f'{name}.py').write_text(SLOW_TO_IMPORT.format(seconds))
    return make_spec(spec.evaluator.evaluator, name)

  return make


def test_what_takes_too_long_is_stopped(
  processes, make_trial, run_one, pids_of
):
  workers = processes(workers=1, trial_timeout=1.0)
  first = pids_of(workers)
  outcome = run_one(workers, make_trial(1, Behaviour.HANG))
  assert outcome.status is Status.TIMEOUT
  assert outcome.message == (
    'The child took longer than 1 s (--trial_timeout).'
  )
  assert outcome.seconds >= 1.0
  assert not first & pids_of(workers)
  assert gone(first)


def test_the_time_a_process_takes_to_start_is_not_the_trials(
  processes, slow_spec, make_trial, run_one
):
  workers = processes(of=slow_spec(2.0), workers=1, trial_timeout=1.5)
  outcome = run_one(workers, make_trial(0, Behaviour.WAIT))
  assert outcome.status is Status.COMPLETED


def test_nor_is_the_time_between_two_trials(processes, make_trial, run_one):
  workers = processes(workers=1, trial_timeout=1.0)
  run_one(workers, make_trial(0, Behaviour.COMPLETE))
  time.sleep(1.2)
  outcome = run_one(workers, make_trial(1, Behaviour.COMPLETE))
  assert outcome.status is Status.COMPLETED


def test_a_worker_that_does_not_start_has_crashed(
  processes, slow_spec, make_trial, run_one
):
  workers = processes(of=slow_spec(600.0), workers=1, worker_start_timeout=1.0)
  outcome = run_one(workers, make_trial(0, Behaviour.COMPLETE))
  assert outcome.status is Status.CRASHED
  assert outcome.message == (
    'The worker took longer than 1 s to import the plugins and to make the '
    'evaluator. Mend what hangs there, or raise the limit '
    '(--worker_start_timeout).'
  )


def test_a_worker_that_has_started_may_be_as_old_as_it_likes(
  processes, make_trial, run_one
):
  workers = processes(workers=1, worker_start_timeout=1.0)
  run_one(workers, make_trial(0, Behaviour.COMPLETE))
  time.sleep(1.0)
  outcome = run_one(workers, make_trial(1, Behaviour.WAIT))
  assert outcome.status is Status.COMPLETED


def test_no_limit_is_none(processes, make_trial, run_one):
  workers = processes(workers=1)
  outcome = run_one(workers, make_trial(1, Behaviour.USE_MEMORY_FOR_A_WHILE))
  assert outcome.status is Status.COMPLETED


def test_one_paused_past_its_limit_says_nothing_later(
  processes, make_trial, run_one, pids_of, wait_for
):
  """As when a machine is short of memory, or somebody debugs."""
  workers = processes(workers=1, trial_timeout=1.0)
  (pid,) = pids_of(workers)
  paused = make_trial(1, Behaviour.WAIT)
  workers.submit(paused)
  os.kill(pid, signal.SIGSTOP)
  (outcome,) = wait_for(workers)
  assert (outcome.trial, outcome.status) == (paused, Status.TIMEOUT)
  # There is nobody left who could go on; if there were, it would be heard.
  try:
    os.kill(pid, signal.SIGCONT)
  except ProcessLookupError:
    assert not alive(pid)
  assert workers.settled(0.5) == []
  outcome = run_one(workers, make_trial(1, Behaviour.COMPLETE, attempt=2))
  assert (outcome.trial.attempt, outcome.status) == (2, Status.COMPLETED)
  assert workers.settled(0.5) == []


def test_one_paused_for_a_moment_goes_on(
  processes, make_trial, pids_of, wait_for
):
  workers = processes(workers=1, trial_timeout=30.0)
  (pid,) = pids_of(workers)
  workers.submit(make_trial(1, Behaviour.WAIT))
  os.kill(pid, signal.SIGSTOP)
  assert workers.settled(1.0) == []
  os.kill(pid, signal.SIGCONT)
  (outcome,) = wait_for(workers)
  assert outcome.status is Status.COMPLETED
  assert pids_of(workers) == {pid}


def test_an_outcome_that_is_there_counts_though_nobody_looked_in_time(
  processes, make_trial, pids_of, wait_for
):
  """The coordinator was busy, or the whole machine asleep."""
  workers = processes(workers=1, trial_timeout=1.0)
  pids = pids_of(workers)
  workers.submit(make_trial(1, Behaviour.WAIT))
  time.sleep(2.0)
  (outcome,) = wait_for(workers)
  assert outcome.status is Status.COMPLETED
  assert pids_of(workers) == pids
