"""A plugin whose evaluator does whatever a child could do to its worker.

The seed of a request chooses what happens. Workers import this module by its
name, so its folder must be on their path. It registers itself under
`misbehaving`.
"""

import enum
import math
import os
import pathlib
import signal
import sys
import time

from nasnet_search.evaluators.protocol import Diverged, Refused
from nasnet_search.evaluators.registry import EVALUATORS
from nasnet_search.trials import Measurement

FOLDER = str(pathlib.Path(__file__).parent)


class Behaviour(enum.IntEnum):
  """What an evaluation does; the value is the seed that asks for it."""

  COMPLETE = 0
  RAISE = 1
  DIVERGE = 2
  MEASURE_NAN = 3
  REFUSE = 4
  RUN_OUT_OF_MEMORY = 5
  MEASURE_NOTHING = 6
  EXIT = 7
  RAISE_UNPICKLABLE = 8
  DIE = 9
  HANG = 10
  HANG_IGNORING_SIGTERM = 11
  USE_MEMORY = 12
  WAIT = 13


# By the name that workers import this module under, which tests do not.
EVALUATORS.register('misbehaving', 'misbehaving:Misbehaving')


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
    behaviour = Behaviour(request.seed % len(Behaviour))
    return _BEHAVIOURS[behaviour]() or Measurement(
      {'closeness': 0.75, 'pid': float(os.getpid())}, {'loss': (2.0, 1.5)}
    )


def _raise(error):
  raise error


def _hang():
  while True:  # Busy, as a training child is.
    pass


def _hang_ignoring_sigterm():
  signal.signal(signal.SIGTERM, signal.SIG_IGN)
  _hang()


def _use_memory():
  held = []
  while True:
    held.append(bytearray(b'1') * 2**24)
    time.sleep(0.01)


class Unreadable(Exception):  # noqa: N818
  """Cannot be read back: its constructor needs what pickle does not keep."""

  def __init__(self, first, second):
    super().__init__(first)
    self.second = second


_BEHAVIOURS = {
  Behaviour.COMPLETE: lambda: None,
  Behaviour.RAISE: lambda: _raise(RuntimeError('a bug in the evaluator')),
  Behaviour.DIVERGE: lambda: _raise(Diverged('the loss became NaN')),
  Behaviour.MEASURE_NAN: lambda: Measurement({'closeness': math.nan}),
  Behaviour.REFUSE: lambda: _raise(Refused('too large by 10 parameters')),
  Behaviour.RUN_OUT_OF_MEMORY: lambda: _raise(MemoryError()),
  Behaviour.MEASURE_NOTHING: lambda: 'no measurement',
  Behaviour.EXIT: lambda: sys.exit(3),
  Behaviour.RAISE_UNPICKLABLE: lambda: _raise(Unreadable('odd', lambda: 0)),
  Behaviour.DIE: lambda: os.kill(os.getpid(), signal.SIGKILL),
  Behaviour.HANG: _hang,
  Behaviour.HANG_IGNORING_SIGTERM: _hang_ignoring_sigterm,
  Behaviour.USE_MEMORY: _use_memory,
  Behaviour.WAIT: lambda: time.sleep(1.0),
}
