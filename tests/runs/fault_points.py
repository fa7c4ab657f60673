"""A plugin that kills the search at a point of one's choice, with SIGKILL.

Named with --plugin, it puts a fault point before and after every statement
that writes to a log, every file that is written whole, and every step of the
loop. They exist only where this plugin is loaded: the program itself has
none. Environment variables choose:

FAULT_RECORD  a file to which the name of each point is added as it is passed
FAULT_POINT   the point to be killed at
FAULT_NUMBER  the how-manieth passing of it, 1 for the first
"""

import functools
import multiprocessing
import os
import pathlib
import re
import signal
import sqlite3

FOLDER = str(pathlib.Path(__file__).parent)
NAME = pathlib.Path(__file__).stem

_WRITING = ('BEGIN IMMEDIATE', 'COMMIT', 'CREATE', 'DELETE', 'INSERT', 'UPDATE')
_method = ''
_left = int(os.environ.get('FAULT_NUMBER', '0'))


def passed(name):
  """Is called at every fault point."""
  global _left
  record = os.environ.get('FAULT_RECORD')
  if record:
    with open(record, 'a', encoding='utf-8') as file:
      file.write(f'{name}\n')
  if name == os.environ.get('FAULT_POINT'):
    _left -= 1
    if _left == 0:
      os.kill(os.getpid(), signal.SIGKILL)


class Connection(sqlite3.Connection):
  """A connection with a fault point around every statement that writes."""

  def execute(self, sql, *values):
    words = re.sub('--.*', '', sql).split()
    statement = ' '.join(words[: 2 if words[0] == 'UPDATE' else 3])
    if not statement.startswith(_WRITING):
      return super().execute(sql, *values)
    passed(f'{_method}: before {statement}')
    result = super().execute(sql, *values)
    passed(f'{_method}: after {statement}')
    return result

  def commit(self):
    passed(f'{_method}: before commit')
    super().commit()
    passed(f'{_method}: after commit')


def surround(owner, name, *, named=False):
  """Puts fault points before and after a method.

  Args:
    owner: The class.
    name: The method.
    named: Whether statements within are named after it.
  """
  method = getattr(owner, name)

  @functools.wraps(method)
  def around(*arguments, **options):
    global _method
    if named:
      before, _method = _method, name
    else:
      passed(f'before {owner.__name__}.{name}')
    try:
      result = method(*arguments, **options)
    finally:
      if named:
        _method = before
    if not named:
      passed(f'after {owner.__name__}.{name}')
    return result

  setattr(owner, name, around)


def install():
  """Puts the fault points in their places."""
  from nasnet_search.runs import store
  from nasnet_search.runs.best import BestArchitecture
  from nasnet_search.runs.directory import RunDirectory
  from nasnet_search.runs.log_file import LogFile
  from nasnet_search.runs.loop import SearchLoop
  from nasnet_search.runs.scalars import Scalars
  from nasnet_search.runs.settling import Settling
  from nasnet_search.runs.text_log import TextLog

  sqlite3.connect = functools.partial(sqlite3.connect, factory=Connection)
  for name in (
    'add_start',
    'seen',
    'add_trials',
    'start_attempt',
    'requeue',
    'settle',
    'add_lesson',
    'save_snapshot',
    'add_event',
  ):
    surround(store.RunStore, name, named=True)
  surround(LogFile, 'upgrade', named=True)
  for owner, name in (
    (RunDirectory, 'create'),
    (RunDirectory, 'acquire'),
    (RunDirectory, 'write_flagfile'),
    (RunDirectory, 'release'),
    (pathlib.Path, 'replace'),
    (pathlib.Path, 'write_text'),
    (TextLog, '__call__'),
    (BestArchitecture, '__call__'),
    (Scalars, '__call__'),
    (Settling, 'accept'),
    (SearchLoop, '_fill'),
    (SearchLoop, '_propose'),
    (SearchLoop, '_attempt'),
    (SearchLoop, '_collect'),
    (SearchLoop, '_learn'),
  ):
    surround(owner, name)


# Workers import plugins too; it is the coordinator that is to be killed.
if multiprocessing.parent_process() is None:
  install()
