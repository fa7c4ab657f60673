"""The watchdog ends what it watches when its coordinator is gone, only then."""

import os
import signal
import subprocess
import sys
import time

import pytest

from nasnet_search.workers.watchdog import Watchdog
from tests.workers.processes import alive, children, gone

COORDINATOR = """
import os, sys, time
from nasnet_search.workers.watchdog import Watchdog
dog = Watchdog()
for number in sys.argv[2:]:
  dog.watch(int(number))
dog.forget(int(sys.argv[2]))
{}
print('watching', flush=True)
time.sleep(600 if sys.argv[1] == 'stay' else 0)
"""
FORK = 'if not os.fork(): os.close(1); time.sleep(20); os._exit(0)'


@pytest.fixture
def sleeper():
  """Returns a function that starts processes; they end with the test."""
  made = []

  def start():
    made.append(subprocess.Popen(['sleep', '600'], start_new_session=True))
    return made[-1].pid

  yield start
  for process in made:
    process.kill()
    process.wait()


@pytest.fixture
def coordinator():
  """Returns a function that starts a coordinator; it ends with the test."""
  made = []

  def start(program, *arguments):
    command = [sys.executable, '-c', program, *map(str, arguments)]
    made.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
    assert made[-1].stdout.readline() == 'watching\n'
    return made[-1]

  yield start
  for process in made:
    process.kill()
    process.wait()
    process.stdout.close()


def test_it_ends_those_it_still_watches(sleeper, coordinator):
  forgotten, watched = sleeper(), sleeper()
  process = coordinator(COORDINATOR.format(''), 'stay', forgotten, watched)
  time.sleep(1.0)
  assert alive(watched)
  process.kill()
  assert gone([watched])
  assert alive(forgotten)


def test_an_end_as_it_should_be_is_an_end(sleeper, coordinator):
  forgotten, watched = sleeper(), sleeper()
  coordinator(COORDINATOR.format(''), 'go', forgotten, watched)
  assert gone([watched])


def test_what_the_coordinator_has_forked_does_not_hold_it_up(
  sleeper, coordinator
):
  forgotten, watched = sleeper(), sleeper()
  process = coordinator(COORDINATOR.format(FORK), 'stay', forgotten, watched)
  process.kill()
  assert gone([watched])


def test_one_that_was_killed_is_replaced_and_told_of_everything(sleeper):
  before = children()
  first, second, third = sleeper(), sleeper(), sleeper()
  dog = Watchdog()
  dog.watch(first)
  dog.watch(second)
  (pid,) = children() - before - {first, second, third}
  os.kill(pid, signal.SIGKILL)
  assert gone([pid])
  dog.forget(second)
  dog.watch(third)
  assert len(children() - before) == 4
  dog.close()
  assert gone([first, third])
  assert alive(second)
