"""Splits images in two, to train and to validate, with classes in proportion.

Everything is a function of the labels and a seed. The validation images are
chosen first, so they are the same however many images are trained on.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from nasnet_search.cells.errors import UserError
from nasnet_search.data.config import DataConfig
from nasnet_search.randomness import generator


@dataclasses.dataclass(frozen=True, eq=False)
class Split:
  """Indices into the images of a data set that are not test images.

  Attributes:
    train: Images to train on, int64 `[count]`.
    validation: Images to value children on, int64 `[count]`.
    rest: All images but the validation images, `train` among them. The
      normalisation is computed from these, so it does not depend on how many
      are trained on.
  """

  train: np.ndarray
  validation: np.ndarray
  rest: np.ndarray


def stratified_order(
  labels: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
  """Returns a random order whose every beginning has classes in proportion.

  The image of rank r (from 0, at random) among the n images of its class is
  placed at (r + 1/2) / n, ties at random. The first k of the order are then
  divided among the classes as Webster's method divides k seats: in
  proportion, rounded to the nearest.

  Args:
    labels: The class of every image, integers `[count]`, not negative.
    rng: Source of the randomness.

  Returns:
    A permutation of the indices, int64 `[count]`.
  """
  order = rng.permutation(len(labels))
  shuffled = labels[order]
  counts = np.bincount(shuffled)
  first = np.repeat(np.cumsum(counts) - counts, counts)
  rank = np.empty(len(labels), np.int64)
  rank[np.argsort(shuffled, kind='stable')] = np.arange(len(labels)) - first
  place = (rank + 0.5) / counts[shuffled]
  return order[np.argsort(place, kind='stable')]


def split_images(
  labels: np.ndarray,
  class_names: Sequence[str],
  config: DataConfig,
  validation_share: float,
) -> Split:
  """Splits the images that are not test images.

  Args:
    labels: The class of every image, integers `[count]`.
    class_names: The classes; a label is an index into them.
    config: How many images are wanted, and the seed.
    validation_share: Share of the images to hold out if the configuration
      names no number.

  Raises:
    UserError: There are not as many images as asked for, or a class has no
      image among those to train on or to validate on.
  """
  held_out = _validation_count(len(labels), config, validation_share)
  wanted = _train_count(len(labels), held_out, config)
  rng = generator(config.split_seed, 'split')
  order = stratified_order(labels, rng)
  validation, rest = order[:held_out], order[held_out:]
  train = rest[stratified_order(labels[rest], rng)][:wanted]
  _check_classes('validation_images', labels[validation], class_names)
  _check_classes('train_images', labels[train], class_names)
  return Split(train=train, validation=validation, rest=rest)


def _validation_count(
  total: int, config: DataConfig, validation_share: float
) -> int:
  count = config.validation_images or round(total * validation_share)
  if count >= total:
    raise UserError(
      f'Expected --validation_images below {total}, the number of images that '
      f'are not test images. Received: {count}.'
    )
  return count


def _train_count(total: int, held_out: int, config: DataConfig) -> int:
  count = config.train_images or total - held_out
  if count > total - held_out:
    raise UserError(
      f'Expected --train_images of at most {total - held_out}: there are '
      f'{total} images, and {held_out} are held out for validation. '
      f'Received: {count}.'
    )
  return count


def _check_classes(
  flag: str, labels: np.ndarray, class_names: Sequence[str]
) -> None:
  counts = np.bincount(labels, minlength=len(class_names))
  missing = [
    name for name, count in zip(class_names, counts, strict=True) if not count
  ]
  if missing:
    raise UserError(
      f'Expected at least 1 image of each of the {len(class_names)} classes '
      f'among {len(labels)} images of --{flag}. Received none of: '
      f'{", ".join(missing[:5])}{", ..." if len(missing) > 5 else ""}. '
      f'Ask for more with --{flag}, or use more images.'
    )
