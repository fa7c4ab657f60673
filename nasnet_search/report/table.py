"""The best trials of a run as a table for a terminal."""

from collections.abc import Sequence

from rich import box
from rich.table import Table

from nasnet_search.report import wording
from nasnet_search.report.sections.parts import measures, values_of
from nasnet_search.report.summary import Summary, seconds_taken
from nasnet_search.runs.records import TrialRecord
from nasnet_search.trials import Status

_MEASURES = 2


def best_trials(summary: Summary, count: int = 5) -> Table:
  """Returns the best trials and the reference cells as a Rich table.

  Args:
    summary: What the log says.
    count: How many of the best trials to list.
  """
  rows = Table(box=box.SIMPLE, title='Best cells', title_justify='left')
  best, references = summary.ranked()[:count], summary.references()
  names = measures([*best, *references.values()])[:_MEASURES]
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
  values = values_of(trial)
  return [
    name,
    # What a failure or a trial under way is worth is no result.
    wording.reward(trial.reward)
    if trial.status is Status.COMPLETED
    else trial.status.value.replace('_', ' '),
    *(wording.quantity(values.get(value)) for value in names),
    wording.duration(seconds_taken(trial)),
  ]
