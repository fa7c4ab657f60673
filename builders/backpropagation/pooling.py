"""Rules of pooling.

Importing this module imports TensorFlow.
"""

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf

from nasnet_search.builders.backpropagation.rule import (
  Call,
  Gradients,
  Result,
  Tensor,
)
from nasnet_search.builders.primitives import AveragePool, MaxPool

_FAST_CHANNELS = 16
"""Channels come in multiples of this in the fast gradient of average pooling
on a CPU: the floats of one vector register."""


@dataclasses.dataclass(frozen=True)
class MaxPoolRule:
  """The maximum of a square window."""

  primitive: MaxPool

  def forward(self, call: Call) -> Result:
    """Returns the maxima."""
    pool = tf.raw_ops.MaxPool(input=call.inputs[0], **_window(self.primitive))
    return Result(pool)

  def backward(self, call: Call, result: Result, gradient: Tensor) -> Gradients:
    """Gives the first maximum of each window its gradient."""
    # Must be in one graph with the forward pass: there TensorFlow remembers
    # where the maxima were, which is up to 30 times as fast.
    found = tf.raw_ops.MaxPoolGrad(
      orig_input=call.inputs[0],
      orig_output=result.output,
      grad=gradient,
      **_window(self.primitive),
    )
    return Gradients([found])


@dataclasses.dataclass(frozen=True)
class AveragePoolRule:
  """The mean of a square window, pixels of "same" padding not counted."""

  primitive: AveragePool
  on_cpu: bool

  def forward(self, call: Call) -> Result:
    """Returns the means."""
    return Result(
      tf.raw_ops.AvgPool(value=call.inputs[0], **_window(self.primitive))
    )

  def backward(self, call: Call, result: Result, gradient: Tensor) -> Gradients:
    """Spreads each gradient over its window."""
    del result
    shape = call.inputs[0].shape
    if self.on_cpu and shape[-1] % _FAST_CHANNELS:
      return Gradients([self._through_convolution(shape, gradient)])
    found = tf.raw_ops.AvgPoolGrad(
      orig_input_shape=shape, grad=gradient, **_window(self.primitive)
    )
    return Gradients([found])

  def _through_convolution(
    self, shape: tf.TensorShape, gradient: Tensor
  ) -> Tensor:
    """The same as the gradient of a convolution with a filter of ones.

    With 8 channels it takes a quarter of the time.
    """
    _, height, width, channels = shape
    pool = self.primitive
    rows, columns = (
      1 / _counted(size, pool.size, pool.stride, pool.padding)
      for size in (height, width)
    )
    shares = np.outer(rows, columns)[None, :, :, None].astype(np.float32)
    return tf.raw_ops.DepthwiseConv2dNativeBackpropInput(
      input_sizes=shape,
      filter=tf.ones([pool.size, pool.size, channels, 1]),
      out_backprop=gradient * shares,
      strides=[1, pool.stride, pool.stride, 1],
      padding=pool.padding.upper(),
    )


def _window(pool: AveragePool | MaxPool) -> dict[str, Any]:
  return {
    'ksize': [1, pool.size, pool.size, 1],
    'strides': [1, pool.stride, pool.stride, 1],
    'padding': pool.padding.upper(),
  }


def _counted(size: int, window: int, stride: int, padding: str) -> np.ndarray:
  """Returns how many pixels of a side each window covers."""
  if padding == 'valid':
    return np.full((size - window) // stride + 1, window)
  windows = -(-size // stride)
  before = max((windows - 1) * stride + window - size, 0) // 2
  first = np.arange(windows) * stride - before
  return np.minimum(first + window, size) - np.maximum(first, 0)
