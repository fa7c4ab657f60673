"""When a search stops, besides failures."""

import os
import signal
import threading
import time

import pytest

from nasnet_search.config import RunConfig
from nasnet_search.runs import observer
from nasnet_search.runs.progress import Progress
from nasnet_search.runs.stopping import StopRule, interruptible
from tests.runs import fakes

SCRIPT = [fakes.choices_of(n) for n in range(100)]


def test_stops_when_the_trials_have_settled(tmp_path):
  workers = fakes.Workers(capacity=3)
  reason = fakes.run_search(
    tmp_path, fakes.Controller(4, SCRIPT), workers, trials=5
  )
  assert reason == 'All 5 trials have settled.'
  # Never more than asked for, however many workers are free.
  assert len(workers.submitted) == 5


def test_patience_counts_trials_since_the_best(tmp_path):
  values = [fakes.value_of(fakes.SPACE.decode(each)) for each in SCRIPT]
  # By hand: the trial after which three in a row were no better than before.
  best, since, expected = -1.0, 0, 0
  while since < 3:
    value = values[expected]
    best, since = (value, 0) if value > best else (best, since + 1)
    expected += 1
  workers = fakes.Workers()
  reason = fakes.run_search(
    tmp_path, fakes.Controller(4, SCRIPT), workers, trials=99, patience=3
  )
  assert reason == 'No better reward in the last 3 trials.'
  assert len(workers.submitted) == expected < 99


def test_max_hours_counts_all_starts():
  rule = StopRule(RunConfig(max_hours=2.0), hours_used=1.999)
  assert rule.reason(Progress()) is None
  rule = StopRule(RunConfig(max_hours=2.0), hours_used=2.001)
  assert rule.reason(Progress()) == 'The limit of 2 hours is reached.'


def test_hours_of_earlier_starts_are_read_from_the_log(tmp_path):
  """A first start of about a second leaves no time to a second one."""

  def slow(trial):
    time.sleep(0.25)
    return fakes.completed(trial)

  fakes.run_search(
    tmp_path, fakes.Controller(3, SCRIPT), fakes.Workers(slow), trials=4
  )
  workers = fakes.Workers()
  reason = fakes.run_search(
    tmp_path,
    fakes.Controller(3, SCRIPT),
    workers,
    trials=9,
    max_hours=0.9 / 3600,
  )
  assert workers.submitted == []
  assert 'hours is reached' in reason


def test_what_runs_is_waited_for_when_time_is_up(tmp_path):
  def slow(trial):
    time.sleep(0.2)
    return fakes.completed(trial)

  workers = fakes.Workers(slow, capacity=2)
  reason = fakes.run_search(
    tmp_path, fakes.Controller(3, SCRIPT), workers, max_hours=0.1 / 3600
  )
  assert 'hours is reached' in reason
  trials = fakes.read(tmp_path).trials()
  assert [trial.trial_id for trial in trials if trial.status.settled] == [0, 1]


def _interrupting(number):
  """Returns an evaluation that sends this process a signal with trial 2."""

  def evaluate(trial):
    if trial.trial_id == 2 and trial.attempt == 1:
      for _ in range(number):
        os.kill(os.getpid(), signal.SIGINT)
    return fakes.completed(trial)

  return evaluate


def test_one_interrupt_waits_for_what_runs_and_the_search_goes_on_later(
  tmp_path,
):
  told = []

  def watch(event, progress):
    del progress
    if isinstance(event, observer.Told):
      told.append(event.message)

  reason = fakes.run_search(
    tmp_path / 'a',
    fakes.Controller(3),
    fakes.Workers(_interrupting(1), capacity=2),
    trials=9,
    watch=[watch],
  )
  assert reason == 'Interrupted; start the same command again to go on.'
  assert 'press Ctrl-C again to stop at once' in told[0]
  trials = fakes.read(tmp_path / 'a').trials()
  assert not any(trial.status.value == 'running' for trial in trials)
  # Trial 2 and the one that ran beside it.
  assert sum(trial.status.settled for trial in trials) == 4


def test_an_interrupted_search_goes_on_as_if_nothing_had_happened(tmp_path):
  for workers in (fakes.Workers(_interrupting(1)), fakes.Workers()):
    fakes.run_search(tmp_path / 'a', fakes.Controller(3), workers, trials=9)
  fakes.run_search(
    tmp_path / 'b', fakes.Controller(3), fakes.Workers(), trials=9
  )
  assert fakes.content(tmp_path / 'a') == fakes.content(tmp_path / 'b')


def test_two_interrupts_stop_at_once(tmp_path):
  before = signal.getsignal(signal.SIGINT)
  with pytest.raises(KeyboardInterrupt):
    fakes.run_search(
      tmp_path / 'a', fakes.Controller(3), fakes.Workers(_interrupting(2))
    )
  assert signal.getsignal(signal.SIGINT) is before
  assert fakes.read(tmp_path / 'a').trials()[2].status.value == 'running'
  fakes.run_search(
    tmp_path / 'a', fakes.Controller(3), fakes.Workers(), trials=9
  )
  fakes.run_search(
    tmp_path / 'b', fakes.Controller(3), fakes.Workers(), trials=9
  )
  assert fakes.content(tmp_path / 'a') == fakes.content(tmp_path / 'b')


def test_a_request_to_terminate_is_heard_too():
  heard = []
  with interruptible(lambda: heard.append(True)):
    os.kill(os.getpid(), signal.SIGTERM)
    assert heard == [True]


def test_outside_the_main_thread_signals_are_left_alone():
  before = signal.getsignal(signal.SIGINT)
  seen = []

  def work():
    with interruptible(lambda: None):
      seen.append(signal.getsignal(signal.SIGINT))

  thread = threading.Thread(target=work)
  thread.start()
  thread.join()
  assert seen == [before]
