"""The images that an export is measured on, and those it is calibrated with.

Importing this module must not import TensorFlow.
"""

import dataclasses

import numpy as np

from nasnet_search.cells.errors import UserError, located
from nasnet_search.data.dataset import DatasetRecord, ImageData
from nasnet_search.data.registry import load_data
from nasnet_search.export.config import ExportConfig
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
    data = load_data(settings)
  _check_same(trained.dataset, data.record)
  images, labels, test = _held_out(trained, data, config.held_out_images)
  return ExportImages(
    held_out=images,
    labels=labels,
    test=test,
    calibration=np.asarray(data.train_images[: config.calibration_images]),
  )


def _held_out(
  trained: TrainedNetwork, data: ImageData, count: int
) -> tuple[np.ndarray, np.ndarray, int]:
  parts = [(data.test_images, data.test_labels)]
  # Of a network that was trained on them too, the record counts none.
  if trained.dataset.validation_images:
    parts.append((data.validation_images, data.validation_labels))
  images = np.concatenate([part[:count] for part, _ in parts])[:count]
  labels = np.concatenate([part[:count] for _, part in parts])[:count]
  if not len(labels):
    raise UserError(
      'Expected images that the network was not trained on, to compare the '
      'exported files with it. Received a data set without test images, all '
      'of which was trained on. Train with --validation_images.'
    )
  return images, labels, min(len(data.test_labels), count)


def _check_same(trained: DatasetRecord, found: DatasetRecord) -> None:
  for name in _SAME:
    expected, received = (getattr(each, name) for each in (trained, found))
    if received != expected:
      raise UserError(
        'Expected the images that the network was trained on. Received others: '
        f'{name} was {expected}, and is {received}. Put the images back as '
        'they were, or say with --data_path where they are.'
      )
