"""The plain log file of a run, and the lines it consists of."""

import pathlib
import time

from nasnet_search.runs import observer
from nasnet_search.runs.progress import Progress
from nasnet_search.runs.records import TrialRecord


def describe(event: observer.Event, progress: Progress) -> str | None:
  """Returns one line of text about an event, or None for a dull one."""
  match event:
    case observer.Began():
      return (
        f'Search in {event.run_dir}: {progress.charged} of {event.goal} trials '
        'settled.'
      )
    case observer.Settled():
      return _trial(event.trial, progress)
    case observer.Learned():
      numbers = ', '.join(
        f'{name} {value:.4g}' for name, value in event.diagnostics.items()
      )
      return f'Policy update {event.count}: {numbers}' if numbers else None
    case observer.Told():
      return _one_line(event.message)
    case observer.Ended():
      return f'Search ended: {event.reason}'
    case _:
      return None


class TextLog:
  """An observer that appends lines to a file.

  Args:
    path: The file.
  """

  def __init__(self, path: pathlib.Path) -> None:
    self._path = path

  def __call__(self, event: observer.Event, progress: Progress) -> None:
    """Appends what an event is worth telling."""
    line = describe(event, progress)
    if line is not None:
      now = time.strftime('%Y-%m-%d %H:%M:%S')
      with self._path.open('a', encoding='utf-8') as file:
        file.write(f'{now} {line}\n')


def _trial(trial: TrialRecord, progress: Progress) -> str:
  name = f'Trial {trial.trial_id} ({trial.origin.value})'
  if trial.source_trial is not None:
    return f'{name}: duplicate of trial {trial.source_trial}'
  if trial.status.failed:
    return f'{name}: {trial.status.value}: {_one_line(trial.message)}'
  reward = trial.reward if trial.reward is not None else float('nan')
  if trial.confirms is not None:
    return f'{name}: reward {_shown(reward)} of trial {trial.confirms} again'
  best = progress.found.reward if progress.found is not None else None
  so_far = '' if best is None else f', best so far {_shown(best)}'
  return f'{name}: reward {_shown(reward)}{so_far}'


def _one_line(message: str) -> str:
  # Messages of TensorFlow come in paragraphs.
  return ' '.join(message.split())


def _shown(reward: float) -> str:
  # Some rewards, such as c / perplexity^2, differ in their sixth decimal.
  small = 0 < abs(reward) < 1e-2
  return f'{reward:.4g}' if small else f'{reward:.4f}'
