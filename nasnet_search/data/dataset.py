"""What a data set is to the rest of the project: a record, and its images.

The record is plain data. It is written into the run and carried through
training, export and model card, so that inference prepares images exactly as
training did. The images themselves stay in `ImageData`.
"""

import dataclasses
from typing import Any

import numpy as np

from nasnet_search.cells.errors import UserError
from nasnet_search.cells.plain_data import check_format, read_mapping

FORMAT = 'nasnet_search.dataset'
FORMAT_VERSION = 1


@dataclasses.dataclass(frozen=True)
class DatasetFacts:
  """What is known of a data set before its images are read.

  Attributes:
    name: Name of the data set in the registry.
    class_names: The classes; a label is an index into them.
    image_shape: Height, width and channels of the images as a network
      receives them.
  """

  name: str
  class_names: tuple[str, ...]
  image_shape: tuple[int, int, int]


@dataclasses.dataclass(frozen=True)
class DatasetRecord(DatasetFacts):
  """All that is known of a data set, its split and its preprocessing.

  An image is prepared in this order: made grayscale (1 channel) or RGB (3),
  scaled to `image_shape` as `resampling` says, divided by 255, less `mean`,
  divided by `std`.

  Attributes:
    mean: Mean of each channel, of pixel values in [0, 1].
    std: Standard deviation of each channel, likewise. Both are computed from
      the images that are neither test nor validation images, however many
      of them are trained on.
    resampling: How images of another size are scaled; see `images.RESAMPLING`.
    train_images: Number of images trained on.
    validation_images: Number of images that children are valued on.
    test_images: Number of images that a search never uses; may be 0.
    test_origin: Where the test images come from, for people.
    split_seed: Seed of the split into training and validation images.
    skipped: Names of the images that could not be read and were left out.
  """

  mean: tuple[float, ...]
  std: tuple[float, ...]
  resampling: str
  train_images: int
  validation_images: int
  test_images: int
  test_origin: str
  split_seed: int
  skipped: tuple[str, ...] = ()

  def __post_init__(self) -> None:
    if len(self.image_shape) != 3:
      raise UserError(
        'Expected an image shape of height, width and channels. '
        f'Received: {self.image_shape}.'
      )
    if not len(self.mean) == len(self.std) == self.image_shape[-1]:
      raise UserError(
        f'Expected a mean and a std for each of {self.image_shape[-1]} '
        f'channels. Received: {self.mean} and {self.std}.'
      )
    if not all(value > 0 for value in self.std):
      raise UserError(f'Expected every std above 0. Received: {self.std}.')

  def to_dict(self) -> dict[str, Any]:
    """Returns the record as plain data, with its format version."""
    fields = {
      name: list(value) if isinstance(value, tuple) else value
      for name, value in dataclasses.asdict(self).items()
    }
    return {'format': FORMAT, 'format_version': FORMAT_VERSION, **fields}

  @classmethod
  def from_dict(cls, data: Any) -> 'DatasetRecord':
    """Returns the record of what `to_dict` returned.

    Raises:
      UserError: The data are not such a record, or of a newer version.
    """
    check_format(data, FORMAT, FORMAT_VERSION)
    names = [field.name for field in dataclasses.fields(cls)]
    values: list[Any] = [
      tuple(value) if isinstance(value, list) else value
      for value in read_mapping(data, names, others=True)
    ]
    try:
      return cls(**dict(zip(names, values, strict=True)))
    except TypeError as error:  # Such as a text where a list should be.
      raise UserError(
        f'Expected a data set record. Received one that is damaged: {error}.'
      ) from error


@dataclasses.dataclass(frozen=True, eq=False)
class ImageData:
  """The images of a data set, split, as they are before augmentation.

  All images are uint8 `[count, height, width, channels]` and all labels are
  int32 `[count]`. Arrays may be memory-mapped and must not be written to.
  Every part is in a fixed order that mixes the classes.

  Attributes:
    record: What is known of the data set.
    train_images: Images to train on.
    train_labels: Their classes.
    validation_images: Images to value children on.
    validation_labels: Their classes.
    test_images: Images that no search uses; may be empty.
    test_labels: Their classes.
  """

  record: DatasetRecord
  train_images: np.ndarray
  train_labels: np.ndarray
  validation_images: np.ndarray
  validation_labels: np.ndarray
  test_images: np.ndarray
  test_labels: np.ndarray
