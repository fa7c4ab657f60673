"""What a person sees while a search runs.

On a terminal a live panel; elsewhere (a log file, a batch system) one plain
line for each thing that happens.
"""

import time
from typing import Any

from rich import console, live, panel

from nasnet_search.binaries.live_panel import UNKNOWN, Recent, work_panel
from nasnet_search.cells.architecture import KIND
from nasnet_search.report import wording
from nasnet_search.runs import observer, text_log
from nasnet_search.runs.progress import Progress
from nasnet_search.runs.records import TrialRecord


class PlainLines:
  """An observer that prints a line for each event.

  Args:
    terminal: Where to print.
  """

  def __init__(self, terminal: console.Console) -> None:
    self._file = terminal.file

  def __call__(self, event: observer.Event, progress: Progress) -> None:
    """Prints what the event is worth telling."""
    line = text_log.describe(event, progress)
    if line is not None:
      print(line, file=self._file, flush=True)


class LivePanel:
  """An observer that keeps a panel on the terminal up to date.

  Use it as a context manager, so that the terminal is left in order.

  Args:
    terminal: The terminal to draw on.
  """

  def __init__(self, terminal: console.Console) -> None:
    self._live = live.Live(console=terminal, refresh_per_second=4)
    self._goal = 1
    self._run_dir = ''
    self._begin = time.monotonic()
    self._charged_before = 0
    self._recent = Recent()

  def __enter__(self) -> 'LivePanel':
    self._live.start()
    return self

  def __exit__(self, *error: object) -> None:
    self._live.stop()

  def __call__(self, event: observer.Event, progress: Progress) -> None:
    """Redraws the panel."""
    if isinstance(event, observer.Began):
      self._goal, self._run_dir = event.goal, event.run_dir
      self._begin = time.monotonic()
      self._charged_before = progress.charged
    elif not isinstance(event, observer.Learned):
      line = text_log.describe(event, progress)
      if line is not None:
        self._recent.append(line)
    self._live.update(self._panel(progress))

  def _panel(self, progress: Progress) -> panel.Panel:
    return work_panel(
      'nasnet-search',
      ('Run', self._run_dir),
      ('Trials', self._goal, progress.charged),
      self._figures(progress),
      self._recent,
    )

  def _figures(self, progress: Progress) -> dict[str, str]:
    rate, left = self._rate(progress)
    best = progress.found
    return {
      '': f'{progress.charged} of {self._goal} settled, '
      f'{len(progress.running)} running, '
      f'{wording.counted(progress.duplicates, "duplicate")}',
      'Reward': f'best {wording.reward(best.reward if best else None)}, '
      f'mean {wording.reward(progress.mean_reward())}',
      'Reference': ', '.join(
        f'{name} {wording.reward(trial.reward)}'
        for name, trial in named_references(progress).items()
      )
      or 'not valued yet',
      'Failures': str(progress.failed),
      'Rate': rate,
      'Time left': left,
    }

  def _rate(self, progress: Progress) -> tuple[str, str]:
    done = progress.charged - self._charged_before
    seconds = time.monotonic() - self._begin
    if done == 0:
      return UNKNOWN, UNKNOWN
    left = max(0, self._goal - progress.charged) * seconds / done
    return f'{3600 * done / seconds:,.0f} trials an hour', wording.duration(
      left
    )


def named_references(progress: Progress) -> dict[str, TrialRecord]:
  """Returns the settled reference trials by the name to show."""
  # NASNet-A comes first, where cells are searched.
  return {
    'NASNet-A'
    if trial.architecture.kind == KIND and trial.trial_id == 0
    else 'random choice': trial
    for trial in progress.references.values()
  }


def make_display(terminal: console.Console) -> Any:
  """Returns a live panel on a terminal, plain lines elsewhere."""
  return LivePanel(terminal) if terminal.is_terminal else PlainLines(terminal)
