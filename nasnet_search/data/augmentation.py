"""What happens to images inside a graph: normalisation and augmentation.

The NASNet paper (App. A.1) whitens, upsamples 32x32 images to 40x40, crops
32x32 at random and flips at random. Two departures:

- Whitening is by the mean and standard deviation of each channel over the
  training images, not per image: it is fixed in the data set's record, so
  inference does exactly the same.
- Zeros are padded around the image in place of upsampling it, as the authors'
  own code does (slim, `cifarnet_preprocessing.py`), after whitening, so that
  they are the mean colour.

Cutout (DeVries and Taylor 2017, arXiv 1708.04552) comes last, as zeros. Draws
are keyed on a seed, never carried along, so a resumed training repeats them.
"""

from typing import Any

import numpy as np
import tensorflow as tf

from nasnet_search.data.config import DataConfig
from nasnet_search.data.dataset import DatasetRecord


def normalize(images: tf.Tensor, record: DatasetRecord) -> tf.Tensor:
  """Returns images as a network expects them; all that inference needs.

  Args:
    images: uint8 `[batch, height, width, channels]`.
    record: Where the means and standard deviations come from.

  Returns:
    float32 `[batch, height, width, channels]`: pixels divided by 255, less
    the mean, divided by the standard deviation of their channel.
  """
  width = record.image_shape[1]
  std = np.array(record.std)
  # Repeated for every column: TensorFlow broadcasts 3 values slowly.
  scale = np.tile(1 / (255 * std), (width, 1)).astype(np.float32)
  offset = np.tile(-np.array(record.mean) / std, (width, 1)).astype(np.float32)
  return tf.cast(images, tf.float32) * scale + offset


def augment(
  images: tf.Tensor,
  seed: tf.Tensor,
  record: DatasetRecord,
  config: DataConfig,
  *,
  part: Any = 0,
  parts: int = 1,
) -> tf.Tensor:
  """Returns images to train on: normalised, cropped, flipped and cut out.

  Equal images and seeds give equal results. With no augmentation configured
  this is `normalize`. Devices that share a batch name their part of it, and
  do to each image what one device would have done.

  Args:
    images: uint8 `[batch, height, width, channels]`.
    seed: Two integers `[2]`, such as the seed of the training and the step.
    record: The data set's record.
    config: Which augmentations, and how strong.
    part: Which part of a batch the images are, from 0.
    parts: How many parts of this size the batch has.

  Returns:
    float32 `[batch, height, width, channels]`.
  """
  images = normalize(images, record)
  if not (config.crop_padding or config.flip or config.cutout):
    return images
  batch = images.shape[0] or tf.shape(images)[0]
  # In [0, 1). The algorithm is named because the one chosen automatically
  # depends on the device.
  draws = tf.random.stateless_uniform([5, batch * parts, 1], seed, alg='philox')
  if parts > 1:
    draws = draws[:, part * batch : (part + 1) * batch]
  top, left, side, row, column = tf.unstack(draws)
  if config.crop_padding or config.flip:
    images = _crop_and_flip(images, top, left, side, config)
  if config.cutout:
    images = _cut_out(images, row, column, config.cutout)
  return images


def _crop_and_flip(
  images: tf.Tensor,
  top: tf.Tensor,
  left: tf.Tensor,
  side: tf.Tensor,
  config: DataConfig,
) -> tf.Tensor:
  """Pads, crops and flips each image by one look-up of all its pixels.

  Args:
    images: float32 `[batch, height, width, channels]`.
    top: Where to crop, in [0, 1), `[batch, 1]`.
    left: Likewise.
    side: Whether to flip, likewise.
    config: The padding, in pixels, and whether to flip.
  """
  _, height, width, channels = images.shape
  padding = config.crop_padding
  rows = np.arange(height, dtype=np.int32)[None]
  columns = np.arange(width, dtype=np.int32)[None]
  if config.flip:
    columns = tf.where(side < 0.5, columns[:, ::-1], columns)
  if padding:
    border = (padding, padding)
    images = tf.pad(images, ((0, 0), border, border, (0, 0)))
    rows = rows + _whole(top, 2 * padding + 1)
    columns = columns + _whole(left, 2 * padding + 1)
  padded_height, padded_width = height + 2 * padding, width + 2 * padding
  pixels = tf.reshape(images, [-1, padded_height * padded_width, channels])
  places = rows[:, :, None] * padded_width + columns[:, None, :]
  return tf.gather(pixels, places, axis=1, batch_dims=1)


def _cut_out(
  images: tf.Tensor, row: tf.Tensor, column: tf.Tensor, length: int
) -> tf.Tensor:
  """Sets a square around a random pixel of each image to 0.

  Every pixel is as likely to be the centre, so part of the square may lie
  outside of the image (DeVries and Taylor, section 3).
  """
  _, height, width, _ = images.shape
  cut_rows = _inside(row, height, length)[:, :, None, None]
  cut_columns = _inside(column, width, length)[:, None, :, None]
  return images * (1.0 - cut_rows * cut_columns)


def _inside(draw: tf.Tensor, size: int, length: int) -> tf.Tensor:
  """Returns 1 near a random pixel, within `length` pixels, `[batch, size]`."""
  first = _whole(draw, size) - length // 2
  distance = np.arange(size, dtype=np.int32) - first
  return tf.cast((distance >= 0) & (distance < length), tf.float32)


def _whole(draw: tf.Tensor, count: int) -> tf.Tensor:
  """Turns draws from [0, 1) into whole numbers from 0 to count - 1."""
  return tf.cast(draw * count, tf.int32)
