"""Rules of the primitives that draw in training: drop-path and dropout.

They draw what `ScheduledDropPath` and `KeyedDropout` draw in the same place.

Importing this module imports TensorFlow.
"""

import dataclasses

import tensorflow as tf

from nasnet_search.builders.backpropagation.rule import (
  Call,
  Gradients,
  Result,
  Tensor,
)
from nasnet_search.builders.primitives import Dropout, DropPath


@dataclasses.dataclass(frozen=True)
class NoiseRule:
  """Multiplies by 0 or by 1 / (probability of keeping) in training."""

  primitive: DropPath | Dropout

  def forward(self, call: Call) -> Result:
    """Drops paths or values."""
    image = call.inputs[0]
    if not call.training:
      return Result(image)
    factor = self._factor(call, image.shape)
    return Result(image * factor, kept=(factor,))

  def backward(self, call: Call, result: Result, gradient: Tensor) -> Gradients:
    """Drops the gradient of what was dropped."""
    del call
    return Gradients([gradient * result.kept[0]])

  def _factor(self, call: Call, shape: tf.TensorShape) -> Tensor:
    match self.primitive:
      case DropPath(last):
        keep = 1.0 - call.progress() * (1.0 - last)
        draws = call.draw([shape[0]] + [1] * (len(shape) - 1))
        return tf.cast(draws < keep, tf.float32) / keep
      case Dropout(rate):
        return tf.cast(call.draw(shape) >= rate, tf.float32) / (1.0 - rate)
