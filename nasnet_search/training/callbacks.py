"""The callbacks of every training: text log and TensorBoard.

They are Keras' callbacks, so that one's own can be passed beside them.
"""

import pathlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

from nasnet_search.report import wording
from nasnet_search.training.model_directory import ModelDirectory


def callback_list(
  callbacks: Sequence[keras.callbacks.Callback],
  model: keras.Model,
  directory: ModelDirectory | None,
  **params: Any,
) -> keras.callbacks.CallbackList:
  """Returns the callbacks of a training, ready to be called.

  Args:
    callbacks: The caller's.
    model: The network they are told of.
    directory: Where the training's own write; None if this process writes no
      files.
    **params: What all of them find under `params`.
  """
  own: list[keras.callbacks.Callback] = []
  if directory is not None:
    own = [
      TextLog(directory.text_log),
      keras.callbacks.TensorBoard(
        str(directory.tensorboard), write_graph=False
      ),
    ]
  model.stop_training = False
  return keras.callbacks.CallbackList([*own, *callbacks], model=model, **params)


class Lines(keras.callbacks.Callback):
  """Says what happens, a line at a time.

  Args:
    write: Takes a line.
  """

  def __init__(self, write: Callable[[str], None]) -> None:
    super().__init__()
    self._write = write

  def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
    """Says what is trained, or that it goes on."""
    params = self.params
    total = params['epochs'] * params['steps']
    step = int((logs or {}).get('step', 0))
    doing = 'goes on after' if step else 'begins at'
    self._write(
      f'Training in {params["model_dir"]} {doing} step {step:,} of {total:,}; '
      f'{self.model.count_params():,} parameters.'
    )
    for notice in params['notices']:
      self._write(notice)

  def on_epoch_end(
    self, epoch: int, logs: Mapping[str, float] | None = None
  ) -> None:
    """Says how the epoch went."""
    self._write(epoch_line(epoch, self.params['epochs'], logs or {}))

  def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
    """Says what was measured, or that the training was interrupted."""
    self._write(
      f'Training ended: {_figures(logs)}.' if logs else 'Training interrupted.'
    )


class TextLog(Lines):
  """Appends lines to a file, with the time.

  Args:
    path: The file.
  """

  def __init__(self, path: pathlib.Path) -> None:
    super().__init__(self._append)
    self._path = path

  def _append(self, line: str) -> None:
    now = time.strftime('%Y-%m-%d %H:%M:%S')
    with self._path.open('a', encoding='utf-8') as file:
      file.write(f'{now} {line}\n')


def epoch_line(epoch: int, epochs: int, logs: Mapping[str, float]) -> str:
  """Returns one line about an epoch that is over.

  Args:
    epoch: Which one, from 0.
    epochs: How many there will be.
    logs: Its figures, under Keras' names.
  """
  return f'Epoch {epoch + 1} of {epochs}: {_figures(logs)}'


_SHOWN = {
  'loss': 'training loss',
  'val_accuracy': 'validation accuracy',
  'accuracy': 'training accuracy',
  'val_loss': 'validation loss',
  'val_top_5_accuracy': 'validation top-5 accuracy',
  'test_accuracy': 'test accuracy',
  'test_top_5_accuracy': 'test top-5 accuracy',
}


def _figures(logs: Mapping[str, float] | None) -> str:
  return ', '.join(
    f'{name} {wording.reward(logs[key])}'
    for key, name in _SHOWN.items()
    if logs and key in logs
  )
