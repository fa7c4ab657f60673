"""TFRecord files of images, as slim and TensorFlow's ImageNet scripts write.

A file is a row of records: the length of the data (8 bytes, little endian), a
checksum of it (4), the data, a checksum of them (4). The data are a
`tf.train.Example` with `image/encoded`, a file, and `image/class/label`, a
number; with 1,000 classes and the number 0 for background, the numbers begin
at 1. `image/class/text` names the class. Others have other names, see `Keys`.

The files are looked through once; where each image is, is kept in memory (an
ImageNet takes 30 MB).
"""

import dataclasses
import pathlib
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from nasnet_search.cells.errors import UserError

_HEAD = struct.Struct('<QI')
_TAIL = 4
_TEST_PREFIXES = ('validation', 'val', 'test')
_TRAIN_PREFIX = 'train'


@dataclasses.dataclass(frozen=True)
class Keys:
  """What the parts of an example are called."""

  image: str = 'image/encoded'
  label: str = 'image/class/label'
  text: str = 'image/class/text'


@dataclasses.dataclass(frozen=True, eq=False)
class Records:
  """The images of TFRecord files.

  Attributes:
    files: The files.
    places: File, offset and length of the data of each image, int64
      `[count, 3]`.
    class_names: The classes.
    labels: The class of every image, int32 `[count]`.
    test: Whether an image is a test image, bool `[count]`.
    keys: What the parts of an example are called.
  """

  files: tuple[pathlib.Path, ...]
  places: np.ndarray
  class_names: tuple[str, ...]
  labels: np.ndarray
  test: np.ndarray
  keys: Keys

  def read(self, index: int) -> tuple[bytes, str]:
    """Returns the bytes of the file of an image, and what to call it."""
    which, offset, length = map(int, self.places[index])
    file = self.files[which]
    with file.open('rb') as opened:
      opened.seek(offset)
      data = opened.read(length)
    name = f'{file.name} at {offset}'
    return _bytes(_features(data), self.keys.image), name


def find_records(folder: pathlib.Path) -> Records:
  """Finds the images of the TFRecord files in a folder.

  Files whose names begin with `train` hold training images, those with
  `validation`, `val` or `test` test images.

  Raises:
    UserError: There are none, or a file is damaged or holds something else.
  """
  files = [
    (file, not file.name.startswith(_TRAIN_PREFIX))
    for file in sorted(folder.iterdir())
    if file.name.startswith((_TRAIN_PREFIX, *_TEST_PREFIXES)) and file.is_file()
  ]
  if all(test for _, test in files):
    raise UserError(
      'Expected class folders of images, or TFRecord files whose names begin '
      f'with {_TRAIN_PREFIX} or {_TEST_PREFIXES[0]}. Received no training '
      f'images in {folder}.'
    )
  return read_records(files, Keys())


def read_records(
  files: Sequence[tuple[pathlib.Path, bool]],
  keys: Keys,
  class_name: Callable[[int], str] = str,
) -> Records:
  """Finds the images of TFRecord files.

  Args:
    files: The files, and of each whether it holds test images.
    keys: What the parts of an example are called.
    class_name: Names the class of a label whose examples do not name it.

  Raises:
    UserError: A file is damaged or holds something else, or all are empty.
  """
  places, labels, texts, test = [], [], {}, []
  for which, (file, tests) in enumerate(files):
    for offset, data in _records(file):
      label, text = _label(file, data, keys)
      places.append((which, offset, len(data)))
      labels.append(label)
      texts[label] = text
      test.append(tests)
  if all(test):
    raise UserError(
      'Expected TFRecord files with images to train on. Received none in '
      f'{", ".join(str(file) for file, _ in files[:3])}.'
    )
  known = sorted(texts)
  return Records(
    files=tuple(file for file, _ in files),
    places=np.array(places, np.int64),
    class_names=tuple(texts[label] or class_name(label) for label in known),
    labels=np.searchsorted(known, labels).astype(np.int32),
    test=np.array(test),
    keys=keys,
  )


def _records(file: pathlib.Path) -> Iterator[tuple[int, bytes]]:
  """Yields the offset of the data of each record, and the data."""
  with file.open('rb') as opened:
    while head := opened.read(_HEAD.size):
      offset = opened.tell()
      length = _HEAD.unpack(head)[0] if len(head) == _HEAD.size else 0
      data = opened.read(length) if length < 2**31 else b''
      if not data or len(data + opened.read(_TAIL)) != length + _TAIL:
        raise UserError(
          f'Expected whole TFRecord files. Received: {file}, which is cut off '
          f'or something else at byte {offset - _HEAD.size}.'
        )
      yield offset, data


def _features(data: bytes) -> Any:
  # Without its checksums: what is not an image is told by its name later.
  from tensorflow.core.example import example_pb2

  return example_pb2.Example.FromString(data).features.feature


def _label(file: pathlib.Path, data: bytes, keys: Keys) -> tuple[int, str]:
  from google.protobuf.message import DecodeError

  try:
    features = _features(data)
  except DecodeError:
    features = {}
  for name in (keys.image, keys.label):
    if name not in features:
      raise UserError(
        f'Expected examples with {keys.image} and {keys.label} in TFRecord '
        f'files. Received: {file}, without {name}.'
      )
  labels = features[keys.label].int64_list.value
  if len(labels) != 1:
    raise UserError(
      f'Expected examples with one class each in TFRecord files. Received: '
      f'{file}, with {len(labels)} whole numbers as {keys.label}.'
    )
  text = _bytes(features, keys.text).decode('utf-8', 'replace')
  return int(labels[0]), text


def _bytes(features: Any, name: str) -> bytes:
  values = features[name].bytes_list.value if name in features else ()
  return bytes(values[0]) if values else b''
