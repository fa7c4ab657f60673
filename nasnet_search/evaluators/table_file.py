"""Tables of architectures that others have trained, read from CSV files.

A table is a CSV file with a heading, gzipped or not. Some columns say what
was chosen at each decision, others hold numbers that were measured.
"""

import csv
import dataclasses
import gzip
import pathlib
import zlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from nasnet_search.cells.errors import UserError, located
from nasnet_search.cells.plain_data import shortened

_GZIP = b'\x1f\x8b'


@dataclasses.dataclass(frozen=True)
class Table:
  """Choices and what was measured.

  Attributes:
    names: Names of the decisions.
    choices: What was chosen, one tuple of text a row.
    columns: Measured numbers by column, each of shape `[rows]`.
  """

  names: tuple[str, ...]
  choices: tuple[tuple[str, ...], ...]
  columns: Mapping[str, np.ndarray]

  def values(self) -> tuple[tuple[str, ...], ...]:
    """Returns what can be chosen at each decision, whole numbers in order."""
    return tuple(
      tuple(sorted(set(column), key=_order))
      for column in zip(*self.choices, strict=True)
    )


def read_table(
  path: str, decisions: Sequence[str], numbers: Sequence[str]
) -> Table:
  """Reads some columns of a table.

  Args:
    path: The file.
    decisions: Columns that say what was chosen.
    numbers: Columns of numbers.

  Raises:
    UserError: The file cannot be read, lacks a column, holds something that
      is no number where there should be one, or describes one architecture
      twice.
  """
  _check_asked(path, decisions, numbers)
  with located(path):
    lines = _lines(path)
    heading = next(lines, (1, []))[1]
    _check_columns(heading, [*decisions, *numbers])
    rows = [(line, row) for line, row in lines if row]
    _check_shape(heading, rows)
    place = {name: heading.index(name) for name in (*decisions, *numbers)}
    choices = tuple(
      tuple(row[place[name]].strip() for name in decisions) for _, row in rows
    )
    _check_once(choices, [line for line, _ in rows])
    columns = {
      name: np.array([_number(row[place[name]], name, n) for n, row in rows])
      for name in numbers
    }
  return Table(tuple(decisions), choices, columns)


def _check_asked(
  path: str, decisions: Sequence[str], numbers: Sequence[str]
) -> None:
  """Checks what is asked of a table, before it is looked at."""
  if not path:
    raise UserError(
      'Expected --table to name the file of the benchmark. Received none.'
    )
  for flag, named in (
    ('decision_columns', decisions),
    ('reward_column', numbers),
  ):
    if not named:
      raise UserError(
        f'Expected --{flag} to name columns of {path}. Received none.'
      )
  if len(set(decisions)) < len(decisions):
    raise UserError(
      'Expected --decision_columns to name each column once. Received: '
      f'{", ".join(decisions)}.'
    )
  both = [name for name in numbers if name in decisions]
  if both:
    raise UserError(
      'Expected --reward_column and --report_column to be measured, not '
      f'chosen. Received: {both[0]!r}, which is a decision column too.'
    )


def _lines(path: str) -> Iterator[tuple[int, list[str]]]:
  """Yields the cells of each line that holds any, with its number from 1."""
  try:
    content = pathlib.Path(path).expanduser().read_bytes()
    if content[:2] == _GZIP:
      content = gzip.decompress(content)
    reader = csv.reader(content.decode('utf-8-sig').splitlines(), strict=True)
    for row in reader:
      yield reader.line_num, row
  except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as e:
    raise UserError(
      'Expected a CSV file, gzipped or not. Received one that cannot be read: '
      f'{e}.'
    ) from e


def _check_columns(heading: Sequence[str], names: Sequence[str]) -> None:
  if not heading:
    raise UserError(
      'Expected a heading in the first line, the names of the columns. '
      'Received an empty line or file.'
    )
  for name in names:
    if name not in heading:
      raise UserError(
        f'Unknown column. Expected one of: {", ".join(heading)}. '
        f'Received: {name!r}. Name columns of the table with '
        '--decision_columns, --reward_column and --report_column.'
      )
    if heading.count(name) > 1:
      raise UserError(
        f'Expected column {name} once in the heading. Received it '
        f'{heading.count(name)} times: nobody knows which one is meant.'
      )


def _check_shape(
  heading: Sequence[str], rows: Sequence[tuple[int, Sequence[str]]]
) -> None:
  if not rows:
    raise UserError('Expected rows under the heading. Received none.')
  for line, row in rows:
    if len(row) != len(heading):
      raise UserError(
        f'Expected {len(heading)} cells in line {line}, as in the heading. '
        f'Received: {len(row)}.'
      )


def _check_once(
  choices: Sequence[tuple[str, ...]], lines: Sequence[int]
) -> None:
  first: dict[tuple[str, ...], int] = {}
  for line, row in zip(lines, choices, strict=True):
    if first.setdefault(row, line) != line:
      raise UserError(
        'Expected each architecture in one row. Received line '
        f'{line}, which has the choices of line {first[row]}: '
        f'{shortened(", ".join(row))}. Name all --decision_columns, or keep '
        'one row of each and repeated measurements in columns of their own.'
      )


def _number(text: str, name: str, line: int) -> float:
  try:
    value = float(text)
  except ValueError:
    value = float('nan')
  if not np.isfinite(value):
    raise UserError(
      f'Expected a finite number in column {name}, line {line}. '
      f'Received: {shortened(text)}.'
    )
  return value


def _order(value: str) -> tuple[int, int, str]:
  # Whole numbers come by size and before all other text.
  return (0, int(value), value) if value.isdecimal() else (1, 0, value)
