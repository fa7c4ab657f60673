"""Rules of what stands behind images: their mean, their values, and neurons.

Importing this module imports TensorFlow.
"""

import math

import tensorflow as tf

from nasnet_search.builders.backpropagation.rule import (
  Call,
  Gradients,
  Result,
  Tensor,
)


class GlobalAveragePoolRule:
  """The mean of each channel over the image."""

  def forward(self, call: Call) -> Result:
    """Returns `[batch, channels]`."""
    return Result(tf.raw_ops.Mean(input=call.inputs[0], axis=[1, 2]))

  def backward(self, call: Call, result: Result, gradient: Tensor) -> Gradients:
    """Gives each pixel its share."""
    del result
    batch, height, width, channels = call.inputs[0].shape
    share = tf.reshape(gradient, [batch, 1, 1, channels]) / (height * width)
    return Gradients([tf.broadcast_to(share, call.inputs[0].shape)])


class FlattenRule:
  """All values of an image in a row."""

  def forward(self, call: Call) -> Result:
    """Returns `[batch, features]`."""
    batch, *sizes = call.inputs[0].shape
    return Result(tf.reshape(call.inputs[0], [batch, math.prod(sizes)]))

  def backward(self, call: Call, result: Result, gradient: Tensor) -> Gradients:
    """Gives the gradient the shape of the image."""
    del result
    return Gradients([tf.reshape(gradient, call.inputs[0].shape)])


class DenseRule:
  """A matrix product and, if there is one, a bias."""

  def forward(self, call: Call) -> Result:
    """Returns `[batch, units]`."""
    features, (kernel, *bias) = call.inputs[0], call.weights
    product = tf.raw_ops.MatMul(a=features, b=kernel)
    return Result(product + bias[0] if bias else product)

  def backward(self, call: Call, result: Result, gradient: Tensor) -> Gradients:
    """Returns the gradients."""
    del result
    features, (kernel, *bias) = call.inputs[0], call.weights
    weights = [tf.raw_ops.MatMul(a=features, b=gradient, transpose_a=True)]
    if bias:
      weights.append(tf.raw_ops.Sum(input=gradient, axis=0))
    return Gradients(
      [tf.raw_ops.MatMul(a=gradient, b=kernel, transpose_b=True)], weights
    )
