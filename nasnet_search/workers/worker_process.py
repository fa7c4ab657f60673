"""A worker process, as its coordinator sees it.

Two pipes join them: trials go in, messages come out. The coordinator never
waits for a worker. It takes what has come, be it half a message, and what
cannot become a message means that the worker is lost.
"""

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from typing import Any

import psutil

from nasnet_search.trials import Outcome, Trial
from nasnet_search.workers import messages
from nasnet_search.workers.child_process import EvaluatorSpec
from nasnet_search.workers.sessions import start_session
from nasnet_search.workers.watchdog import Watchdog

# Not multiprocessing's way to start a process: it would import the main
# module of whoever calls the search before anything of ours.
_PROGRAM = """
import sys
from multiprocessing.connection import Connection
trials = Connection(int(sys.argv[1]), writable=False)
sys.path[:] = trials.recv()
from nasnet_search.workers.child_process import serve
serve(trials, int(sys.argv[2]))
"""
_ADVICE = 'An evaluator must leave the pipes of its process alone.'
_NONSENSE = f'The worker sent what is no outcome of its trial. {_ADVICE}'
_CLOSED = f'The worker closed its pipe. {_ADVICE}'
_CLOSING_SECONDS = 1.0
"""How long a process that has closed its pipe may take to end by itself."""
_END_SECONDS = 10.0
"""How long a killed process may take to disappear."""


class WorkerLost(Exception):  # noqa: N818 - an outcome, not an error of ours.
  """A worker has ended or had to be ended; the message says why."""


class WorkerProcess:
  """Starts a worker process.

  Args:
    spec: The evaluator that the worker makes.
    threads: CPU threads to compute with.
    gpu: Index of the GPU to use, empty for none.
    watchdog: Ends the worker if this process cannot.

  Attributes:
    started_at: When it was started, on the monotonic clock.
    ready_at: When it was heard to be ready for trials; None before.
  """

  def __init__(
    self, spec: EvaluatorSpec, *, threads: int, gpu: str, watchdog: Watchdog
  ) -> None:
    self.started_at = time.monotonic()
    self.ready_at: float | None = None
    self._watchdog = watchdog
    self._heard = bytearray()
    trials, self._trials = multiprocessing.Pipe(duplex=False)
    self._messages, written = multiprocessing.Pipe(duplex=False)
    with trials, written:
      ends = (trials.fileno(), written.fileno())
      self._process = start_session(
        # -P: modules in the current directory do not hide those of Python.
        [sys.executable, '-P', '-c', _PROGRAM, *map(str, ends)],
        env={
          **os.environ,
          'CUDA_VISIBLE_DEVICES': gpu,
          'TF_NUM_INTRAOP_THREADS': str(threads),
          'TF_NUM_INTEROP_THREADS': str(threads),
        },
        stdin=subprocess.DEVNULL,
        pass_fds=ends,
      )
    os.set_blocking(self._messages.fileno(), False)
    try:
      watchdog.watch(self._process.pid)
    except BaseException:  # Ctrl-C among them.
      self.end()
      raise
    self._send(sys.path)
    self._send(spec)

  @property
  def ended(self) -> bool:
    """Whether the process has ended by itself."""
    # Not by waiting for it, which would set its number free while processes
    # that it has started may still bear it as the number of their session.
    try:
      status = psutil.Process(self._process.pid).status()
    except psutil.NoSuchProcess:
      return True
    return status == psutil.STATUS_ZOMBIE

  @property
  def memory(self) -> int:
    """Bytes of resident memory; 0 once the process has ended."""
    try:
      return psutil.Process(self._process.pid).memory_info().rss
    except psutil.Error:
      return 0

  def fileno(self) -> int:
    """Returns the file descriptor that is readable when a message comes."""
    return self._messages.fileno()

  def start(self, trial: Trial) -> None:
    """Hands it a trial; call it when the trial before has an outcome."""
    self._send(trial)

  def outcome(self, trial: Trial) -> Outcome | None:
    """Returns how its trial has ended, or None if it has not said so yet.

    Raises:
      WorkerLost: It will never say.
    """
    message = self._message()
    if message is not None and self.ready_at is None:
      if message != messages.READY:
        raise self._lost(_NONSENSE)
      self.ready_at = time.monotonic()
      message = self._message()
    if message is None:
      return None
    try:
      return messages.decode(message, trial)
    except ValueError as error:
      raise self._lost(_NONSENSE) from error

  def end(self) -> None:
    """Ends the process at once, with what it has started."""
    with contextlib.suppress(OSError):
      os.killpg(self._process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
      self._process.wait(_END_SECONDS)
    self._watchdog.forget(self._process.pid)
    self._trials.close()
    self._messages.close()

  def _send(self, content: Any) -> None:
    # If the worker has ended, `outcome` will tell.
    with contextlib.suppress(OSError):
      self._trials.send(content)

  def _message(self) -> bytes | None:
    """Returns the next message, if it has come whole."""
    ended = self.ended  # Asked first: it may have written before it ended.
    closed = self._read()
    message, line_break, rest = self._heard.partition(b'\n')
    if line_break:
      self._heard = rest
      return bytes(message)
    if ended or (closed and self._ends_soon()):
      raise self._lost()
    if closed:
      raise self._lost(_CLOSED)
    if len(self._heard) > messages.LONGEST:
      raise self._lost(_NONSENSE)
    return None

  def _read(self) -> bool:
    """Reads what has come; returns whether nothing more can come."""
    with contextlib.suppress(BlockingIOError):
      while len(self._heard) <= messages.LONGEST:
        data = os.read(self.fileno(), 2**16)
        if not data:
          return True
        self._heard += data
    return False

  def _ends_soon(self) -> bool:
    deadline = time.monotonic() + _CLOSING_SECONDS
    while not self.ended and time.monotonic() < deadline:
      time.sleep(0.01)
    return self.ended

  def _lost(self, reason: str = '') -> WorkerLost:
    """Ends the worker and returns the error; tells how it ended by itself."""
    self.end()
    return WorkerLost(reason or _how_it_ended(self._process.returncode))


def _how_it_ended(code: int) -> str:
  if code >= 0:
    return f'The worker process ended itself (exit code {code}).'
  cause = f'signal {-code}, {signal.strsignal(-code)}'
  if code == -signal.SIGKILL:
    cause += ': perhaps the system ran out of memory'
  return f'The worker process died ({cause}).'
