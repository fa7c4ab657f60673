"""The program of the watchdog; see `watchdog.py`.

It is run by its path, without the packages of the environment, so that it
starts in milliseconds, and imports next to nothing.

It reads lines from its standard input: the id of a session to watch, or the
negative id of one to forget.
"""

import contextlib
import os
import select
import signal
import sys

_CHECK_SECONDS = 0.5


def main(coordinator: int) -> None:
  """Ends the sessions it has been told of once the coordinator is gone.

  Args:
    coordinator: Process id of the coordinator, whose child this process is.
  """
  sessions: set[int] = set()
  heard = b''
  while True:
    if select.select([0], [], [], _CHECK_SECONDS)[0]:
      data = os.read(0, 4096)
      if not data:
        break
      *lines, heard = (heard + data).split(b'\n')
      for number in map(int, lines):
        (sessions.add if number > 0 else sessions.discard)(abs(number))
    # A process that the coordinator has forked may hold the pipe open.
    elif os.getppid() != coordinator:
      break
  for session in sessions:
    with contextlib.suppress(OSError):
      os.killpg(session, signal.SIGKILL)


if __name__ == '__main__':
  main(int(sys.argv[1]))
