"""Checkpoints: all that a training needs to go on exactly, whole or not there.

A checkpoint is a folder of two files, `arrays.npz` and `state.json`. It is
written under another name, flushed to the disk and renamed, so a folder of a
checkpoint's name is complete wherever the process was killed. Neither file
executes anything when it is read.
"""

import dataclasses
import json
import os
import pathlib
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nasnet_search.cells.errors import UserError
from nasnet_search.cells.plain_data import read_mapping

FORMAT_VERSION = 1

_ARRAYS = 'arrays.npz'
_STATE = 'state.json'
_PREFIX = 'step_'
_DRAFT = '.new'

# What NumPy and JSON raise over files that are damaged.
_DAMAGE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)


@dataclasses.dataclass(frozen=True, eq=False)
class Checkpoint:
  """A moment of a training.

  Attributes:
    step: Steps taken.
    arrays: Groups of arrays by name: weights, optimizer slots, averages.
    state: Everything else, as plain data.
  """

  step: int
  arrays: Mapping[str, Sequence[np.ndarray]]
  state: Mapping[str, Any]


class Checkpoints:
  """The checkpoints of a training.

  Args:
    folder: Where they are; made when the first one is saved.
    keep: How many of the newest are kept.
  """

  def __init__(self, folder: pathlib.Path, keep: int) -> None:
    self._folder = folder
    self._keep = keep

  def save(self, checkpoint: Checkpoint) -> None:
    """Saves a checkpoint, and removes those that are old.

    Raises:
      OSError: It cannot be written; those before it are left as they are.
    """
    self._folder.mkdir(exist_ok=True)
    name = f'{_PREFIX}{checkpoint.step:010}'
    target, draft = self._folder / name, self._folder / f'{_DRAFT}{name}'
    self._sweep()
    if target.exists():
      return  # What is saved at one step is always the same.
    draft.mkdir()
    try:
      _write(draft, checkpoint)
      _flush(draft)
      draft.rename(target)
      _flush(self._folder)
    finally:
      shutil.rmtree(draft, ignore_errors=True)
    for old in self._complete()[: -self._keep]:
      # Renamed first: half a checkpoint must not have the name of one.
      doomed = old.with_name(f'{_DRAFT}{old.name}')
      old.rename(doomed)
      shutil.rmtree(doomed)

  def newest(self) -> Checkpoint | None:
    """Returns the newest checkpoint, or None if there is none.

    Raises:
      UserError: It is damaged, or of a newer version.
    """
    complete = self._complete()
    return _read(complete[-1]) if complete else None

  def _complete(self) -> list[pathlib.Path]:
    return sorted(self._folder.glob(f'{_PREFIX}*'))

  def _sweep(self) -> None:
    """Removes what a killed process has left half done."""
    for draft in self._folder.glob(f'{_DRAFT}*'):
      shutil.rmtree(draft, ignore_errors=True)


def _write(folder: pathlib.Path, checkpoint: Checkpoint) -> None:
  arrays = {
    f'{group}.{index}': array
    for group, members in checkpoint.arrays.items()
    for index, array in enumerate(members)
  }
  with (folder / _ARRAYS).open('wb') as file:
    np.savez(file, allow_pickle=False, **arrays)
    _flush_file(file)
  data = {
    'format_version': FORMAT_VERSION,
    'step': checkpoint.step,
    'groups': {name: len(each) for name, each in checkpoint.arrays.items()},
    'state': checkpoint.state,
  }
  with (folder / _STATE).open('w', encoding='utf-8') as text:
    json.dump(data, text)
    _flush_file(text)


def _read(folder: pathlib.Path) -> Checkpoint:
  try:
    data = json.loads((folder / _STATE).read_text('utf-8'))
    version, step, groups, state = read_mapping(
      data, ('format_version', 'step', 'groups', 'state')
    )
    if version != FORMAT_VERSION:
      raise UserError(
        f'Expected format_version {FORMAT_VERSION}. Received: {version!r}.'
      )
    with np.load(folder / _ARRAYS, allow_pickle=False) as file:
      arrays = {
        name: [file[f'{name}.{index}'] for index in range(count)]
        for name, count in groups.items()
      }
  except _DAMAGE as error:
    raise UserError(
      'Expected a checkpoint of this version that is not damaged. Received: '
      f'{folder}: {error}. Remove this folder: the training then goes on from '
      'the checkpoint before it, or begins again.'
    ) from error
  return Checkpoint(step, arrays, state)


def _flush_file(file: Any) -> None:
  file.flush()
  os.fsync(file.fileno())


def _flush(folder: pathlib.Path) -> None:
  """Waits until the names in a folder are on the disk."""
  descriptor = os.open(folder, os.O_RDONLY)
  try:
    os.fsync(descriptor)
  finally:
    os.close(descriptor)
