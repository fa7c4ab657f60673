"""Keeps the best architecture so far as a file of its own."""

import json
from typing import Any

from nasnet_search.runs import observer
from nasnet_search.runs.directory import RunDirectory, replace_text
from nasnet_search.runs.progress import Progress
from nasnet_search.runs.records import TrialRecord


class BestArchitecture:
  """An observer that writes `best_architecture.json`.

  The file is an architecture file like any other; how it was found stands
  under `found`.

  Args:
    directory: The directory of the run.
  """

  def __init__(self, directory: RunDirectory) -> None:
    self._directory = directory
    self._written: int | None = None

  def __call__(self, event: observer.Event, progress: Progress) -> None:
    """Writes the file if the best architecture is a new one."""
    del event
    best = progress.best
    if best is not None and best.trial_id != self._written:
      replace_text(self._directory.best_architecture, _text(best))
      self._written = best.trial_id


def _text(best: TrialRecord) -> str:
  found: dict[str, Any] = {'trial': best.trial_id, 'reward': best.reward}
  if best.measurement is not None:
    found |= {'measurement': dict(best.measurement.values)}
  return json.dumps({**best.architecture.to_dict(), 'found': found}, indent=2)
