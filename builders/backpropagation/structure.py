"""Rules of the primitives that move values around, and of ReLU.

Importing this module imports TensorFlow.
"""

import dataclasses
from collections.abc import Sequence

import tensorflow as tf

from nasnet_search.builders.backpropagation.rule import (
  Call,
  Gradients,
  Result,
  Tensor,
)
from nasnet_search.builders.primitives import Pad, Pair


def total(tensors: Sequence[Tensor]) -> Tensor:
  """Returns the sum of tensors of one shape, in as few operations as can be."""
  if len(tensors) == 1:
    return tensors[0]
  if len(tensors) == 2:
    return tf.raw_ops.AddV2(x=tensors[0], y=tensors[1])
  return tf.raw_ops.AddN(inputs=list(tensors))


def padded(image: Tensor, rows: Pair, columns: Pair) -> Tensor:
  """Returns an image with zeros around it.

  Args:
    image: `[batch, height, width, channels]`.
    rows: How many above it and below it.
    columns: How many to the left and to the right of it.
  """
  if not any((*rows, *columns)):
    return image
  border = [[0, 0], list(rows), list(columns), [0, 0]]
  return tf.raw_ops.Pad(input=image, paddings=border)


class ReluRule:
  """max(x, 0)."""

  def forward(self, call: Call) -> Result:
    """Returns the positive part."""
    return Result(tf.raw_ops.Relu(features=call.inputs[0]))

  def backward(self, call: Call, result: Result, gradient: Tensor) -> Gradients:
    """Lets the gradient pass where the output is positive."""
    del call
    passed = tf.raw_ops.ReluGrad(gradients=gradient, features=result.output)
    return Gradients([passed])


class AddRule:
  """The sum of the inputs."""

  def forward(self, call: Call) -> Result:
    """Adds the inputs."""
    return Result(total(call.inputs))

  def backward(self, call: Call, result: Result, gradient: Tensor) -> Gradients:
    """Gives each input the gradient."""
    del result
    return Gradients([gradient] * len(call.inputs))


class ConcatenateRule:
  """The inputs one after the other along the channels."""

  def forward(self, call: Call) -> Result:
    """Concatenates the inputs."""
    if len(call.inputs) == 1:
      return Result(call.inputs[0])
    return Result(tf.raw_ops.ConcatV2(values=list(call.inputs), axis=-1))

  def backward(self, call: Call, result: Result, gradient: Tensor) -> Gradients:
    """Cuts the gradient to pieces."""
    del result
    sizes = [x.shape[-1] for x in call.inputs]
    if len(sizes) == 1:
      return Gradients([gradient])
    pieces = tf.raw_ops.SplitV(
      value=gradient, size_splits=sizes, axis=-1, num_split=len(sizes)
    )
    return Gradients(pieces)


@dataclasses.dataclass(frozen=True)
class PadRule:
  """Zeros around an image."""

  primitive: Pad

  def forward(self, call: Call) -> Result:
    """Pads the input."""
    rows, columns = self.primitive.rows, self.primitive.columns
    return Result(padded(call.inputs[0], rows, columns))

  def backward(self, call: Call, result: Result, gradient: Tensor) -> Gradients:
    """Cuts the border off the gradient."""
    del result
    begin = [0, self.primitive.rows[0], self.primitive.columns[0], 0]
    size = call.inputs[0].shape
    return Gradients([tf.raw_ops.Slice(input=gradient, begin=begin, size=size)])


class CropRule:
  """The image without its first row and its first column."""

  def forward(self, call: Call) -> Result:
    """Cuts the first row and column off the input."""
    image, begin = call.inputs[0], [0, 1, 1, 0]
    size = [-1] * 4  # All that is left.
    return Result(tf.raw_ops.Slice(input=image, begin=begin, size=size))

  def backward(self, call: Call, result: Result, gradient: Tensor) -> Gradients:
    """Puts zeros where the row and the column were."""
    del call, result
    return Gradients([padded(gradient, (1, 0), (1, 0))])
