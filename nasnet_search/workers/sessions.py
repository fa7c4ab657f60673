"""Starts processes in sessions of their own.

What a terminal sends (Ctrl-C, Ctrl-Z, the news that it was closed) is meant
for the coordinator and reaches no other session; and a session can be ended
as a whole, with whatever its first process has started.
"""

import signal
import subprocess
from collections.abc import Sequence
from typing import Any


def start_session(
  command: Sequence[str], **options: Any
) -> 'subprocess.Popen[bytes]':
  """Starts a process that leads a session and never hears of Ctrl-C.

  Args:
    command: The program and its arguments.
    **options: Further arguments of `subprocess.Popen`.

  Returns:
    The process; its id is that of its session and of its process group.

  Raises:
    OSError: The system has no process to give.
  """
  # Ctrl-C in the moment before the process has its session would end it
  # later: it keeps what is blocked now, and this process hears of it after.
  mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
  try:
    return subprocess.Popen(command, start_new_session=True, **options)
  finally:
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
