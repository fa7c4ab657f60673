"""The trials one by one: what failed, and what each was worth."""

import collections
import re

from nasnet_search.report import wording
from nasnet_search.report.markup import Child, Element, element, table
from nasnet_search.report.sections.parts import (
  measures,
  note,
  section,
  values_of,
)
from nasnet_search.report.summary import Summary, seconds_taken
from nasnet_search.runs.records import TrialRecord
from nasnet_search.trials import Status

MAX_ROWS = 500
"""Trials in the table; a page of more would be slow to show."""
_MAX_GROUPS = 40
_MAX_IDS = 12
_MAX_MESSAGE = 1500
_NUMBER = re.compile(r'\d[\d.,]*')


def failures(summary: Summary) -> Element:
  """Returns what went wrong, equal failures together.

  Messages that differ in their numbers only are taken for equal; the first
  one is shown.
  """
  groups = _groups(summary)
  again = sum(trial.attempts > 1 for trial in summary.trials)
  again_note = (
    note(f'{wording.counted(again, "trial")} took more than one attempt.')
    if again
    else None
  )
  if not groups:
    return section('failures', 'Failures', note('No trial failed.'), again_note)
  rows: list[list[Child]] = [
    [
      wording.title(trials[0].status.value),
      f'{len(trials):,}',
      element('span', _message(trials[0]), class_='message'),
      _ids(trials),
    ]
    for trials in groups[:_MAX_GROUPS]
  ]
  left_out = len(groups) - len(rows)
  return section(
    'failures',
    'Failures',
    table(
      ['Outcome', 'Trials', 'Message', 'Which'], rows, numbers=frozenset({1})
    ),
    note(f'{left_out:,} rarer kinds are left out.') if left_out else None,
    again_note,
  )


def _groups(summary: Summary) -> list[list[TrialRecord]]:
  """Returns failures in groups of equal ones, the largest group first."""
  groups: dict[tuple[str, str], list[TrialRecord]] = collections.defaultdict(
    list
  )
  for trial in summary.trials:
    if trial.status.failed and trial.source_trial is None:
      key = (trial.status.value, _NUMBER.sub('0', trial.message))
      groups[key].append(trial)
  return sorted(groups.values(), key=len, reverse=True)


def all_trials(summary: Summary) -> Element:
  """Returns the table of trials: best first, then the others by number."""
  ranked = sorted(summary.trials, key=_rank)
  shown = ranked[:MAX_ROWS]
  # How long it took is a column of its own.
  names = [name for name in measures(shown) if name != 'seconds']
  headings = ['Trial', 'Origin', 'Status', 'Reward']
  headings += [wording.title(name) for name in names]
  headings += ['Took', 'Attempts']
  known = {trial.trial_id: name for name, trial in summary.references().items()}
  rows = [_row(trial, names, known) for trial in shown]
  left_out = len(ranked) - len(shown)
  return section(
    'trials',
    'Trials',
    note(
      f'{wording.counted(len(ranked), "trial")}, the best first: '
      + ', '.join(
        f'{count:,} {name.replace("_", " ")}'
        for name, count in summary.statuses().items()
      )
      + '.',
      f' The table has the first {MAX_ROWS:,}; nasnet-report --format=json '
      'prints all of them.'
      if left_out
      else None,
    ),
    table(headings, rows, numbers=frozenset({0, *range(3, len(headings))})),
  )


def _rank(trial: TrialRecord) -> tuple[int, float, int]:
  if trial.status is Status.COMPLETED and trial.reward is not None:
    return 0, -trial.reward, trial.trial_id
  # Of the others those under way first, the newest of them first.
  return (2 if trial.status.failed else 1), 0.0, -trial.trial_id


def _row(
  trial: TrialRecord, names: list[str], references: dict[int, str]
) -> list[Child]:
  values = values_of(trial)
  origin = references.get(trial.trial_id, trial.origin.value.replace('_', ' '))
  if trial.source_trial is not None:
    origin = f'duplicate of {trial.source_trial}'
  if trial.confirms is not None:
    origin = f'confirms {trial.confirms}'
  return [
    str(trial.trial_id),
    origin,
    element(
      'span',
      trial.status.value.replace('_', ' '),
      class_=f'status {_kind(trial.status)}',
    ),
    wording.reward(trial.reward),
    *(wording.quantity(values.get(name)) for name in names),
    wording.duration(seconds_taken(trial)),
    str(trial.attempts),
  ]


def _kind(status: Status) -> str:
  if status.failed:
    return 'failed'
  return 'completed' if status.settled else 'open'


def _message(trial: TrialRecord) -> str:
  return wording.shortened(trial.message or wording.ABSENT, _MAX_MESSAGE)


def _ids(trials: list[TrialRecord]) -> str:
  shown = ', '.join(str(trial.trial_id) for trial in trials[:_MAX_IDS])
  return f'{shown}, …' if len(trials) > _MAX_IDS else shown
