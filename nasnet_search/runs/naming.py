"""Which trial a search named at its end, and how the log keeps it.

Naming takes a while, so it is done when a search ends, and kept as an event:
a report only reads.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nasnet_search.cells.search_space import SearchSpace
from nasnet_search.controllers.naming import best_by_prediction
from nasnet_search.runs.reading import RunReader
from nasnet_search.runs.records import TrialRecord
from nasnet_search.runs.store import RunStore
from nasnet_search.trials import Status

EVENT = 'named'
BY_PREDICTION = 'predicted'
"""The value of --best_by under which it is."""


def log_name(
  store: RunStore, space: SearchSpace, seed: int, settled: int
) -> TrialRecord | None:
  """Names the best by prediction, unless it was after the same trials.

  Args:
    store: The log.
    space: The search space.
    seed: Seed of the run.
    settled: How many trials have settled.

  Returns:
    The trial that is named, None if none is or it was before.
  """
  if newest_name(store.events()).get('settled') == settled:
    return None
  named = named_by_prediction(space, seed, store.trials())
  if named is not None:
    store.add_event(EVENT, {'trial': named.trial_id, 'settled': settled})
  return named


def named_by_prediction(
  space: SearchSpace, seed: int, trials: Iterable[TrialRecord]
) -> TrialRecord | None:
  """Returns the trial that found the best by prediction, None before two.

  Args:
    space: The search space.
    seed: Seed of the run.
    trials: All trials of the run.
  """
  found = [
    (trial, trial.choices, trial.reward)
    for trial in trials
    if trial.candidate and trial.status is Status.COMPLETED
    if trial.choices is not None and trial.reward is not None
  ]
  if len(found) < 2:
    return None
  place = best_by_prediction(
    space,
    seed,
    [choices for _, choices, _ in found],
    [reward for *_, reward in found],
  )
  return found[place][0]


def named_in(log: RunReader, best_by: str) -> TrialRecord | None:
  """Returns the trial that was named last, None if none is wanted or was.

  Args:
    log: The log of the run.
    best_by: What the best is to be named by.
  """
  trial = newest_name(log.events()).get('trial')
  if best_by != BY_PREDICTION or not isinstance(trial, int):
    return None
  return next(iter(log.trials([trial])), None)


def newest_name(events: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
  """Returns what was named last: `trial`, and after how many `settled`."""
  told = [name for name in names(events) if isinstance(name, Mapping)]
  return told[-1] if told else {}


def names(events: Sequence[Mapping[str, Any]]) -> list[Any]:
  """Returns what was named, oldest first, as it stands in a log."""
  return [event['detail'] for event in events if event['kind'] == EVENT]
