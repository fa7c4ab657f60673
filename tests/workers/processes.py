"""Which processes there are: what workers leave behind must be nothing."""

import os
import time

import psutil

from tests.workers.misbehaving import SLEEP


def alive(pid):
  """Returns whether a process runs; it need not have been waited for yet."""
  # Not by `psutil.wait_procs`, which would take the exit status of our own
  # children before the workers have seen it.
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


def children(of=None):
  """Returns the processes that a process has, through others too."""
  return {
    child.pid
    for child in psutil.Process(of).children(recursive=True)
    if alive(child.pid)
  }


def sleepers():
  """Returns the processes that misbehaving children have started."""
  found = set()
  for process in psutil.process_iter():
    try:
      if tuple(process.cmdline()) == SLEEP and alive(process.pid):
        found.add(process.pid)
    except psutil.Error:
      continue  # It has ended meanwhile, or is not ours.
  return found


def descriptors():
  """Returns the number of open files of this process."""
  return len(os.listdir('/dev/fd'))
