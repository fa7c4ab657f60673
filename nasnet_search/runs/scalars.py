"""TensorBoard scalars of a run: reward, best, entropy, KL, failures."""

import pathlib
from typing import Any

from nasnet_search.runs import observer
from nasnet_search.runs.progress import Progress
from nasnet_search.runs.records import TrialRecord
from nasnet_search.tensorflow_setup import quiet

_AVERAGE_DECAY = 0.95


class Scalars:
  """An observer that writes TensorBoard event files.

  Trials are the steps of what is written of trials; policy updates are the
  steps of what is written of updates.

  Args:
    directory: Where the event files go.
  """

  def __init__(self, directory: pathlib.Path) -> None:
    self._directory = directory
    self._writer: Any = None
    self._average: float | None = None

  def __call__(self, event: observer.Event, progress: Progress) -> None:
    """Writes the scalars of an event."""
    match event:
      case observer.Settled() if event.trial.charged:
        self._trial(event.trial, progress)
      case observer.Learned():
        for name, value in event.diagnostics.items():
          self._scalar(f'policy/{name}', value, event.count)
      case observer.Ended():
        self.close()

  def close(self) -> None:
    """Writes what is buffered and closes the file."""
    if self._writer is not None:
      self._writer.close()
      self._writer = None

  def _trial(self, trial: TrialRecord, progress: Progress) -> None:
    step = progress.charged
    self._scalar('search/failures', progress.failed, step)
    self._scalar('search/duplicates', progress.duplicates, step)
    if trial.reward is None or trial.status.failed:
      return
    if self._average is None:
      self._average = trial.reward
    self._average += (1 - _AVERAGE_DECAY) * (trial.reward - self._average)
    self._scalar('search/reward', trial.reward, step)
    self._scalar('search/reward_moving_average', self._average, step)
    if progress.best is not None and progress.best.reward is not None:
      self._scalar('search/best_reward', progress.best.reward, step)

  def _scalar(self, name: str, value: float, step: int) -> None:
    if self._writer is None:
      # Imported late: it is slow, and a search may end before a scalar.
      with quiet():
        from tensorboard.summary import Writer

      self._writer = Writer(str(self._directory))
    self._writer.add_scalar(name, float(value), step)
