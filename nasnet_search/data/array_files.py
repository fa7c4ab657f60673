"""The arrays of a data set as .npy files, memory-mapped when read back.

Processes that read the same files share the memory, and what is never looked
at, such as test images, is never read.
"""

import pathlib
from typing import Literal

import numpy as np

from nasnet_search.data.source import Arrays


def write_arrays(folder: pathlib.Path, arrays: Arrays) -> None:
  """Writes arrays into a folder, one file each."""
  for name, array in vars(arrays).items():
    np.save(array_path(folder, name), array, allow_pickle=False)


def read_arrays(folder: pathlib.Path) -> Arrays:
  """Returns the arrays of a folder; images are memory-mapped.

  Raises:
    OSError: A file is missing.
    ValueError: A file is damaged, or the files do not belong together.
  """

  def read(name: str, mode: Literal['r'] | None) -> np.ndarray:
    return np.load(array_path(folder, name), mmap_mode=mode, allow_pickle=False)

  arrays = Arrays(
    train_images=read('train_images', 'r'),
    train_labels=read('train_labels', None),
    test_images=read('test_images', 'r'),
    test_labels=read('test_labels', None),
  )
  if len(arrays.train_images) != len(arrays.train_labels) or len(
    arrays.test_images
  ) != len(arrays.test_labels):
    raise ValueError(f'Expected a label for every image in {folder}.')
  return arrays


def array_path(folder: pathlib.Path, name: str) -> pathlib.Path:
  """Returns the file of an array, named as in `Arrays`."""
  return folder / f'{name}.npy'
