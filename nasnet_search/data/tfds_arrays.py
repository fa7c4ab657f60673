"""Image sets of TensorFlow Datasets as arrays, for sets that fit into memory.

Images are decoded once and go to the cache, as those of folders do.
"""

import functools
import json
import pathlib

import numpy as np

from nasnet_search.cells.errors import UserError
from nasnet_search.data.array_files import read_arrays, write_arrays
from nasnet_search.data.cache import cache_key, cached
from nasnet_search.data.config import DataConfig
from nasnet_search.data.images import decode_image
from nasnet_search.data.source import Arrays, Source
from nasnet_search.data.tfds_files import prepared_set
from nasnet_search.data.tfrecords import Records

_VERSION = 1
"""Goes into the key of the cache: raise it when images are read otherwise."""
_CLASSES = 'classes.json'


def open_tfds(config: DataConfig, cache_dir: pathlib.Path) -> Source:
  """Returns a set of TensorFlow Datasets; decodes it the first time.

  Raises:
    UserError: No set is named, it cannot be prepared, or its images are not
      of one size and none is configured.
  """
  if not config.data_path:
    raise UserError(
      'Expected --data_path to name a set of TensorFlow Datasets with '
      '--data=tfds, such as imagenette/160px-v2. Received none.'
    )
  prepared = prepared_set(config.data_path)
  files = [(str(file), file.stat().st_size) for file, _ in prepared.files]
  key = cache_key('tfds', files, config.image_size, _VERSION)
  arrays, class_names = cached(
    cache_dir / key,
    lambda partial: _build(prepared.records(), config, partial),
    _read,
  )
  height, width, channels = arrays.train_images.shape[1:]
  return Source(
    class_names=class_names,
    image_shape=(height, width, channels),
    read=lambda: arrays,
    test_origin='a split of its own'
    if len(arrays.test_labels)
    else 'none given',
  )


def _build(records: Records, config: DataConfig, folder: pathlib.Path) -> None:
  """Decodes all images into the files of a folder of the cache."""
  write_arrays(folder, _decoded(records, config))
  names = json.dumps(records.class_names)
  (folder / _CLASSES).write_text(names, 'utf-8')


def _read(folder: pathlib.Path) -> tuple[Arrays, tuple[str, ...]]:
  names = json.loads((folder / _CLASSES).read_text('utf-8'))
  return read_arrays(folder), tuple(names)


def _decoded(records: Records, config: DataConfig) -> Arrays:
  """Decodes all images.

  Raises:
    UserError: An image cannot be read, or is of another size than the first.
  """
  decode = functools.partial(_decode, records, config.image_size)
  first, _ = decode(0)
  images = np.empty((len(records.labels), *first.shape), np.uint8)
  gray = True
  for index in range(len(images)):
    image, one_channel = decode(index)
    if image.shape != first.shape:
      raise UserError(
        'Expected images of one size, or --image_size to scale them to. '
        f'Received: {first.shape[:2]} and {image.shape[:2]} pixels.'
      )
    images[index] = image
    gray &= one_channel
  images = images[..., :1] if gray else images
  test = records.test
  return Arrays(
    images[~test], records.labels[~test], images[test], records.labels[test]
  )


def _decode(records: Records, size: int, index: int) -> tuple[np.ndarray, bool]:
  content, name = records.read(index)
  try:
    return decode_image(content, size)
  # A damaged image may raise anything, see `decode_image`.
  except Exception as error:
    raise UserError(
      f'Expected images that can be read. Received: {name} ({error}).'
    ) from error
