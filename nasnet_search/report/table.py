"""The best trials of a run as a table for a terminal."""

from collections.abc import Mapping, Sequence

from rich import box
from rich.table import Table

from nasnet_search.report import wording
from nasnet_search.report.summary import Summary, seconds_taken
from nasnet_search.runs.records import TrialRecord

_VALUES = ('validation_accuracy', 'parameters')


def best_trials(summary: Summary, count: int = 5) -> Table:
  """Returns the best trials and the reference cells as a Rich table.

  Args:
    summary: What the log says.
    count: How many of the best trials to list.
  """
  rows = Table(box=box.SIMPLE, title='Best cells', title_justify='left')
  best, references = summary.ranked()[:count], summary.references()
  names = [
    name
    for name in _VALUES
    if any(name in _values(trial) for trial in (*best, *references.values()))
  ]
  rows.add_column('Trial')
  for name in ('reward', *names, 'time'):
    rows.add_column(wording.title(name), justify='right')
  for trial in best:
    rows.add_row(*_cells(str(trial.trial_id), trial, names))
  rows.add_section()
  for name, trial in references.items():
    rows.add_row(*_cells(name, trial, names))
  return rows


def _cells(name: str, trial: TrialRecord, names: Sequence[str]) -> list[str]:
  return [
    name,
    wording.reward(trial.reward),
    *(wording.quantity(_values(trial).get(value)) for value in names),
    wording.duration(seconds_taken(trial)),
  ]


def _values(trial: TrialRecord) -> Mapping[str, float]:
  return trial.measurement.values if trial.measurement else {}
