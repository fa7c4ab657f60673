"""The durable record of a run: one SQLite file, one transaction a step.

The log decides: what is not in it did not happen, and whatever is in it is
never asked for again. Each public method that writes is one transaction.
How the file is opened and written safely is in `log_file`, what it says in
`reading`.
"""

import contextlib
import pathlib
import sqlite3
import time
from collections.abc import Mapping, Sequence
from typing import Any

from nasnet_search.runs import schema
from nasnet_search.runs.checked_rows import CheckedRows
from nasnet_search.runs.log_file import (
  LogFile,
  check_before_recovery,
  unwritable,
)
from nasnet_search.runs.reading import RunReader
from nasnet_search.runs.records import (
  TrialRecord,
  dump_json,
  measurement_json,
  trial_row,
)
from nasnet_search.trials import Measurement, Status


class RunStore(RunReader):
  """The log of one run, to be read and continued.

  Args:
    path: The file of the log.

  Raises:
    UserError: The file is not a run log, is damaged, or is of a newer
      version.
  """

  def __init__(self, path: pathlib.Path) -> None:
    super().__init__(path)
    self._start: int | None = None

  @classmethod
  def create(
    cls,
    path: pathlib.Path,
    facts: Mapping[str, Any],
    trials: Sequence[TrialRecord] = (),
  ) -> 'RunStore':
    """Creates the log of a new run, whole or not at all.

    Args:
      path: The file to create.
      facts: What the run is, by name; values are written as JSON.
      trials: The first trials.
    """
    draft = path.with_name(f'{path.name}.new')
    _create_empty(draft)
    with contextlib.closing(LogFile(draft)) as file, file.transaction() as rows:
      for name, value in facts.items():
        rows.insert('facts', {'name': name, 'value': dump_json(value)})
      for record in trials:
        rows.insert('trials', trial_row(record))
    draft.replace(path)
    return cls(path)

  def upgrade(self) -> int | None:
    """Brings a log of an older version to today's; call `check` first.

    Returns:
      The version that it had, None if that is today's.
    """
    before = self._file.version
    return before if self._file.upgrade() else None

  def add_start(
    self, operational: Mapping[str, Any], versions: Mapping[str, str]
  ) -> None:
    """Logs a start of the coordinator, to which all that follows belongs.

    Trials that were running when the last coordinator ended are queued again.
    """
    interrupted = self._all(
      'SELECT trial, attempt FROM attempts WHERE ended_at IS NULL'
      " AND status<>'interrupted'"
    )
    now = time.time()
    with self._file.transaction() as rows:
      for row in interrupted:
        rows.update('attempts', dict(row), {'status': 'interrupted'})
      for row in self._all(
        'SELECT trial FROM trials WHERE status=?', (Status.RUNNING.value,)
      ):
        rows.update('trials', dict(row), {'status': Status.QUEUED.value})
      self._start = rows.insert(
        'starts',
        {
          'started_at': now,
          'last_seen_at': now,
          'operational': dump_json(operational),
          'versions': dump_json(versions),
        },
      )

  def seen(self) -> None:
    """Logs that the coordinator is still there."""
    now = time.time()
    with self._file.transaction() as rows:
      self._see(rows, now)

  def add_trials(
    self, records: Sequence[TrialRecord], call: Mapping[str, Any] | None = None
  ) -> None:
    """Logs new trials and, if they were proposed, the call of propose.

    Args:
      records: The trials.
      call: `first_index`, `count`, `pending` (trials that had not settled)
        and `learned` (learn calls before it) of the call they came from.
    """
    with self._file.transaction() as rows:
      if call is not None:
        pending = dump_json(call['pending'])
        rows.insert(
          'proposals', {**call, 'pending': pending, 'proposed_at': time.time()}
        )
      for record in records:
        rows.insert('trials', trial_row(record))

  def start_attempt(self, trial: int, attempt: int) -> None:
    """Logs that an attempt begins, before it is handed to a worker."""
    now = time.time()
    running = Status.RUNNING.value
    with self._file.transaction() as rows:
      rows.insert(
        'attempts',
        {
          'trial': trial,
          'attempt': attempt,
          'started_at': now,
          'status': running,
        },
      )
      rows.update(
        'trials',
        {'trial': trial},
        {'status': running, 'attempts': attempt, 'started_at': now},
      )
      self._see(rows, now)

  def requeue(self, trial: int, attempt: int, message: str) -> None:
    """Logs that an attempt crashed and the trial waits for another one."""
    with self._file.transaction() as rows:
      _end_attempt(rows, trial, attempt, Status.CRASHED, message)
      rows.update('trials', {'trial': trial}, {'status': Status.QUEUED.value})

  def settle(
    self,
    trials: Sequence[int],
    status: Status,
    *,
    reward: float | None,
    measurement: Measurement | None,
    message: str,
    settled_as: int,
    attempt: int | None = None,
  ) -> None:
    """Logs the outcome of a trial and of the duplicates that waited for it.

    Args:
      trials: The trial, and after it the duplicates in their order.
      status: How it ended.
      reward: What the controller learns, None for nothing.
      measurement: What was measured.
      message: Why it failed.
      settled_as: Position of the first one in the order of settling.
      attempt: The attempt it came from, None if there was none.
    """
    now = time.time()
    outcome = {
      'status': status.value,
      'reward': reward,
      'measurement': None
      if measurement is None
      else measurement_json(measurement),
      'message': message,
      'settled_at': now,
    }
    with self._file.transaction() as rows:
      if attempt is not None:
        _end_attempt(rows, trials[0], attempt, status, message)
      for position, trial in enumerate(trials, start=settled_as):
        rows.update(
          'trials', {'trial': trial}, {**outcome, 'settled_as': position}
        )
      self._see(rows, now)

  def add_lesson(
    self,
    trials: Sequence[int],
    diagnostics: Mapping[str, float],
    digest: str,
    snapshot: tuple[int, bytes] | None = None,
  ) -> None:
    """Logs a call of learn and, if one is due, the state after it.

    Args:
      trials: The trials learned from, in order.
      diagnostics: Numbers of the update.
      digest: Digest of the controller's state after it.
      snapshot: The number of learn calls so far, and the state.
    """
    with self._file.transaction() as rows:
      rows.insert(
        'lessons',
        {
          'trials': dump_json(list(trials)),
          'diagnostics': dump_json(dict(diagnostics)),
          'digest': digest,
          'learned_at': time.time(),
        },
      )
      if snapshot is not None:
        _replace_snapshot(rows, *snapshot)

  def save_snapshot(self, learned: int, state: bytes) -> None:
    """Keeps the controller's state after `learned` learn calls."""
    with self._file.transaction() as rows:
      _replace_snapshot(rows, learned, state)

  def add_event(self, kind: str, detail: Mapping[str, Any]) -> None:
    """Logs something else that happened."""
    with self._file.transaction() as rows:
      rows.insert(
        'events',
        {
          'happened_at': time.time(),
          'kind': kind,
          'detail': dump_json(dict(detail)),
        },
      )

  def _see(self, rows: CheckedRows, now: float) -> None:
    if self._start is not None:
      rows.update('starts', {'start': self._start}, {'last_seen_at': now})

  def _open(self, path: pathlib.Path) -> LogFile:
    check_before_recovery(path)
    return LogFile(path)


def _create_empty(path: pathlib.Path) -> None:
  """Creates a log without rows, in place of any file that is there."""
  path.unlink(missing_ok=True)
  try:
    with contextlib.closing(sqlite3.connect(path)) as connection:
      connection.execute(f'PRAGMA application_id={schema.APPLICATION_ID}')
      connection.execute(f'PRAGMA user_version={schema.VERSION}')
      for statement in schema.statements():
        connection.execute(statement)
      connection.execute('INSERT INTO checksum VALUES (0)')
      connection.commit()
  except sqlite3.Error as error:
    raise unwritable(path, error) from error


def _end_attempt(
  rows: CheckedRows, trial: int, attempt: int, status: Status, message: str
) -> None:
  rows.update(
    'attempts',
    {'trial': trial, 'attempt': attempt},
    {'ended_at': time.time(), 'status': status.value, 'message': message},
  )


def _replace_snapshot(rows: CheckedRows, learned: int, state: bytes) -> None:
  rows.clear('snapshots')
  rows.insert('snapshots', {'learned': learned, 'state': state})
