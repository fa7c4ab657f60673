"""Image sets of TensorFlow Datasets, read from the files that it prepares.

TensorFlow Datasets downloads a set and knows its classes. Its files are
TFRecord files, so its images are read as any other's are: at random, and
decoded by what inference decodes with.
"""

import dataclasses
import pathlib
from collections.abc import Callable
from typing import Any

from nasnet_search.cells.errors import UserError
from nasnet_search.data.tfrecords import Keys, Records, read_records

_TRAIN = 'train'
_TEST = ('validation', 'test')
"""Splits that no image is trained on, the first that there is: the `test` of
ImageNet has no labels."""


@dataclasses.dataclass(frozen=True)
class PreparedSet:
  """A set whose files are there.

  Attributes:
    files: Its files, and of each whether it holds test images.
    keys: What the parts of an example are called.
    class_name: Names the class of a label.
  """

  files: tuple[tuple[pathlib.Path, bool], ...]
  keys: Keys
  class_name: Callable[[int], str]

  def records(self) -> Records:
    """Finds its images, for which all files are read.

    Raises:
      UserError: A file is damaged.
    """
    return read_records(self.files, self.keys, self.class_name)


def prepared_set(name: str) -> PreparedSet:
  """Returns a set, which is downloaded if it is not there yet.

  Args:
    name: What TensorFlow Datasets calls it, such as `imagenette/160px-v2`.

  Raises:
    UserError: TensorFlow Datasets is not installed, has no such set of images
      and classes, or cannot prepare it.
  """
  builder = _prepared(name)
  info = builder.info
  image, label = _keys(name, info)
  test = next((split for split in _TEST if split in info.splits), '')
  if _TRAIN not in info.splits:
    raise UserError(
      f'Expected a set with a split called {_TRAIN}. Received: {name} with '
      f'{", ".join(info.splits)}.'
    )
  if info.file_format.value != 'tfrecord':
    raise UserError(
      f'Expected a set that was prepared as tfrecord. Received: {name} as '
      f'{info.file_format.value}. Prepare it again, in another folder '
      '(TFDS_DATA_DIR).'
    )
  return PreparedSet(
    files=tuple(
      (pathlib.Path(path), split == test)
      for split in (_TRAIN, test)
      if split
      for path in info.splits[split].filepaths
    ),
    keys=Keys(image, label),
    class_name=info.features[label].int2str,
  )


def _prepared(name: str) -> Any:
  try:
    import tensorflow_datasets as tfds
  except ImportError as error:
    raise UserError(
      'Expected TensorFlow Datasets to be installed for --data=tfds. Received: '
      f"{error}. Install it: pip install 'nasnet_search[tfds]'."
    ) from error
  try:
    builder = tfds.builder(name)
    builder.download_and_prepare()
  # Every set has code of its own, which raises whatever it likes.
  except Exception as error:
    raise UserError(
      f'Expected --data_path to name a set of TensorFlow Datasets that can be '
      f'downloaded and prepared, such as imagenette/160px-v2. Received: '
      f'{name}: {(str(error).strip() or repr(error)).splitlines()[0]}'
    ) from error
  return builder


def _keys(name: str, info: Any) -> tuple[str, str]:
  """Returns what a set calls its images and their classes."""
  import tensorflow_datasets as tfds

  keys = tuple(info.supervised_keys or ('image', 'label'))
  known = dict(info.features.items())
  features = [known.get(key) for key in keys]
  if (
    len(keys) == 2
    and isinstance(features[0], tfds.features.Image)
    and isinstance(features[1], tfds.features.ClassLabel)
  ):
    return keys
  raise UserError(
    'Expected a set of images with one class each. Received: '
    f'{name} with {", ".join(info.features)}.'
  )
