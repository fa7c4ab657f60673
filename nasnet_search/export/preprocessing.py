"""What is done to an image before the network, inside an exported graph.

Training images were decoded and scaled by Pillow (`data.images`). The same is
done here in TensorFlow, bit by bit: Pillow computes with whole numbers, and
rounds after each direction. `tf.image.resize` has a Lanczos filter too, but
differs by grey levels.

Importing this module imports TensorFlow.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

_LANCZOS_SUPPORT = 3.0
"""Pixels of the smaller image that Pillow's LANCZOS filter reaches."""
_PRECISION = 22
"""Bits behind the point of Pillow's filter coefficients for 8-bit images."""
_REDUCE_PRECISION = 24
"""Bits behind the point of the reciprocal that `Image.reduce` multiplies by."""

# Luma of ITU-R 601-2 as Pillow rounds it, in 65,536ths.
_LUMA = (19595, 38470, 7471)


def decode(content: Any, channels: int) -> Any:
  """Decodes a JPEG or PNG file as `data.images.decode_image` does.

  Args:
    content: The bytes of the file, a string scalar.
    channels: 1 to make the image grayscale, 3 for RGB.

  Returns:
    uint8 `[height, width, channels]`.
  """
  rgb = tf.cond(
    tf.io.is_jpeg(content),
    # By default TensorFlow decodes fast and less exactly.
    lambda: tf.io.decode_jpeg(content, 3, dct_method='INTEGER_ACCURATE'),
    lambda: tf.io.decode_png(content, 3),
  )
  return rgb if channels == 3 else _grayscale(rgb)


def resample(images: Any, size: Sequence[int]) -> Any:
  """Scales images by the rule `mean_or_lanczos` of `data.images`.

  Args:
    images: uint8 `[batch, height, width, channels]`.
    size: The height and width to scale to.

  Returns:
    uint8 `[batch, *size, channels]`.
  """
  shape = tf.shape(images)
  height, width, channels = shape[1], shape[2], images.shape[-1]
  same = (height == size[0]) & (width == size[1])
  whole = (height % size[0] == 0) & (width % size[1] == 0)
  scaled = tf.cond(
    same,
    lambda: images,
    lambda: tf.cond(
      whole,
      lambda: _reduce(images, height // size[0], width // size[1]),
      lambda: _lanczos(images, height, width, size),
    ),
  )
  return tf.ensure_shape(scaled, [None, *size, channels])


def _grayscale(rgb: Any) -> Any:
  luma = tf.reduce_sum(tf.cast(rgb, tf.int32) * _LUMA, -1, keepdims=True)
  return tf.cast((luma + (1 << 15)) // (1 << 16), tf.uint8)


def _reduce(images: Any, rows: Any, columns: Any) -> Any:
  """Returns the means of rectangles, as Pillow's `Image.reduce` rounds them."""
  shape = tf.shape(images)
  split = [shape[0], shape[1] // rows, rows, shape[2] // columns, columns]
  pixels = tf.reshape(
    tf.cast(images, tf.int64), [*split, images.shape[-1] or shape[3]]
  )
  count = tf.cast(rows * columns, tf.int64)
  one = tf.constant(1 << _REDUCE_PRECISION, tf.int64)
  sums = tf.reduce_sum(pixels, [2, 4]) + count // 2
  return tf.cast(sums * (one // count) // one, tf.uint8)


def _lanczos(images: Any, height: Any, width: Any, size: Sequence[int]) -> Any:
  """Filters along the rows, rounds, filters along the columns, rounds."""
  # Products of pixels and coefficients are whole and exact in float64.
  pixels = tf.cast(images, tf.float64)
  pixels = tf.cond(
    width == size[1],
    lambda: pixels,
    lambda: _clip(
      tf.einsum('bhwc,ow->bhoc', pixels, _coefficients(width, size[1]))
    ),
  )
  pixels = tf.cond(
    height == size[0],
    lambda: pixels,
    lambda: _clip(
      tf.einsum('bhwc,oh->bowc', pixels, _coefficients(height, size[0]))
    ),
  )
  return tf.cast(pixels, tf.uint8)


def _clip(sums: Any) -> Any:
  half = 2.0 ** (_PRECISION - 1)
  rounded = tf.floor((sums + half) / 2.0**_PRECISION)
  return tf.clip_by_value(rounded, 0.0, 255.0)


def _coefficients(before: Any, after: int) -> Any:
  """Returns Pillow's coefficients of each output pixel, `[after, before]`.

  Whole numbers in float64, of `_PRECISION` bits behind the point.
  """
  scale = tf.cast(before, tf.float64) / after
  stretch = tf.maximum(scale, 1.0)
  centers = (tf.range(after, dtype=tf.float64)[:, None] + 0.5) * scale
  reach = _LANCZOS_SUPPORT * stretch
  # The window of an output pixel, as Pillow rounds it.
  first = tf.maximum(tf.floor(centers - reach + 0.5), 0.0)
  end = tf.floor(centers + reach + 0.5)
  places = tf.range(tf.cast(before, tf.float64), dtype=tf.float64)[None]
  weights = _lanczos_weight((places - centers + 0.5) / stretch)
  inside = (places >= first) & (places < end)
  weights = tf.where(inside, weights, tf.zeros_like(weights))
  weights /= tf.reduce_sum(weights, axis=1, keepdims=True)
  scaled = weights * 2.0**_PRECISION
  # Rounded half away from 0, as Pillow does.
  return tf.sign(scaled) * tf.floor(tf.abs(scaled) + 0.5)


def _lanczos_weight(x: Any) -> Any:
  near = (x >= -_LANCZOS_SUPPORT) & (x < _LANCZOS_SUPPORT)
  weight = _sinc(x) * _sinc(x / _LANCZOS_SUPPORT)
  return tf.where(near, weight, tf.zeros_like(weight))


def _sinc(x: Any) -> Any:
  safe = tf.where(x == 0, tf.ones_like(x), x) * np.pi
  return tf.where(x == 0, tf.ones_like(x), tf.sin(safe) / safe)
