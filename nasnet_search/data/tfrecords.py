"""TFRecord files of images, as slim and TensorFlow's ImageNet scripts write.

A file is a row of records: the length of the data (8 bytes, little endian), a
checksum of it (4), the data, a checksum of them (4). The data are a
`tf.train.Example` with `image/encoded`, a file, and `image/class/label`, a
number; with 1,000 classes and the number 0 for background, the numbers begin
at 1. `image/class/text` names the class.

The files are looked through once; where each image is, is kept in memory (an
ImageNet takes 30 MB).
"""

import dataclasses
import pathlib
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np

from nasnet_search.cells.errors import UserError

_HEAD = struct.Struct('<QI')
_TAIL = 4
_TEST_PREFIXES = ('validation', 'val', 'test')
_TRAIN_PREFIX = 'train'


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
  """

  files: tuple[pathlib.Path, ...]
  places: np.ndarray
  class_names: tuple[str, ...]
  labels: np.ndarray
  test: np.ndarray

  def read(self, index: int) -> tuple[bytes, str]:
    """Returns the bytes of the file of an image, and what to call it."""
    which, offset, length = map(int, self.places[index])
    file = self.files[which]
    with file.open('rb') as opened:
      opened.seek(offset)
      data = opened.read(length)
    return _bytes(_features(data), 'image/encoded'), f'{file.name} at {offset}'


def find_records(folder: pathlib.Path) -> Records:
  """Finds the images of the TFRecord files in a folder.

  Files whose names begin with `train` hold training images, those with
  `validation`, `val` or `test` test images.

  Raises:
    UserError: There are none, or a file is damaged or holds something else.
  """
  files = tuple(
    file
    for file in sorted(folder.iterdir())
    if file.name.startswith((_TRAIN_PREFIX, *_TEST_PREFIXES)) and file.is_file()
  )
  places, labels, texts, test = [], [], {}, []
  for which, file in enumerate(files):
    for offset, data in _records(file):
      label, text = _label(file, data)
      places.append((which, offset, len(data)))
      labels.append(label)
      texts[label] = text
      test.append(not file.name.startswith(_TRAIN_PREFIX))
  if not places or all(test):
    raise UserError(
      'Expected class folders of images, or TFRecord files whose names begin '
      f'with {_TRAIN_PREFIX} or {_TEST_PREFIXES[0]}. Received no training '
      f'images in {folder}.'
    )
  known = sorted(texts)
  return Records(
    files=files,
    places=np.array(places, np.int64),
    class_names=tuple(texts[label] or str(label) for label in known),
    labels=np.searchsorted(known, labels).astype(np.int32),
    test=np.array(test),
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


def _label(file: pathlib.Path, data: bytes) -> tuple[int, str]:
  from google.protobuf.message import DecodeError

  try:
    features = _features(data)
  except DecodeError:
    features = {}
  for name in ('image/encoded', 'image/class/label'):
    if name not in features:
      raise UserError(
        f'Expected examples with image/encoded and image/class/label in '
        f'TFRecord files. Received: {file}, without {name}.'
      )
  (label,) = features['image/class/label'].int64_list.value
  text = _bytes(features, 'image/class/text').decode('utf-8', 'replace')
  return int(label), text


def _bytes(features: Any, name: str) -> bytes:
  values = features[name].bytes_list.value if name in features else ()
  return bytes(values[0]) if values else b''
