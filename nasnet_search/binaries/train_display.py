"""What a person sees while a network is trained.

On a terminal a live panel; elsewhere (a log file, a batch system) one plain
line for each thing that happens. Both are callbacks of Keras.
"""

import time
from collections.abc import Mapping

from rich import console, live, panel

from nasnet_search.binaries.live_panel import UNKNOWN, Recent, work_panel
from nasnet_search.report import wording
from nasnet_search.training.callbacks import Lines


class LivePanel(Lines):
  """A callback that keeps a panel on the terminal up to date.

  Use it as a context manager, so that the terminal is left in order.

  Args:
    terminal: The terminal to draw on.
  """

  def __init__(self, terminal: console.Console) -> None:
    self._recent = Recent()
    super().__init__(self._recent.append)
    self._live = live.Live(console=terminal, refresh_per_second=4)
    self._begin: float | None = None
    self._first_step = 0
    self._step = 0
    self._epoch = 0
    self._now = 'starting'
    self._loss: float | None = None
    self._best: float | None = None

  def __enter__(self) -> 'LivePanel':
    self._live.start()
    return self

  def __exit__(self, *error: object) -> None:
    self._live.stop()

  def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
    """Notes where the training stands."""
    super().on_train_begin(logs)
    self._first_step = self._step = int((logs or {}).get('step', 0))
    self._best = (logs or {}).get('best_val_accuracy')
    self._epoch = self._step // self.params['steps']
    self._redraw('training')

  def on_epoch_begin(
    self, epoch: int, logs: Mapping[str, float] | None = None
  ) -> None:
    """Notes the epoch."""
    del logs
    self._epoch = epoch
    self._redraw('training')

  def on_train_batch_end(
    self, batch: int, logs: Mapping[str, float] | None = None
  ) -> None:
    """Counts the step."""
    del batch
    self._step += 1
    if self._begin is None:
      # The first step is traced, which takes long and says nothing.
      self._begin, self._first_step = time.monotonic(), self._step
    if logs:
      self._loss = logs.get('loss', self._loss)
      self._redraw('training')

  def on_test_begin(self, logs: Mapping[str, float] | None = None) -> None:
    """Says that images are valued."""
    del logs
    self._redraw('measuring')

  def on_epoch_end(
    self, epoch: int, logs: Mapping[str, float] | None = None
  ) -> None:
    """Shows how the epoch went."""
    super().on_epoch_end(epoch, logs)
    accuracy = (logs or {}).get('val_accuracy')
    if accuracy is not None:
      self._best = max(accuracy, self._best or 0.0)
    self._loss = (logs or {}).get('loss', self._loss)
    self._redraw('training')

  def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
    """Says what was measured."""
    super().on_train_end(logs)
    self._redraw('ended' if logs else 'interrupted')

  def _redraw(self, now: str) -> None:
    self._now = now
    self._live.update(self._panel())

  def _panel(self) -> panel.Panel:
    total = self.params['epochs'] * self.params['steps']
    return work_panel(
      'nasnet-train',
      ('Model', self.params['model_dir']),
      ('Steps', total, self._step),
      self._figures(total),
      self._recent,
    )

  def _figures(self, total: int) -> dict[str, str]:
    rate, left = self._rate(total)
    epochs = self.params['epochs']
    return {
      '': f'{self._step:,} of {total:,}, epoch '
      f'{min(self._epoch + 1, epochs)} of {epochs}, {self._now}',
      'Training loss': wording.reward(self._loss),
      'Validation': f'best accuracy {wording.reward(self._best)}',
      'Rate': rate,
      'Time left': left,
    }

  def _rate(self, total: int) -> tuple[str, str]:
    done = self._step - self._first_step
    if self._begin is None or not done:
      return UNKNOWN, UNKNOWN
    seconds = time.monotonic() - self._begin
    left = (total - self._step) * seconds / done
    return f'{done / seconds:,.1f} steps a second', wording.duration(left)


class PlainLines(Lines):
  """A callback that prints a line for each thing that happens.

  Args:
    terminal: Where to print.
  """

  def __init__(self, terminal: console.Console) -> None:
    super().__init__(lambda line: print(line, file=terminal.file, flush=True))

  def __enter__(self) -> 'PlainLines':
    return self

  def __exit__(self, *error: object) -> None:
    pass


def make_display(terminal: console.Console) -> LivePanel | PlainLines:
  """Returns a live panel on a terminal, plain lines elsewhere."""
  return LivePanel(terminal) if terminal.is_terminal else PlainLines(terminal)
