"""Rows whose checksums add up, so that damage to a log shows.

SQLite notices a damaged page. It notices neither a damaged byte within a
number or a text, nor a file whose pages are of different moments, which is
what copying a log while it is written may give. So a log keeps the sum of the
checksums of all its rows, and changes it in the same transaction as the rows.
"""

import sqlite3
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from nasnet_search.runs import schema

# A CRC-32 finds every error within 32 bits, which is what disks do to files;
# it is no protection against forgery.
_MODULUS = 2**32


class CheckedRows:
  """Writes rows within a transaction and keeps the sum of their checksums.

  Args:
    connection: A connection with an open transaction.
  """

  def __init__(self, connection: sqlite3.Connection) -> None:
    self._connection = connection
    self._total = stored_total(connection)

  def insert(self, table: str, row: Mapping[str, Any]) -> int:
    """Adds a row.

    Args:
      table: Where to.
      row: The values by column; a key that is left out is numbered.

    Returns:
      The number of the row, where the table numbers its rows.
    """
    names = ', '.join(row)
    marks = ', '.join(f':{name}' for name in row)
    cursor = self._connection.execute(
      f'INSERT INTO {table} ({names}) VALUES ({marks})', row
    )
    number = cursor.lastrowid or 0
    key = {name: row.get(name, number) for name in schema.KEYS[table]}
    self._add(self._sum(table, key))
    return number

  def update(
    self, table: str, key: Mapping[str, Any], changes: Mapping[str, Any]
  ) -> None:
    """Changes one row.

    Args:
      table: Where it is.
      key: The values that name it, by column.
      changes: The new values by column, none of them of the key.
    """
    before = self._sum(table, key)
    values = ', '.join(f'{name}=:{name}' for name in changes)
    self._connection.execute(
      f'UPDATE {table} SET {values} WHERE {_condition(key)}', {**changes, **key}
    )
    self._add(self._sum(table, key) - before)

  def clear(self, table: str) -> None:
    """Removes all rows of a table."""
    self._add(-self._sum(table, {}))
    self._connection.execute(f'DELETE FROM {table}')

  def finish(self) -> None:
    """Writes the sum; the last thing to do in a transaction."""
    self._connection.execute('UPDATE checksum SET total=?', (self._total,))

  def _sum(self, table: str, key: Mapping[str, Any]) -> int:
    # Read back, because SQLite does not keep every value as it was given.
    return _sum_of(
      table,
      self._connection.execute(
        f'SELECT * FROM {table} WHERE {_condition(key)}', key
      ),
    )

  def _add(self, difference: int) -> None:
    self._total = (self._total + difference) % _MODULUS


def stored_total(connection: sqlite3.Connection) -> int:
  """Returns the sum that a log keeps.

  Raises:
    sqlite3.DatabaseError: It keeps none.
  """
  row = connection.execute('SELECT total FROM checksum').fetchone()
  if row is None:
    raise sqlite3.DatabaseError('it has lost its checksum')
  return int(row[0])


def computed_total(connection: sqlite3.Connection) -> int:
  """Returns the sum over the rows that a log holds."""
  return (
    sum(
      _sum_of(table, connection.execute(f'SELECT * FROM {table}'))
      for table in schema.KEYS
    )
    % _MODULUS
  )


def _sum_of(table: str, rows: Iterable[Iterable[Any]]) -> int:
  # As ASCII text, which is the same in every version of Python.
  return sum(zlib.crc32(ascii((table, *row)).encode('ascii')) for row in rows)


def _condition(key: Mapping[str, Any]) -> str:
  return ' AND '.join(f'{name}=:{name}' for name in key) or 'TRUE'
