"""The durable record of a run: one SQLite file, one transaction a step.

The log decides: what is not in it did not happen, and whatever is in it is
never asked for again. Each public method that writes is one transaction.
How the file is opened and written safely is in `log_file`.
"""

import contextlib
import json
import pathlib
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nasnet_search.runs import schema
from nasnet_search.runs.log_file import LogFile, unreadable
from nasnet_search.runs.records import (
  TrialRecord,
  dump_json,
  measurement_json,
  trial_record,
  trial_row,
)
from nasnet_search.trials import Measurement, Status


class RunStore:
  """The log of one run.

  Args:
    path: The file of the log.
    read_only: Whether to add nothing to it; it may belong to a running
      search.

  Raises:
    UserError: The file is not a run log, is damaged, or is of a newer
      version.
  """

  def __init__(self, path: pathlib.Path, *, read_only: bool = False) -> None:
    self.path = path
    self._file = LogFile(path, read_only=read_only)
    self._connection = self._file.connection
    self._transaction = self._file.transaction
    self._all = self._file.rows

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
    draft.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(draft)) as connection:
      connection.executescript(
        f'PRAGMA application_id={schema.APPLICATION_ID};'
        f'PRAGMA user_version={schema.VERSION};'
        f'BEGIN; {schema.TABLES} COMMIT;'
      )
      connection.executemany(
        'INSERT INTO facts VALUES (?, ?)',
        [(name, dump_json(value)) for name, value in facts.items()],
      )
      _insert_trials(connection, trials)
      connection.commit()
    draft.replace(path)
    return cls(path)

  def close(self) -> None:
    """Closes the file."""
    self._file.close()

  def facts(self) -> dict[str, Any]:
    """Returns what the run is."""
    rows = self._all('SELECT name, value FROM facts')
    return {row['name']: json.loads(row['value']) for row in rows}

  def add_start(
    self, operational: Mapping[str, Any], versions: Mapping[str, str]
  ) -> int:
    """Logs a start of the coordinator; returns its number.

    Trials that were running when the last coordinator ended are queued again.
    """
    now = time.time()
    with self._transaction() as connection:
      connection.execute(
        "UPDATE attempts SET status='interrupted' WHERE ended_at IS NULL"
      )
      connection.execute(
        'UPDATE trials SET status=? WHERE status=?',
        (Status.QUEUED.value, Status.RUNNING.value),
      )
      cursor = connection.execute(
        'INSERT INTO starts (started_at, last_seen_at, operational, versions)'
        ' VALUES (?, ?, ?, ?)',
        (now, now, dump_json(operational), dump_json(versions)),
      )
    return int(cursor.lastrowid or 0)

  def seen(self, start: int) -> None:
    """Logs that the coordinator of a start is still there."""
    with self._transaction() as connection:
      connection.execute(
        'UPDATE starts SET last_seen_at=? WHERE start=?', (time.time(), start)
      )

  def crashes(self) -> dict[int, int]:
    """Returns how many attempts of each trial crashed, if any did."""
    rows = self._all(
      'SELECT trial, COUNT(*) AS crashed FROM attempts WHERE status=?'
      ' GROUP BY trial',
      (Status.CRASHED.value,),
    )
    return {row['trial']: row['crashed'] for row in rows}

  def starts(self) -> list[dict[str, Any]]:
    """Returns every start of the coordinator, oldest first."""
    return [
      {
        **dict(row),
        'operational': json.loads(row['operational']),
        'versions': json.loads(row['versions']),
      }
      for row in self._all('SELECT * FROM starts ORDER BY start')
    ]

  def add_trials(
    self, records: Sequence[TrialRecord], call: Mapping[str, Any] | None = None
  ) -> None:
    """Logs new trials and, if they were proposed, the call of propose.

    Args:
      records: The trials.
      call: `first_index`, `count`, `pending` (trials that had not settled)
        and `learned` (learn calls before it) of the call they came from.
    """
    with self._transaction() as connection:
      if call is not None:
        connection.execute(
          'INSERT INTO proposals (first_index, count, pending, learned,'
          ' proposed_at) VALUES (?, ?, ?, ?, ?)',
          (
            call['first_index'],
            call['count'],
            dump_json(call['pending']),
            call['learned'],
            time.time(),
          ),
        )
      _insert_trials(connection, records)

  def start_attempt(self, trial: int, attempt: int, start: int) -> None:
    """Logs that an attempt begins, before it is handed to a worker."""
    now = time.time()
    with self._transaction() as connection:
      connection.execute(
        'INSERT INTO attempts (trial, attempt, started_at, status)'
        ' VALUES (?, ?, ?, ?)',
        (trial, attempt, now, Status.RUNNING.value),
      )
      connection.execute(
        'UPDATE trials SET status=?, attempts=?, started_at=? WHERE trial=?',
        (Status.RUNNING.value, attempt, now, trial),
      )
      connection.execute(
        'UPDATE starts SET last_seen_at=? WHERE start=?', (now, start)
      )

  def requeue(self, trial: int, attempt: int, message: str) -> None:
    """Logs that an attempt crashed and the trial waits for another one."""
    with self._transaction() as connection:
      self._end_attempt(connection, trial, attempt, Status.CRASHED, message)
      connection.execute(
        'UPDATE trials SET status=? WHERE trial=?',
        (Status.QUEUED.value, trial),
      )

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
    text = None if measurement is None else measurement_json(measurement)
    with self._transaction() as connection:
      if attempt is not None:
        self._end_attempt(connection, trials[0], attempt, status, message)
      connection.execute(
        'UPDATE starts SET last_seen_at=?'
        ' WHERE start=(SELECT MAX(start) FROM starts)',
        (now,),
      )
      connection.executemany(
        'UPDATE trials SET status=?, reward=?, measurement=?, message=?,'
        ' settled_as=?, settled_at=? WHERE trial=?',
        [
          (status.value, reward, text, message, settled_as + offset, now, trial)
          for offset, trial in enumerate(trials)
        ],
      )

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
    with self._transaction() as connection:
      connection.execute(
        'INSERT INTO lessons (trials, diagnostics, digest, learned_at)'
        ' VALUES (?, ?, ?, ?)',
        (
          dump_json(list(trials)),
          dump_json(dict(diagnostics)),
          digest,
          time.time(),
        ),
      )
      if snapshot is not None:
        self._replace_snapshot(connection, *snapshot)

  def lessons(self, after: int = 0) -> list[dict[str, Any]]:
    """Returns the learn calls after the first `after`, oldest first."""
    return [
      {
        'learn': row['learn'],
        'trials': json.loads(row['trials']),
        'diagnostics': json.loads(row['diagnostics']),
        'digest': row['digest'],
        'learned_at': row['learned_at'],
      }
      for row in self._all(
        'SELECT * FROM lessons WHERE learn > ? ORDER BY learn', (after,)
      )
    ]

  def proposal_calls(self) -> list[dict[str, Any]]:
    """Returns the calls of propose, oldest first."""
    return [
      {**dict(row), 'pending': json.loads(row['pending'])}
      for row in self._all('SELECT * FROM proposals ORDER BY call')
    ]

  def save_snapshot(self, learned: int, state: bytes) -> None:
    """Keeps the controller's state after `learned` learn calls."""
    with self._transaction() as connection:
      self._replace_snapshot(connection, learned, state)

  def snapshot(self) -> tuple[int, bytes] | None:
    """Returns the newest snapshot that is not ahead of the log.

    Returns:
      The number of learn calls before it and the controller's state.
    """
    rows = self._all(
      'SELECT * FROM snapshots WHERE learned <= (SELECT COUNT(*) FROM lessons)'
      ' ORDER BY learned DESC LIMIT 1'
    )
    return (rows[0]['learned'], bytes(rows[0]['state'])) if rows else None

  def trials(self, trials: Iterable[int] | None = None) -> list[TrialRecord]:
    """Returns trials: all in the order of creation, or those asked for."""
    if trials is None:
      rows = self._all('SELECT * FROM trials ORDER BY trial')
    else:
      rows = [
        row
        for trial in trials
        for row in self._all('SELECT * FROM trials WHERE trial=?', (trial,))
      ]
    try:
      return [trial_record(row) for row in rows]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
      raise unreadable(self.path, error) from error

  def add_event(self, kind: str, detail: Mapping[str, Any]) -> None:
    """Logs something else that happened."""
    with self._transaction() as connection:
      connection.execute(
        'INSERT INTO events (happened_at, kind, detail) VALUES (?, ?, ?)',
        (time.time(), kind, dump_json(dict(detail))),
      )

  def events(self) -> list[dict[str, Any]]:
    """Returns what else happened, oldest first."""
    return [
      {**dict(row), 'detail': json.loads(row['detail'])}
      for row in self._all('SELECT * FROM events ORDER BY event')
    ]

  @staticmethod
  def _end_attempt(
    connection: sqlite3.Connection,
    trial: int,
    attempt: int,
    status: Status,
    message: str,
  ) -> None:
    connection.execute(
      'UPDATE attempts SET ended_at=?, status=?, message=?'
      ' WHERE trial=? AND attempt=?',
      (time.time(), status.value, message, trial, attempt),
    )

  @staticmethod
  def _replace_snapshot(
    connection: sqlite3.Connection, learned: int, state: bytes
  ) -> None:
    connection.execute('DELETE FROM snapshots')
    connection.execute('INSERT INTO snapshots VALUES (?, ?)', (learned, state))


def _insert_trials(
  connection: sqlite3.Connection, records: Sequence[TrialRecord]
) -> None:
  rows = [trial_row(record) for record in records]
  for row in rows[:1]:
    names = ', '.join(row)
    marks = ', '.join(f':{name}' for name in row)
    connection.executemany(
      f'INSERT INTO trials ({names}) VALUES ({marks})', rows
    )
