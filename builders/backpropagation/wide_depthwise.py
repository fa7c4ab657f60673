"""The kernel gradient of wide depthwise convolutions, for a CPU.

oneDNN computes the gradient of a depthwise kernel of at most three columns
with code of its own, whatever the rows, and that of a wider one 4 to 14 times
as slowly. So a wide kernel's gradient is put together from narrow ones.

Two neighbouring pixels of a row, seen as one pixel of twice the channels, are
a view of the same memory. In it a kernel of three columns reaches the columns
at -2, 0 and 2; with the image moved by an odd number of pixels it reaches odd
ones. This takes a fifth to a third of the time, for 5x5 and 7x7 kernels of 8
to 64 channels.

Importing this module imports TensorFlow.
"""

import dataclasses
from typing import Any

import tensorflow as tf

from nasnet_search.builders.backpropagation.kernels import (
  DEPTHWISE,
  Options,
  options,
)
from nasnet_search.builders.backpropagation.rule import Tensor
from nasnet_search.builders.backpropagation.structure import padded
from nasnet_search.builders.primitives import Pair

_NARROW = 3
"""The most columns that are fast."""

_MOVED = {5: ((1, 1),), 7: ((3, 1), (1, 3))}
"""For each width, the zeros to the left and right of images moved by an odd
number of pixels, so that together they reach every odd column."""

_REACHED = {5: (-2, 0, 2, -1, 1), 7: (-2, 0, 2, -3, -1, 1, -1, 1, 3)}
"""The columns reached: by the image itself, then by those moved."""


def _kernel_gradient(
  image: Tensor, shape: Any, gradient: Tensor, given: Options
) -> Tensor:
  """Returns the gradient of a depthwise kernel, narrow or wide."""
  columns, stride = shape[1], given['strides'][2]
  if columns <= _NARROW:
    return DEPTHWISE.kernel_gradient(image, shape, gradient, given)
  fits = stride == 1 and columns in _MOVED and not image.shape[2] % 2
  # Copies of the image could be made in the forward pass already, and would
  # be held until the gradient comes: half as much memory again.
  with tf.control_dependencies([gradient]):
    if fits and given['padding'] == 'SAME':
      return _in_pairs(image, shape, gradient)
    return _in_strips(image, shape, gradient, given)


def _in_pairs(image: Tensor, shape: Any, gradient: Tensor) -> Tensor:
  """Returns the gradient of a kernel of stride 1, with pixels in pairs."""
  rows, columns, channels, _ = shape
  border = (rows // 2, rows // 2)
  pairs = _paired(gradient)
  found = [
    DEPTHWISE.kernel_gradient(
      _paired(image),
      [rows, _NARROW, 2 * channels, 1],
      pairs,
      options((1, 1), 'same'),
    )
  ]
  for zeros in _MOVED[columns]:
    moved = _paired(padded(image, border, zeros))
    width = sum(zeros) // 2 + 1
    found.append(
      DEPTHWISE.kernel_gradient(
        moved,
        [rows, width, 2 * channels, 1],
        pairs,
        options((1, 1), 'valid'),
      )
    )
  reached = _REACHED[columns]
  # Either pixel of a pair has seen a part of the image.
  parts = tf.reshape(
    tf.concat(found, axis=1), [rows, len(reached), 2, channels]
  )
  both = tf.reduce_sum(parts, axis=2)
  order = [reached.index(k) for k in range(-(columns // 2), columns // 2 + 1)]
  return tf.expand_dims(tf.gather(both, order, axis=1), -1)


def _paired(image: Tensor) -> Tensor:
  _, height, width, channels = image.shape
  return tf.reshape(image, [-1, height, width // 2, 2 * channels])


def _in_strips(
  image: Tensor, shape: Any, gradient: Tensor, given: Options
) -> Tensor:
  """Returns the gradient of any kernel, three of its columns at a time."""
  rows, columns, channels, _ = shape
  _, row_stride, stride, _ = given['strides']
  if given['padding'] == 'SAME':
    image = padded(
      image,
      _same(image.shape[1], gradient.shape[1], row_stride, rows),
      _same(image.shape[2], gradient.shape[2], stride, columns),
    )
  width = (gradient.shape[2] - 1) * stride + _NARROW
  strips, done = [], 0
  while done < columns:
    # The last strip overlaps the one before it.
    first = min(done, columns - _NARROW)
    strip = tf.raw_ops.Slice(
      input=image, begin=[0, 0, first, 0], size=[-1, -1, width, -1]
    )
    found = DEPTHWISE.kernel_gradient(
      strip,
      [rows, _NARROW, channels, 1],
      gradient,
      {**given, 'padding': 'VALID'},
    )
    strips.append(found[:, done - first :])
    done = first + _NARROW
  return tf.concat(strips, axis=1)


def _same(size: int, outputs: int, stride: int, kernel: int) -> Pair:
  """Returns how many zeros "same" padding puts before and behind a side."""
  zeros = max((outputs - 1) * stride + kernel - size, 0)
  return zeros // 2, zeros - zeros // 2


DEPTHWISE_ON_CPU = dataclasses.replace(
  DEPTHWISE, kernel_gradient=_kernel_gradient
)
"""`kernels.DEPTHWISE`, faster on a CPU and equal up to rounding."""
