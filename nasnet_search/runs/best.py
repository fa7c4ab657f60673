"""Keeps the best architecture so far as a file of its own."""

import json
from typing import Any

from nasnet_search.runs import naming, observer
from nasnet_search.runs.confirmations import Confirmed
from nasnet_search.runs.directory import RunDirectory, replace_text
from nasnet_search.runs.progress import Progress
from nasnet_search.runs.records import TrialRecord


class BestArchitecture:
  """An observer that writes `best_architecture.json`.

  The file is an architecture file like any other; how it was found stands
  under `found`, and what its confirmations gave, once they have settled, under
  `confirmed`.

  Args:
    directory: The directory of the run.
  """

  def __init__(self, directory: RunDirectory) -> None:
    self._directory = directory
    self._written: tuple[int, int] | None = None

  def __call__(self, event: observer.Event, progress: Progress) -> None:
    """Writes the file if the best architecture is a new one."""
    del event
    best = progress.best
    if best is None:
      return
    winner = progress.confirmations.winner()
    shown = (best.trial_id, len(winner.confirmations) if winner else 0)
    if shown != self._written:
      by = 'reward' if best is progress.found else naming.BY_PREDICTION
      text = _text(best, winner, by if winner is None else 'confirmations')
      replace_text(self._directory.best_architecture, text)
      self._written = shown


def _text(best: TrialRecord, winner: Confirmed | None, by: str) -> str:
  found: dict[str, Any] = {'trial': best.trial_id, 'reward': best.reward}
  found['named_by'] = by
  if best.measurement is not None:
    found |= {'measurement': dict(best.measurement.values)}
  data = {**best.architecture.to_dict(), 'found': found}
  if winner is not None and winner.estimate is not None:
    data['confirmed'] = {
      'mean': winner.estimate.mean,
      'half_width': winner.estimate.half_width,
      'rewards': list(winner.rewards),
    }
  return json.dumps(data, indent=2)
