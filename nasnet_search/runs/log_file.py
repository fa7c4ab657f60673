"""The file of a run's log: opened with care, written in transactions.

Rollback-journal mode with full synchronisation keeps the record one file
that can be copied, and works on network disks. Whatever SQLite refuses
becomes a message that names the file and what to do.

The file may be damaged, or made by somebody hostile: nothing is read from it
before its tables are known to be a log's and nothing else, and nothing is
written to it before all of it has been checked.
"""

import contextlib
import pathlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

from nasnet_search.cells.errors import UserError
from nasnet_search.runs import checked_rows, schema
from nasnet_search.runs.checked_rows import CheckedRows

_JOURNAL_MAGIC = bytes.fromhex('d9d505f920a163d7')
"""Ends a journal that names another file (sqlite.org/fileformat2.html, 3)."""
_DAMAGE = (sqlite3.Error, ValueError)
"""What SQLite raises over a damaged file, and Python over text that is none."""


class LogFile:
  """A run's log as an SQLite file.

  Args:
    path: The file.
    read_only: Whether to add nothing to it; it may belong to a running
      search.

  Attributes:
    path: The file.
    connection: The connection to it, without implicit transactions.
    version: The version of its tables.

  Raises:
    UserError: The file is not a run log, is damaged, or is of a newer
      version.
  """

  def __init__(self, path: pathlib.Path, *, read_only: bool = False) -> None:
    self.path = path
    _check_outside(path)
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
        self.connection.execute('PRAGMA trusted_schema=OFF')
        self.version = self._checked_version()
        if read_only:
          self.connection.execute('PRAGMA query_only=ON')
        else:
          self.connection.execute('PRAGMA journal_mode=DELETE')
          self.connection.execute('PRAGMA synchronous=FULL')
      except UserError:
        raise  # It is a ValueError, but says itself what is wrong.
      except _DAMAGE as error:
        raise unreadable(path, error) from error
      stack.pop_all()

  def close(self) -> None:
    """Closes the file."""
    self.connection.close()

  def check(self) -> None:
    """Reads all of the file and raises unless it is whole.

    Raises:
      UserError: It is damaged.
    """
    with self.moment():
      try:
        self._check()
      except UserError:
        raise
      except _DAMAGE as error:
        raise unreadable(self.path, error) from error

  @contextlib.contextmanager
  def moment(self) -> Iterator[None]:
    """Lets all that is read within be of one moment of a running search.

    The search waits meanwhile if it has something to write.

    Raises:
      UserError: The file cannot be read.
    """
    if self.connection.in_transaction:
      yield
      return
    try:
      self.connection.execute('BEGIN')
    except _DAMAGE as error:
      raise unreadable(self.path, error) from error
    try:
      yield
    finally:
      self.connection.execute('ROLLBACK')

  def upgrade(self) -> bool:
    """Brings the tables to today's version; returns whether they were older.

    Call `check` first: damage would be made part of the checksum.

    Raises:
      UserError: The file cannot be written.
    """
    if self.version == schema.VERSION:
      return False
    with self._written() as connection:
      for statement in schema.statements(above=self.version):
        connection.execute(statement)
      # A row with one more column has another checksum.
      total = checked_rows.computed_total(connection)
      connection.execute('DELETE FROM checksum')
      connection.execute('INSERT INTO checksum VALUES (?)', (total,))
      connection.execute(f'PRAGMA user_version={schema.VERSION}')
    self.version = schema.VERSION
    return True

  @contextlib.contextmanager
  def transaction(self) -> Iterator[CheckedRows]:
    """Writes all that is done within, or nothing.

    Raises:
      UserError: It cannot be written.
    """
    with self._written() as connection:
      rows = CheckedRows(connection)
      yield rows
      rows.finish()

  def rows(self, query: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
    """Returns the rows of a query.

    Raises:
      UserError: The file is damaged.
    """
    try:
      return self.connection.execute(query, values).fetchall()
    except _DAMAGE as error:
      raise unreadable(self.path, error) from error

  @contextlib.contextmanager
  def _written(self) -> Iterator[sqlite3.Connection]:
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
      # A commit that failed leaves the transaction open.
      if self.connection.in_transaction:
        self.connection.execute('ROLLBACK')
      raise unwritable(self.path, error) from error

  def _check(self) -> None:
    found = self.connection.execute('PRAGMA integrity_check(1)').fetchone()[0]
    if found != 'ok':
      raise unreadable(self.path, found)
    if self.version < 2:
      return
    stored = checked_rows.stored_total(self.connection)
    if stored != checked_rows.computed_total(self.connection):
      raise unreadable(
        self.path,
        'what it holds does not add up to its checksum, as after a disk '
        'error, or when it was copied while a search was writing to it',
      )

  def _checked_version(self) -> int:
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
    if version < 1 or not schema.is_as_expected(self.connection, version):
      raise unreadable(
        self.path, f'its tables are not those of a log of version {version}'
      )
    return int(version)


def check_before_recovery(path: pathlib.Path) -> None:
  """Raises if a log that a killed search was writing is damaged.

  SQLite undoes what the search had begun as soon as the file is opened. That
  would change a damaged one, so a copy of it is opened first.

  Args:
    path: The file; no search may have it open.

  Raises:
    UserError: It is damaged.
  """
  journal = _journal(path)
  if not journal.is_file():
    return
  _check_outside(path)
  with tempfile.TemporaryDirectory() as folder:
    copy = pathlib.Path(folder, path.name)
    shutil.copyfile(path, copy)
    shutil.copyfile(journal, copy.with_name(journal.name))
    try:
      with contextlib.closing(LogFile(copy)) as file:
        file.check()
    except UserError as error:
      raise UserError(str(error).replace(str(copy), str(path))) from error


def _journal(path: pathlib.Path) -> pathlib.Path:
  return path.with_name(f'{path.name}-journal')


def _check_outside(path: pathlib.Path) -> None:
  """Raises for what SQLite itself would take without a word."""
  if path.is_file() and not path.stat().st_size:
    raise unreadable(path, 'it is empty')
  journal = _journal(path)
  if journal.is_symlink():
    raise unreadable(journal, 'it is a link to another file')
  # A journal may name one more file, which SQLite deletes after it has undone
  # what was begun. A log is written alone, so that its journal never does.
  if journal.is_file() and journal.read_bytes().endswith(_JOURNAL_MAGIC):
    raise unreadable(journal, 'it names another file, which no search does')


def unreadable(path: pathlib.Path, problem: object) -> UserError:
  """Returns what to tell of a log that cannot be read."""
  return UserError(
    f'Expected the log of a run that can be read. Received: {path}: {problem}. '
    'Restore the file from a copy, or name another run directory.'
  )


def unwritable(path: pathlib.Path, problem: object) -> UserError:
  """Returns what to tell of a run that cannot be written."""
  return UserError(
    f'Expected a run that can be written. Received: {path}: {problem}. Check '
    'that the disk has room and that the directory can be written, then start '
    'the same command again: it continues from the last step logged.'
  )
