"""The data sets that exist, by name, and loading the one configured.

Listing the names imports nothing; a plugin adds its own with
`DATASETS.register(name, open_source)`, see `source`.
"""

import pathlib

from nasnet_search.cells.errors import UserError
from nasnet_search.data.cache import cache_root
from nasnet_search.data.config import DataConfig
from nasnet_search.data.dataset import DatasetFacts, DatasetRecord, ImageData
from nasnet_search.data.images import RESAMPLING, scale_images
from nasnet_search.data.normalization import channel_statistics
from nasnet_search.data.source import (
  Arrays,
  Source,
  check_arrays,
  check_source,
)
from nasnet_search.data.split import Split, split_images
from nasnet_search.registry import Registry

DATASETS = Registry(
  'data set',
  {
    'digits': 'nasnet_search.data.digits:open_digits',
    'cifar10': 'nasnet_search.data.keras_sets:open_cifar10',
    'cifar100': 'nasnet_search.data.keras_sets:open_cifar100',
    'mnist': 'nasnet_search.data.keras_sets:open_mnist',
    'fashion_mnist': 'nasnet_search.data.keras_sets:open_fashion_mnist',
    'folder': 'nasnet_search.data.folder:open_folder',
    'tfds': 'nasnet_search.data.tfds_arrays:open_tfds',
  },
)

_SMALLEST_SIDE = 4
"""Pixels; a 3x3 window on less sees hardly anything but its own padding."""


def describe(
  config: DataConfig, cache_dir: pathlib.Path | None = None
) -> DatasetFacts:
  """Returns the classes and the image shape of a data set, without its images.

  Costs nothing for a data set of fixed size. The images of a folder are
  decoded into the cache if they are not there yet.

  Args:
    config: Which data set.
    cache_dir: Folder of the cache; None for the usual one.

  Raises:
    UserError: No data set has this name, or it cannot be used as configured.
  """
  source = _open(config, cache_dir)
  return DatasetFacts(
    name=config.data,
    class_names=source.class_names,
    image_shape=_image_shape(config, source),
  )


def load_data(
  config: DataConfig, cache_dir: pathlib.Path | None = None
) -> ImageData:
  """Loads and splits a data set.

  Args:
    config: Which data set, and which part of it.
    cache_dir: Folder of the cache; None for the usual one.

  Raises:
    UserError: No data set has this name, or it cannot be used as configured.
  """
  source = _open(config, cache_dir)
  arrays = source.read()
  check_arrays(config.data, source, arrays)
  parts = split_images(
    arrays.train_labels, source.class_names, config, source.validation_share
  )
  height, width, _ = _image_shape(config, source)
  train_images = scale_images(arrays.train_images, height, width)
  test_images = scale_images(arrays.test_images, height, width)
  mean, std = channel_statistics(train_images, parts.rest)
  return ImageData(
    record=_record(config, source, arrays, parts, mean, std),
    train_images=train_images[parts.train],
    train_labels=arrays.train_labels[parts.train],
    validation_images=train_images[parts.validation],
    validation_labels=arrays.train_labels[parts.validation],
    test_images=test_images,
    test_labels=arrays.test_labels,
  )


def _open(config: DataConfig, cache_dir: pathlib.Path | None) -> Source:
  source = DATASETS.load(config.data)(config, cache_dir or cache_root())
  check_source(config.data, source)
  _check_augmentation(config, _image_shape(config, source))
  return source


def _image_shape(config: DataConfig, source: Source) -> tuple[int, int, int]:
  height, width, channels = source.image_shape
  return config.image_size or height, config.image_size or width, channels


def _check_augmentation(
  config: DataConfig, image_shape: tuple[int, int, int]
) -> None:
  height, width, _ = image_shape
  side = min(height, width)
  if side < _SMALLEST_SIDE:
    raise UserError(
      f'Expected images of at least {_SMALLEST_SIDE}x{_SMALLEST_SIDE} pixels. '
      f'Received: {height}x{width}. Scale them up with --image_size.'
    )
  for flag in ('cutout', 'crop_padding'):
    if getattr(config, flag) >= side:
      raise UserError(
        f'Expected --{flag} below {side}, the shorter side of the '
        f'{height}x{width} images. Received: {getattr(config, flag)}.'
      )


def _record(
  config: DataConfig,
  source: Source,
  arrays: Arrays,
  parts: Split,
  mean: tuple[float, ...],
  std: tuple[float, ...],
) -> DatasetRecord:
  return DatasetRecord(
    name=config.data,
    class_names=source.class_names,
    image_shape=_image_shape(config, source),
    mean=mean,
    std=std,
    resampling=RESAMPLING,
    train_images=len(parts.train),
    validation_images=len(parts.validation),
    test_images=len(arrays.test_labels),
    test_origin=source.test_origin,
    split_seed=config.split_seed,
    skipped=source.skipped,
  )
