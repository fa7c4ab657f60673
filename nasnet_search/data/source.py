"""What a data set has to provide: the interface for data sets of one's own.

A data set is registered as a function `(config, cache_dir) -> Source`. It is
called to describe the data set as well as to load it, so it should do only
what it takes to know the classes and the image shape; the rest waits for
`read`.
"""

import dataclasses
import pathlib
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from nasnet_search.cells.errors import UserError
from nasnet_search.data.config import DataConfig


@dataclasses.dataclass(frozen=True, eq=False)
class Arrays:
  """All images of a data set, as they are stored.

  Images are uint8 `[count, height, width, channels]`, labels int32 `[count]`.

  Attributes:
    train_images: Images to train on, from which validation images are taken.
    train_labels: Their classes.
    test_images: Images that no search uses; may be empty.
    test_labels: Their classes.
  """

  train_images: np.ndarray
  train_labels: np.ndarray
  test_images: np.ndarray
  test_labels: np.ndarray


@dataclasses.dataclass(frozen=True)
class Source:
  """A data set, described; its images are read on demand.

  Attributes:
    class_names: The classes; a label is an index into them.
    image_shape: Height, width and channels of the images that `read` returns.
    read: Returns the images.
    test_origin: Where the test images come from, for people.
    validation_share: Share of the training images that is held out for
      validation if the configuration names no number.
    skipped: Names of the images that could not be read and were left out.
  """

  class_names: tuple[str, ...]
  image_shape: tuple[int, int, int]
  read: Callable[[], Arrays]
  test_origin: str = 'given by the data set'
  validation_share: float = 0.1  # NASNet paper, App. A.1: 5,000 of 50,000.
  skipped: tuple[str, ...] = ()


OpenSource: TypeAlias = Callable[[DataConfig, pathlib.Path], Source]
"""What is registered: from a configuration and the folder of the cache."""


def check_source(name: str, source: Source) -> None:
  """Checks what a data set says of itself.

  Raises:
    UserError: There are fewer than two classes.
  """
  if len(source.class_names) < 2:
    raise UserError(
      f'Expected at least 2 classes in the data set {name!r}. Received: '
      f'{", ".join(source.class_names) or "none"}. Give every class a folder '
      'or label of its own.'
    )


def check_arrays(name: str, source: Source, arrays: Arrays) -> None:
  """Checks that a data set is what it says of itself.

  Raises:
    UserError: Types, shapes or labels are not as described.
  """
  for part in ('train', 'test'):
    images = getattr(arrays, f'{part}_images')
    labels = getattr(arrays, f'{part}_labels')
    expected = (len(labels), *source.image_shape)
    if images.dtype != np.uint8 or images.shape != expected:
      raise UserError(
        f'Expected the {part} images of the data set {name!r} to be uint8 of '
        f'shape {expected}. Received: {images.dtype} of shape {images.shape}.'
      )
    if labels.dtype != np.int32 or labels.ndim != 1:
      raise UserError(
        f'Expected the {part} labels of the data set {name!r} to be int32 of '
        f'1 dimension. Received: {labels.dtype} of shape {labels.shape}.'
      )
    if len(labels) and not 0 <= labels.min() <= labels.max() < len(
      source.class_names
    ):
      raise UserError(
        f'Expected the {part} labels of the data set {name!r} from 0 to '
        f'{len(source.class_names) - 1}. Received: {labels.min()} to '
        f'{labels.max()}.'
      )


def refuse_data_path(config: DataConfig) -> None:
  """Raises if a path is given to a data set that does not read one.

  Raises:
    UserError: `data_path` is not empty.
  """
  if config.data_path:
    raise UserError(
      f'Expected --data_path only with --data=folder. Received: '
      f'--data={config.data} --data_path={config.data_path}. Add '
      '--data=folder, or leave --data_path out.'
    )
