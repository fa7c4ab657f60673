"""A plugin whose evaluator does whatever a child could do to its worker.

The seed of a request chooses what happens: it is the number of a behaviour,
or one of the seeds that `plan` has written down for the workers. Workers
import this module by its name, so its folder must be on their path. It
registers itself under `misbehaving`.
"""

import contextlib
import ctypes
import enum
import itertools
import json
import math
import os
import pathlib
import signal
import stat
import subprocess
import sys
import threading
import time

import numpy as np

from nasnet_search.evaluators.protocol import Diverged, Refused
from nasnet_search.evaluators.registry import EVALUATORS
from nasnet_search.trials import Measurement

FOLDER = str(pathlib.Path(__file__).parent)
SLEEP = ('sleep', '86399.5')
"""What a child starts that starts a process: nobody else sleeps that long."""
_PLAN = 'MISBEHAVING_PLAN'

Behaviour = enum.IntEnum(
  'Behaviour',
  [
    # The evaluator answers, and the worker goes on.
    'COMPLETE',
    'WAIT',
    'RAISE',
    'RAISE_SILENTLY',
    'RAISE_UNPICKLABLE',
    'RAISE_UNPRINTABLE',
    'RAISE_UNENCODABLE',
    'RAISE_AT_LENGTH',
    'RECURSE',
    'EXIT',
    'DIVERGE',
    'MEASURE_NAN',
    'MEASURE_NOTHING',
    'MEASURE_TEXT',
    'MEASURE_NUMPY',
    'MEASURE_ENORMOUSLY',
    'MEASURE_UNPICKLABLY',
    'REFUSE',
    'RUN_OUT_OF_MEMORY',
    'PRINT_MEGABYTES',
    'CLOSE_OUTPUT',
    'LEAVE_A_THREAD',
    'USE_MEMORY_FOR_A_WHILE',
    # The worker dies.
    'INTERRUPT',
    'INTERRUPT_BESIDE_A_THREAD',
    'DIE_BY_SIGKILL',
    'DIE_BY_SIGSEGV',
    'DIE_BY_SIGABRT',
    'DIE_BY_SIGTERM',
    'EXIT_AT_ONCE',
    'EXIT_AT_ONCE_WELL',
    'CLOSE_PIPES',
    'CORRUPT_PIPES',
    'BEGIN_TO_ANSWER',
    'FLOOD_PIPES',
    # The worker must be ended.
    'HANG',
    'HANG_HOLDING_THE_GIL',
    'HANG_IGNORING_SIGTERM',
    'HANG_WITH_PIPES_CLOSED',
    'MULTIPLY_MATRICES',
    'STOP',
    'USE_MEMORY',
    # The worker leaves a process behind.
    'START_PROCESS_AND_DIE',
    'START_PROCESS_AND_HANG',
    'FORK_AND_DIE',
    'FORK_AND_HANG',
  ],
  start=0,
)
Behaviour.__doc__ = 'What an evaluation does.'

# By the name that workers import this module under, which tests do not.
EVALUATORS.register('misbehaving', 'misbehaving:Misbehaving')


def plan(patch, folder, behaviours, times=math.inf):
  """Chooses what happens to seeds that are too large to be a behaviour.

  Args:
    patch: A monkeypatch, for the environment that workers inherit.
    folder: An empty folder.
    behaviours: From seed to behaviour.
    times: How often each happens; from then on, the trial completes.
  """
  content = {seed: int(behaviour) for seed, behaviour in behaviours.items()}
  path = pathlib.Path(folder) / 'plan.json'
  path.write_text(json.dumps([content, times]))
  patch.setenv(_PLAN, str(path))


class Misbehaving:
  """An evaluator without data or TensorFlow; see the protocol."""

  name = 'misbehaving'
  default_reward = 'closeness'

  def __init__(self, config, proxy, data):
    del config, proxy, data

  def check(self, architecture):
    del architecture

  def chance(self):
    return {'closeness': 0.0}

  def facts(self):
    return {}

  def evaluate(self, request, context):
    context.report(1, {})
    return _BEHAVIOURS[_behaviour(request.seed)]() or Measurement(
      {'closeness': 0.75, 'pid': float(os.getpid())}, {'loss': (2.0, 1.5)}
    )


def _behaviour(seed):
  if seed < len(Behaviour):
    return Behaviour(seed)
  if _PLAN not in os.environ:
    return Behaviour.COMPLETE
  path = pathlib.Path(os.environ[_PLAN])
  behaviours, times = json.loads(path.read_text())
  behaviour = Behaviour(behaviours.get(str(seed), Behaviour.COMPLETE))
  # One line for each time: written before the worker has died of it.
  with open(path.with_name(f'{seed}.times'), 'a+') as file:
    file.write('again\n')
    file.seek(0)
    return behaviour if len(file.readlines()) <= times else Behaviour.COMPLETE


def _raise(error):
  raise error


class Unreadable(Exception):  # noqa: N818
  """Cannot be read back: its constructor needs what pickle does not keep."""

  def __init__(self, first, second):
    super().__init__(first)
    self.second = second


class Unprintable(Exception):  # noqa: N818
  """Raises another error when its message is asked for."""

  def __str__(self):
    raise RuntimeError('no message')


def _recurse():
  return _recurse() + 1


def _measure_unpicklably():
  class Local(Measurement):
    """Cannot be pickled: nobody can import it."""

  return Local({'closeness': 0.5})


def _print_megabytes():
  for _ in range(200):
    print(' ' * 9999)
    print(' ' * 9999, file=sys.stderr)


def _close_output():
  sys.stdout.close()
  sys.stderr.close()
  os.close(1)
  os.close(2)


def _leave_a_thread():
  threading.Thread(target=_hang).start()


def _hang():
  while True:  # Busy, as a training child is.
    pass


def _hang_holding_the_gil():
  sum(itertools.repeat(0))  # No other thread of Python gets a turn.


def _hang_ignoring_sigterm():
  signal.signal(signal.SIGTERM, signal.SIG_IGN)
  _hang()


def _multiply_matrices():
  matrix = np.ones((3000, 3000))
  while True:
    matrix @ matrix  # Lets go of the interpreter, for a second and more.


def _memory():
  return [bytearray(b'1') * 2**26 for _ in range(10)]  # 0.6 GiB


def _use_memory():
  held = _memory()
  _hang()
  del held


def _pipes():
  """Returns all pipes and sockets that are open, standard output aside."""
  found = []
  for descriptor in range(3, 256):
    with contextlib.suppress(OSError):
      mode = os.fstat(descriptor).st_mode
      if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        found.append(descriptor)
  return found


def _close_pipes():
  for descriptor in _pipes():
    os.close(descriptor)


def _write_into_pipes(data):
  for descriptor in _pipes():
    with contextlib.suppress(OSError):
      os.write(descriptor, data)


def _flood_pipes():
  while True:
    _write_into_pipes(b'[' * 2**16)


def _start_process():
  subprocess.Popen(SLEEP)


def _fork():
  if not os.fork():
    os.execvp(SLEEP[0], SLEEP)


def _kill(number):
  return lambda: os.kill(os.getpid(), number)


def _after(first, second):
  return lambda: (first(), second())


_BEHAVIOURS = {
  Behaviour.COMPLETE: lambda: None,
  Behaviour.WAIT: lambda: time.sleep(0.3),
  Behaviour.RAISE: lambda: _raise(RuntimeError('a bug in the evaluator')),
  Behaviour.RAISE_SILENTLY: lambda: _raise(ValueError),
  Behaviour.RAISE_UNPICKLABLE: lambda: _raise(Unreadable('odd', lambda: 0)),
  Behaviour.RAISE_UNPRINTABLE: lambda: _raise(Unprintable),
  # What os.fsdecode makes of a file name that is not UTF-8.
  Behaviour.RAISE_UNENCODABLE: lambda: _raise(OSError('no file caf\udce9')),
  Behaviour.RAISE_AT_LENGTH: lambda: _raise(ValueError('long ' * 2**20)),
  Behaviour.RECURSE: _recurse,
  Behaviour.EXIT: lambda: sys.exit(3),
  Behaviour.DIVERGE: lambda: _raise(Diverged('the loss became NaN')),
  Behaviour.MEASURE_NAN: lambda: Measurement({'closeness': math.nan}),
  Behaviour.MEASURE_NOTHING: lambda: 'no measurement',
  Behaviour.MEASURE_TEXT: lambda: Measurement({'closeness': 'much'}),
  Behaviour.MEASURE_NUMPY: lambda: Measurement(
    {'closeness': np.float32(0.75)}, {'loss': np.array([2.0, 1.5], np.float32)}
  ),
  Behaviour.MEASURE_ENORMOUSLY: lambda: Measurement(
    {'closeness': 0.5}, {'loss': (1.0,) * 10**7}
  ),
  Behaviour.MEASURE_UNPICKLABLY: _measure_unpicklably,
  Behaviour.REFUSE: lambda: _raise(Refused('too large by 10 parameters')),
  Behaviour.RUN_OUT_OF_MEMORY: lambda: _raise(MemoryError()),
  Behaviour.PRINT_MEGABYTES: _print_megabytes,
  Behaviour.CLOSE_OUTPUT: _close_output,
  Behaviour.LEAVE_A_THREAD: _leave_a_thread,
  Behaviour.USE_MEMORY_FOR_A_WHILE: lambda: _memory() and None,
  Behaviour.INTERRUPT: lambda: _raise(KeyboardInterrupt),
  Behaviour.INTERRUPT_BESIDE_A_THREAD: lambda: (
    _leave_a_thread() or _raise(KeyboardInterrupt)
  ),
  Behaviour.DIE_BY_SIGKILL: _kill(signal.SIGKILL),
  Behaviour.DIE_BY_SIGSEGV: lambda: ctypes.string_at(0),
  Behaviour.DIE_BY_SIGABRT: os.abort,
  Behaviour.DIE_BY_SIGTERM: _kill(signal.SIGTERM),
  Behaviour.EXIT_AT_ONCE: lambda: os._exit(7),
  Behaviour.EXIT_AT_ONCE_WELL: lambda: os._exit(0),
  Behaviour.CLOSE_PIPES: _close_pipes,
  Behaviour.CORRUPT_PIPES: lambda: _write_into_pipes(b'{"no": message\n'),
  Behaviour.BEGIN_TO_ANSWER: _after(
    lambda: _write_into_pipes(b'\x00\x00\xff\xff{"status": "comp'), _hang
  ),
  Behaviour.FLOOD_PIPES: _flood_pipes,
  Behaviour.HANG: _hang,
  Behaviour.HANG_HOLDING_THE_GIL: _hang_holding_the_gil,
  Behaviour.HANG_IGNORING_SIGTERM: _hang_ignoring_sigterm,
  Behaviour.HANG_WITH_PIPES_CLOSED: _after(_close_pipes, _hang),
  Behaviour.MULTIPLY_MATRICES: _multiply_matrices,
  Behaviour.STOP: _kill(signal.SIGSTOP),
  Behaviour.USE_MEMORY: _use_memory,
  Behaviour.START_PROCESS_AND_DIE: _after(_start_process, os.abort),
  Behaviour.START_PROCESS_AND_HANG: _after(_start_process, _hang),
  Behaviour.FORK_AND_DIE: _after(_fork, os.abort),
  Behaviour.FORK_AND_HANG: _after(_fork, _hang),
}
