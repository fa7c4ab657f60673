"""A process in a session of its own, out of reach of the terminal."""

import os
import signal
import subprocess
import time

import pytest

from nasnet_search.workers.sessions import start_session
from tests.workers.processes import alive


def blocked():
  """Returns the signals that this thread does not hear at the moment."""
  return signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_it_leads_its_session_and_hears_no_ctrl_c():
  before = blocked()
  process = start_session(['sleep', '600'])
  try:
    assert os.getsid(process.pid) == os.getpgid(process.pid) == process.pid
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    assert alive(process.pid)
    assert blocked() == before
  finally:
    process.kill()
    process.wait()


def test_ctrl_c_that_comes_meanwhile_is_heard_afterwards(monkeypatch):
  """A process started by halves would complain of what it did not get."""
  started = []

  def start(*arguments, **options):
    signal.raise_signal(signal.SIGINT)
    started.append(arguments)

  monkeypatch.setattr(subprocess, 'Popen', start)
  with pytest.raises(KeyboardInterrupt):
    start_session(['sleep', '600'])
  assert started


def test_where_nothing_can_be_started_nothing_stays_blocked():
  before = blocked()
  with pytest.raises(FileNotFoundError):
    start_session(['no program of this name'])
  assert blocked() == before
