"""A process that ends the workers when their coordinator is gone.

However the coordinator ends, its end of a pipe is closed, and whoever reads
the other end knows. A worker could not be relied upon to read it: its Python
gets no turn while a child computes without letting go of the interpreter, and
a process that the child has started would not hear of it at all. So a small
process does it, which runs nothing of anybody else.
"""

import contextlib
import os
import subprocess
import sys

from nasnet_search.workers import watchdog_program
from nasnet_search.workers.sessions import start_session


class Watchdog:
  """Watches the coordinator, which is the process that makes it."""

  def __init__(self) -> None:
    self._sessions: set[int] = set()
    self._start()

  def watch(self, session: int) -> None:
    """Puts a worker into the watchdog's care.

    Args:
      session: Process id of the worker, which leads a session of its own.

    Raises:
      OSError: A new watchdog was needed and could not be started.
    """
    self._sessions.add(session)
    if self._process.poll() is None:
      self._tell(session)
    else:  # Somebody has killed it.
      os.close(self._pipe)
      self._start()

  def forget(self, session: int) -> None:
    """Tells that a worker has ended: its number may soon be another's."""
    self._sessions.discard(session)
    with contextlib.suppress(BrokenPipeError):
      self._tell(-session)

  def close(self) -> None:
    """Ends the watchdog, and with it whatever it still watches."""
    os.close(self._pipe)
    self._process.wait()

  def _start(self) -> None:
    reader, self._pipe = os.pipe()
    try:
      self._process = start_session(
        [
          sys.executable,
          '-I',  # None of the paths of the environment,
          '-S',  # and none of its packages.
          watchdog_program.__file__,
          str(os.getpid()),
        ],
        stdin=reader,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
      )
    finally:
      os.close(reader)
    for session in self._sessions:
      self._tell(session)

  def _tell(self, number: int) -> None:
    os.write(self._pipe, f'{number}\n'.encode())
