"""The rule of batch normalisation.

Importing this module imports TensorFlow.
"""

import dataclasses
import math

import tensorflow as tf

from nasnet_search.builders.backpropagation.rule import (
  Call,
  Gradients,
  Result,
  Tensor,
)
from nasnet_search.builders.primitives import BatchNormalization


@dataclasses.dataclass(frozen=True)
class BatchNormalizationRule:
  """Batch normalisation with scale and offset, through the fused kernel."""

  primitive: BatchNormalization

  def forward(self, call: Call) -> Result:
    """Normalises: in training with the batch's statistics, else moving ones."""
    image = call.inputs[0]
    scale, offset = call.weights
    none = tf.constant([], tf.float32)
    mean, variance = call.statistics or (none, none)
    result = tf.raw_ops.FusedBatchNormV3(
      x=image,
      scale=scale,
      offset=offset,
      mean=mean,
      variance=variance,
      epsilon=self.primitive.epsilon,
      is_training=call.training,
    )
    if not call.training:
      return Result(result.y)
    # The kernel gives the unbiased variance, n / (n - 1) times the biased one
    # that Keras tracks.
    values = math.prod(image.shape[:-1])
    biased = result.batch_variance * ((values - 1) / values)
    return Result(
      result.y, kept=result[3:], statistics=(result.batch_mean, biased)
    )

  def backward(self, call: Call, result: Result, gradient: Tensor) -> Gradients:
    """Returns the gradients, those through the statistics included."""
    first, second, third = result.kept
    found = tf.raw_ops.FusedBatchNormGradV3(
      y_backprop=gradient,
      x=call.inputs[0],
      scale=call.weights[0],
      reserve_space_1=first,
      reserve_space_2=second,
      reserve_space_3=third,
      epsilon=self.primitive.epsilon,
      is_training=True,
    )
    return Gradients(
      [found.x_backprop], [found.scale_backprop, found.offset_backprop]
    )
