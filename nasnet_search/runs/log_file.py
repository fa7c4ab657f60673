"""The file of a run's log: opened with care, written in transactions.

Rollback-journal mode with full synchronisation keeps the record one file
that can be copied, and works on network disks. Whatever SQLite refuses
becomes a message that names the file and what to do.
"""

import contextlib
import pathlib
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from nasnet_search.cells.errors import UserError
from nasnet_search.runs import schema


class LogFile:
  """A run's log as an SQLite file.

  Args:
    path: The file.
    read_only: Whether to add nothing to it; it may belong to a running
      search.

  Attributes:
    path: The file.
    connection: The connection to it, without implicit transactions.

  Raises:
    UserError: The file is not a run log, is damaged, or is of a newer
      version.
  """

  def __init__(self, path: pathlib.Path, *, read_only: bool = False) -> None:
    self.path = path
    with contextlib.ExitStack() as stack:
      try:
        # Also for reading: what a killed search began to write can be undone
        # only by who may write. Without that right SQLite opens for reading.
        self.connection = sqlite3.connect(
          f'{path.resolve().as_uri()}?mode=rw',
          uri=True,
          isolation_level=None,
          timeout=30.0,
        )
        stack.callback(self.connection.close)
        self.connection.row_factory = sqlite3.Row
        self._check_header()
        if read_only:
          self.connection.execute('PRAGMA query_only=ON')
        else:
          self.connection.execute('PRAGMA journal_mode=DELETE')
          self.connection.execute('PRAGMA synchronous=FULL')
      except sqlite3.Error as error:
        raise unreadable(path, error) from error
      stack.pop_all()

  def close(self) -> None:
    """Closes the file."""
    self.connection.close()

  @contextlib.contextmanager
  def transaction(self) -> Iterator[sqlite3.Connection]:
    """Writes all that is done within, or nothing.

    Raises:
      UserError: It cannot be written.
    """
    try:
      self.connection.execute('BEGIN IMMEDIATE')
      try:
        yield self.connection
      except BaseException:
        # A full disk has rolled it back already.
        if self.connection.in_transaction:
          self.connection.execute('ROLLBACK')
        raise
      self.connection.execute('COMMIT')
    except sqlite3.Error as error:
      raise UserError(
        f'The log of the run cannot be written: {self.path}: {error}. Check '
        'that the disk has room and that the directory can be written, then '
        'start the same command again: it continues from the last step '
        'logged.'
      ) from error

  def rows(self, query: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
    """Returns the rows of a query.

    Raises:
      UserError: The file is damaged.
    """
    try:
      return self.connection.execute(query, values).fetchall()
    except sqlite3.Error as error:
      raise unreadable(self.path, error) from error

  def _check_header(self) -> None:
    application = self.connection.execute('PRAGMA application_id').fetchone()
    if application[0] != schema.APPLICATION_ID:
      raise UserError(
        f'Expected the log of a run. Received: {self.path}, which is another '
        'SQLite file. Name another run directory.'
      )
    version = self.connection.execute('PRAGMA user_version').fetchone()[0]
    if version > schema.VERSION:
      raise UserError(
        f'Expected a run log of version {schema.VERSION} or older. Received: '
        f'version {version} in {self.path}. Install a newer nasnet_search.'
      )


def unreadable(path: pathlib.Path, error: Exception) -> UserError:
  """Returns what to tell of a log that cannot be read."""
  return UserError(
    f'Expected the log of a run that can be read. Received: {path}: {error}. '
    'Restore the file from a copy, or name another run directory.'
  )
