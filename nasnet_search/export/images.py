"""The images that an export is measured on, and those it is calibrated with.

Importing this module must not import TensorFlow.
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from nasnet_search.cells.errors import UserError, located
from nasnet_search.data.config import DataConfig
from nasnet_search.data.dataset import DatasetRecord
from nasnet_search.data.encoded import EncodedData, load_encoded
from nasnet_search.data.images import decode_image
from nasnet_search.data.registry import load_data
from nasnet_search.export.config import ExportConfig
from nasnet_search.randomness import generator
from nasnet_search.training.trained_network import TrainedNetwork

# Preparing images differs by what the weights were first trained with, and
# the split by what was trained on; these are what the network is about.
_SAME = ('class_names', 'image_shape', 'resampling', 'test_images')


@dataclasses.dataclass(frozen=True, eq=False)
class ExportImages:
  """Images of the data set that a network was trained on.

  All images are uint8 `[count, height, width, channels]`.

  Attributes:
    held_out: Images that it was not trained on: test images first.
    labels: Their classes, int32 `[count]`.
    test: How many of them are test images.
    calibration: Images that it was trained on.
  """

  held_out: np.ndarray
  labels: np.ndarray
  test: int
  calibration: np.ndarray


def export_images(
  trained: TrainedNetwork, config: ExportConfig
) -> ExportImages:
  """Loads the images that an export needs.

  Args:
    trained: The trained network.
    config: How many images, and where they are.

  Raises:
    UserError: They cannot be found, are others than those of the training, or
      none of them was held out of it.
  """
  settings = trained.data
  if config.data_path:
    settings = dataclasses.replace(settings, data_path=config.data_path)
  with located('The images that the network was trained on'):
    record, take = _open(trained, settings)
    _check_same(trained.dataset, record)
    images, labels = take('test', config.held_out_images)
    test = len(labels)
    # Of a network that was trained on them too, the record counts none.
    if trained.dataset.validation_images:
      more = take('validation', config.held_out_images - test)
      images = np.concatenate([images, more[0]])
      labels = np.concatenate([labels, more[1]])
    calibration, _ = take('train', config.calibration_images)
  if not len(labels):
    raise UserError(
      'Expected images that the network was not trained on, to compare the '
      'exported files with it. Received a data set without test images, all '
      'of which was trained on. Train with --validation_images.'
    )
  return ExportImages(images, labels, test, calibration)


_Take: TypeAlias = Callable[[str, int], tuple[np.ndarray, np.ndarray]]
"""From a part, such as `test`, and a number to so many images, or as many as
there are, and their labels."""


def _open(
  trained: TrainedNetwork, settings: DataConfig
) -> tuple[DatasetRecord, _Take]:
  if trained.recipe.get('stream'):
    encoded = load_encoded(settings)
    return encoded.record, functools.partial(_decoded, encoded)
  data = load_data(settings)

  def take(part: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    images, labels = (
      getattr(data, f'{part}_{what}')[:count] for what in ('images', 'labels')
    )
    return np.asarray(images), labels

  return data.record, take


def _decoded(
  data: EncodedData, part: str, count: int
) -> tuple[np.ndarray, np.ndarray]:
  """Returns images that stay in their files, drawn at random."""
  members = data.parts[part]
  chosen = generator(0, 'export').permutation(members)[:count]
  shape = data.record.image_shape
  images = np.empty((len(chosen), *shape), np.uint8)
  for place, index in enumerate(chosen):
    content, name = data.images.read(int(index))
    try:
      images[place], _ = decode_image(content, shape[0])
    # A damaged image may raise anything, see `decode_image`.
    except Exception as error:
      raise UserError(
        f'Expected images that can be read. Received: {name} ({error}). '
        'Replace it.'
      ) from error
  return images, data.images.labels[chosen]


def _check_same(trained: DatasetRecord, found: DatasetRecord) -> None:
  for name in _SAME:
    expected, received = (getattr(each, name) for each in (trained, found))
    if received != expected:
      raise UserError(
        'Expected the images that the network was trained on. Received others: '
        f'{name} was {expected}, and is {received}. Put the images back as '
        'they were, or say with --data_path where they are.'
      )
