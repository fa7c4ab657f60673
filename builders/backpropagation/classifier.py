"""Rules of what stands behind the cells: the global mean and the classifier.

Importing this module imports TensorFlow.
"""

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
