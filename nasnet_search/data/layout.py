"""Which class and which part of the data an image is of, told by its path.

Known are `class/image`, and `train/class/image` beside `test/class/image` (or
`val`, `valid`, `validation` in place of `test`), either of them in any number
of enclosing folders. Below its class folder an image may lie deeper.
"""

import dataclasses
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from nasnet_search.cells.errors import UserError

TRAIN_FOLDER = 'train'
TEST_FOLDERS = ('test', 'val', 'valid', 'validation')

_Path: TypeAlias = tuple[str, ...]


@dataclasses.dataclass(frozen=True, eq=False)
class Layout:
  """What the paths of images tell of them.

  Attributes:
    class_names: The names of the class folders, sorted.
    labels: The class of every image, int32 `[count]`.
    test: Whether an image is a test image, bool `[count]`.
    test_folder: The name of the folder of test images, empty for none.
  """

  class_names: tuple[str, ...]
  labels: np.ndarray
  test: np.ndarray
  test_folder: str


def read_layout(images: Sequence[str], others: Sequence[str]) -> Layout:
  """Tells the class and the part of images by their paths.

  Args:
    images: The paths of the images, with forward slashes; at least one.
    others: The paths of other files and of empty folders (these end in a
      slash), which tell of classes without images.

  Raises:
    UserError: The paths follow none of the layouts.
  """
  paths = [tuple(name.split('/')) for name in images]
  enclosing = _enclosing(paths)
  paths = [path[len(enclosing) :] for path in paths]
  test_folder = _test_folder(paths)
  if not test_folder and enclosing[-1:] and enclosing[-1] in TEST_FOLDERS:
    raise UserError(
      f'Expected images to train on. Received only the folder '
      f'{enclosing[-1]!r}, whose images a search must not use. Give the '
      'training images, or rename the folder if it holds them.'
    )
  level = 1 if test_folder else 0
  test = np.array([bool(level) and path[0] == test_folder for path in paths])
  classes = np.array([path[level] for path in paths])
  names = sorted(set(classes[~test]))
  _check_test_classes(set(classes[test]) - set(names), test_folder)
  _check_empty(names, _other_classes(others, enclosing, level))
  return Layout(
    class_names=tuple(map(str, names)),
    labels=np.searchsorted(names, classes).astype(np.int32),
    test=test,
    test_folder=test_folder,
  )


def _enclosing(paths: Sequence[_Path]) -> _Path:
  """Returns the folders that hold everything and are not class folders."""
  # The last two parts of a path are at least a class folder and an image.
  most = max(min(map(len, paths)) - 2, 0)
  length = 0
  while length < most and len({path[length] for path in paths}) == 1:
    length += 1
  return paths[0][:length]


def _test_folder(paths: Sequence[_Path]) -> str:
  """Returns the folder of test images beside the one of training images."""
  folders = {path[0] for path in paths if len(path) > 1}
  # With images directly in it, a folder is a class, whatever its name.
  classes = {path[0] for path in paths if len(path) == 2}
  parts = folders.intersection((TRAIN_FOLDER, *TEST_FOLDERS)) - classes
  loose = [path[0] for path in paths if len(path) == 1]
  if loose:
    raise UserError(
      'Expected one folder of images for each class. Received images outside '
      f'of any: {loose[0]}. Move them into the folder of their class.'
    )
  if not parts:
    return ''
  if folders != parts or TRAIN_FOLDER not in parts or len(parts) != 2:
    raise UserError(
      f'Expected two folders of class folders, {TRAIN_FOLDER} and one of '
      f'{", ".join(TEST_FOLDERS)}, or class folders alone. Received: '
      f'{", ".join(sorted(folders)[:10])}. Validation images are drawn from '
      f'{TRAIN_FOLDER}; move what is neither elsewhere.'
    )
  return (parts - {TRAIN_FOLDER}).pop()


def _check_test_classes(unknown: set[str], test_folder: str) -> None:
  if unknown:
    raise UserError(
      f'Expected in {test_folder} only classes that are in {TRAIN_FOLDER}. '
      f'Received: {", ".join(sorted(unknown)[:10])}. Rename or remove them.'
    )


def _other_classes(
  others: Sequence[str], enclosing: _Path, level: int
) -> set[str]:
  """Returns the folders of other files that lie where class folders do."""
  start = (*enclosing, TRAIN_FOLDER)[: len(enclosing) + level]
  paths = [tuple(name.split('/')) for name in others]
  return {
    path[len(start)]
    for path in paths
    if path[: len(start)] == start and len(path) > len(start) + 1
  }


def _check_empty(names: Sequence[str], others: set[str]) -> None:
  empty = sorted(others.difference(names))
  if empty:
    raise UserError(
      'Expected images in every class folder. Received none in: '
      f'{", ".join(empty[:10])}. Convert them to JPEG or PNG, or move what is '
      'not a class elsewhere.'
    )
