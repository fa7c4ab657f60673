"""What the log of a run says, as typed records.

Reading changes nothing, so that a report can look at a running search. All
that is read is checked for what it should be: the file may be damaged, or
made by somebody hostile.
"""

import contextlib
import json
import pathlib
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from nasnet_search.cells.errors import UserError
from nasnet_search.runs.log_file import LogFile, unreadable
from nasnet_search.runs.records import TrialRecord, trial_record
from nasnet_search.trials import Status


class RunReader:
  """The log of one run, to be read.

  Args:
    path: The file of the log.

  Attributes:
    path: The file of the log.

  Raises:
    UserError: The file is not a run log, is damaged, or is of a newer
      version.
  """

  def __init__(self, path: pathlib.Path) -> None:
    self.path = path
    self._file = self._open(path)
    self._all = self._file.rows

  def close(self) -> None:
    """Closes the file."""
    self._file.close()

  def check(self) -> None:
    """Reads the whole log and raises unless it is undamaged.

    Raises:
      UserError: It is damaged.
    """
    self._file.check()

  def moment(self) -> contextlib.AbstractContextManager[None]:
    """Returns a context in which all that is read is of one moment."""
    return self._file.moment()

  def facts(self) -> dict[str, Any]:
    """Returns what the run is."""
    with self._parsing():
      facts = {
        row['name']: json.loads(row['value'])
        for row in self._all('SELECT name, value FROM facts')
      }
      if not isinstance(facts.get('defining', {}), dict):
        raise TypeError('its defining settings are not named')
    return facts

  def starts(self) -> list[dict[str, Any]]:
    """Returns every start of the coordinator, oldest first."""
    return self._rows(
      'SELECT * FROM starts ORDER BY start', {'operational', 'versions'}
    )

  def crashes(self) -> dict[int, int]:
    """Returns how many attempts of each trial crashed, if any did."""
    rows = self._all(
      'SELECT trial, COUNT(*) AS crashed FROM attempts WHERE status=?'
      ' GROUP BY trial',
      (Status.CRASHED.value,),
    )
    return {row['trial']: row['crashed'] for row in rows}

  def lessons(self, after: int = 0) -> list[dict[str, Any]]:
    """Returns the learn calls after the first `after`, oldest first."""
    return self._rows(
      'SELECT * FROM lessons WHERE learn > ? ORDER BY learn',
      {'trials', 'diagnostics'},
      (after,),
    )

  def proposal_calls(self) -> list[dict[str, Any]]:
    """Returns the calls of propose, oldest first."""
    return self._rows('SELECT * FROM proposals ORDER BY call', {'pending'})

  def snapshots(self) -> dict[int, bytes]:
    """Returns the controller's states by the number of learn calls before."""
    rows = self._all('SELECT * FROM snapshots')
    return {row['learned']: bytes(row['state']) for row in rows}

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
    with self._parsing():
      return [trial_record(row) for row in rows]

  def events(self) -> list[dict[str, Any]]:
    """Returns what else happened, oldest first."""
    return self._rows('SELECT * FROM events ORDER BY event', {'detail'})

  def _open(self, path: pathlib.Path) -> LogFile:
    return LogFile(path, read_only=True)

  def _rows(
    self, query: str, parsed: set[str], values: tuple[Any, ...] = ()
  ) -> list[dict[str, Any]]:
    """Returns rows of which some columns are JSON."""
    with self._parsing():
      return [_parsed(row, parsed) for row in self._all(query, values)]

  @contextlib.contextmanager
  def _parsing(self) -> Iterator[None]:
    try:
      yield
    except (
      ArithmeticError,
      AttributeError,
      LookupError,
      RecursionError,
      TypeError,
      UserError,
      ValueError,
    ) as error:
      raise unreadable(self.path, error) from error


def _parsed(row: sqlite3.Row, names: set[str]) -> dict[str, Any]:
  return {
    name: json.loads(row[name]) if name in names else row[name]
    for name in row.keys()  # noqa: SIM118 (iterating a row gives its values)
  }
