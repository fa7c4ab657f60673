"""Images that stay in their files: too many to decode once and keep.

Any of them can be read at any time, so that the batch of any step of a
training can be put together without those before it. Class folders are read
as `folder` reads them; TFRecord files, those of TensorFlow Datasets among them,
are looked through once for where their images are.
"""

import dataclasses
import pathlib
from collections.abc import Callable

import numpy as np

from nasnet_search.cells.errors import UserError
from nasnet_search.data.config import DataConfig
from nasnet_search.data.dataset import DatasetFacts, DatasetRecord
from nasnet_search.data.files import IMAGE_SUFFIXES, list_folder
from nasnet_search.data.images import RESAMPLING
from nasnet_search.data.layout import read_layout
from nasnet_search.data.split import split_images
from nasnet_search.data.tfds_files import prepared_set
from nasnet_search.data.tfrecords import Records, find_records

TFDS = 'tfds'
"""The data set that is one of TensorFlow Datasets."""

_VALIDATION_SHARE = 0.1

# Pixels between -1 and 1, as slim and keras.applications train on ImageNet:
# means of so many images would need a pass over all of them.
_MEAN = _STD = 0.5


@dataclasses.dataclass(frozen=True, eq=False)
class EncodedImages:
  """Images in their files.

  Attributes:
    class_names: The classes; a label is an index into them.
    labels: The class of every image, int32 `[count]`.
    test: Whether an image is a test image, bool `[count]`.
    read: Returns the bytes of the file of an image, and what to call it.
    test_origin: Where the test images come from, for people.
  """

  class_names: tuple[str, ...]
  labels: np.ndarray
  test: np.ndarray
  read: Callable[[int], tuple[bytes, str]]
  test_origin: str


@dataclasses.dataclass(frozen=True, eq=False)
class EncodedData:
  """Images in their files, split.

  Attributes:
    record: What is known of the data set.
    images: The images.
    parts: Which of them are in `train`, `validation` and `test`.
  """

  record: DatasetRecord
  images: EncodedImages
  parts: dict[str, np.ndarray]


def describe_encoded(config: DataConfig) -> DatasetFacts:
  """Returns the classes and the image shape of images in their files.

  Raises:
    UserError: They cannot be used as configured.
  """
  return _facts(config, open_encoded(config))


def load_encoded(config: DataConfig) -> EncodedData:
  """Finds and splits images in their files; none is read.

  Args:
    config: Which data set, and which part of it.

  Raises:
    UserError: It cannot be used as configured.
  """
  images = open_encoded(config)
  facts = _facts(config, images)
  rest, test = np.flatnonzero(~images.test), np.flatnonzero(images.test)
  split = split_images(
    images.labels[rest], images.class_names, config, _VALIDATION_SHARE
  )
  channels = facts.image_shape[-1]
  record = DatasetRecord(
    **dataclasses.asdict(facts),
    mean=(_MEAN,) * channels,
    std=(_STD,) * channels,
    resampling=RESAMPLING,
    train_images=len(split.train),
    validation_images=len(split.validation),
    test_images=len(test),
    test_origin=images.test_origin,
    split_seed=config.split_seed,
  )
  parts = {
    'train': rest[split.train],
    'validation': rest[split.validation],
    'test': test,
  }
  return EncodedData(record, images, parts)


def open_encoded(config: DataConfig) -> EncodedImages:
  """Finds images in the folder of a configuration.

  Raises:
    UserError: There are none, or they do not tell their classes.
  """
  if config.data == TFDS and config.data_path:
    records = prepared_set(config.data_path).records()
    return _of_records(records, 'a split of its own')
  path = _folder(config)
  names = list_folder(path)
  found = [name for name in names if name.lower().endswith(IMAGE_SUFFIXES)]
  if not found:
    return _of_records(find_records(path), 'the files validation-*')
  layout = read_layout(found, [name for name in names if name not in {*found}])

  def read(index: int) -> tuple[bytes, str]:
    return (path / found[index]).read_bytes(), found[index]

  return EncodedImages(
    class_names=layout.class_names,
    labels=layout.labels,
    test=layout.test,
    read=read,
    test_origin=(
      f'the folder {layout.test_folder}' if layout.test_folder else 'none given'
    ),
  )


def _folder(config: DataConfig) -> pathlib.Path:
  path = pathlib.Path(config.data_path).expanduser()
  if config.data != 'folder' or not config.data_path or not path.is_dir():
    raise UserError(
      'Expected --data=folder and --data_path with a folder of class folders '
      'or of TFRecord files with --stream, or --data=tfds and --data_path with '
      'the name of a set of TensorFlow Datasets. Received: '
      f'--data={config.data} --data_path={config.data_path}. Unpack an archive '
      'first, or leave --stream out.'
    )
  if config.skip_bad_images:
    raise UserError(
      'Expected no --skip_bad_images with --stream, which does not look at '
      'images before they are trained on.'
    )
  return path


def _of_records(records: Records, test_origin: str) -> EncodedImages:
  return EncodedImages(
    class_names=records.class_names,
    labels=records.labels,
    test=records.test,
    read=records.read,
    test_origin=test_origin if records.test.any() else 'none given',
  )


def _facts(config: DataConfig, images: EncodedImages) -> DatasetFacts:
  if not config.image_size:
    raise UserError(
      'Expected --image_size with --stream: the height and width that images '
      'are scaled to. Received none.'
    )
  if len(images.class_names) < 2:
    raise UserError(
      'Expected at least 2 classes. Received: '
      f'{", ".join(images.class_names)}. Give every class a folder of its own.'
    )
  side = config.image_size
  return DatasetFacts(config.data, images.class_names, (side, side, 3))
