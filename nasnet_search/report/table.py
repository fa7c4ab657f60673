"""The best trials of a run as a table for a terminal."""

from collections.abc import Sequence

from rich import box
from rich.table import Table

from nasnet_search.report import wording
from nasnet_search.report.sections.confirmed import with_interval
from nasnet_search.report.sections.parts import measures, values_of
from nasnet_search.report.summary import Summary, seconds_taken
from nasnet_search.runs.confirmations import Confirmed
from nasnet_search.runs.records import TrialRecord
from nasnet_search.trials import Status

_MEASURES = 2


def best_trials(summary: Summary, count: int = 5) -> Table:
  """Returns the best trials and the reference cells as a Rich table.

  Args:
    summary: What the log says.
    count: How many of the best trials to list.
  """
  rows = Table(box=box.SIMPLE, title='Best found', title_justify='left')
  best, references = summary.ranked()[:count], summary.references()
  names = measures([*best, *references.values()])[:_MEASURES]
  rows.add_column('Trial')
  confirmed = {each.found.trial_id: each for each in summary.confirmed()}
  extra = ('confirmed',) if confirmed else ()
  for name in ('reward', *extra, *names, 'time'):
    rows.add_column(wording.title(name), justify='right')
  for name, trial in [
    *((str(trial.trial_id), trial) for trial in best),
    *references.items(),
  ]:
    cells = _cells(name, trial, names)
    if confirmed:
      again = confirmed.get(trial.trial_id)
      cells.insert(2, '' if again is None else _again(again))
    rows.add_row(*cells, end_section=trial is best[-1] if best else False)
  return rows


def _again(confirmed: Confirmed) -> str:
  return with_interval(confirmed.estimate, len(confirmed.rewards))


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
