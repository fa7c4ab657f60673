"""What a comparison keeps: CSV files, each whole or not there at all."""

import csv
import dataclasses
import io
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from nasnet_search.benchmark.search_run import Query
from nasnet_search.cells.errors import UserError
from nasnet_search.runs.directory import replace_text

Row = TypeVar('Row')

QUERY_COLUMNS = [field.name for field in dataclasses.fields(Query)]
"""The columns that a query is kept in."""


def read_rows(
  path: pathlib.Path, read: Callable[[Mapping[str, str]], Row]
) -> list[Row]:
  """Returns the rows of a file that `keep_rows` wrote.

  Args:
    path: The file.
    read: From a row, by column, to what it stands for.

  Raises:
    UserError: The file is none.
  """
  try:
    with path.open(encoding='utf-8', newline='') as file:
      return [read(row) for row in csv.DictReader(file)]
  except (OSError, ValueError, KeyError, TypeError) as error:
    raise UserError(
      f'Expected {path} to hold a search of this comparison. Received: '
      f'{error}. Delete it, and it is made again.'
    ) from error


def keep_rows(
  path: pathlib.Path, names: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
  """Writes a CSV file, whole or not at all."""
  text = io.StringIO()
  writer = csv.writer(text, lineterminator='\n')
  writer.writerows([names, *rows])
  path.parent.mkdir(parents=True, exist_ok=True)
  replace_text(path, text.getvalue())


def read_queries(path: pathlib.Path) -> list[Query]:
  """Returns a search that was kept.

  Raises:
    UserError: The file is none.
  """
  return read_rows(path, read_query)


def read_query(row: Mapping[str, str]) -> Query:
  """Returns a query from the row that was kept of it."""
  return Query(
    float(row['reward']),
    float(row['report']),
    row['outside'] == 'True',
    int(row['proposals']),
    float(row['seconds']),
    tuple(map(int, row['choices'].split())),
  )


def query_row(query: Query) -> list[object]:
  """Returns the row that is kept of a query."""
  values = [getattr(query, name) for name in QUERY_COLUMNS[:-1]]
  return [*values, ' '.join(map(str, query.choices))]
