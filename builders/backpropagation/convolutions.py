"""The rules of convolutions, full and depthwise, dilated or not.

Importing this module imports TensorFlow.
"""

import dataclasses

import tensorflow as tf

from nasnet_search.builders.backpropagation import kernels
from nasnet_search.builders.backpropagation.rule import (
  Call,
  Gradients,
  Result,
  Tensor,
)
from nasnet_search.builders.backpropagation.wide_depthwise import (
  DEPTHWISE_ON_CPU,
)
from nasnet_search.builders.primitives import Convolution, DepthwiseConvolution


@dataclasses.dataclass(frozen=True)
class ConvolutionRule:
  """A convolution without a bias.

  Attributes:
    kernel: The functions it consists of.
    options: Stride and padding.
    dilation: Pixels from one value of the kernel to the next.
  """

  kernel: kernels.Kernel
  options: kernels.Options
  dilation: int

  def forward(self, call: Call) -> Result:
    """Convolves the input with the kernel."""
    image, weight = call.inputs[0], call.weights[0]
    if self.dilation == 1:
      return Result(self.kernel.forward(image, weight, self.options))
    spread = _Spread(image, weight, self.dilation)
    output = self.kernel.forward(spread.image, weight, _VALID)
    return Result(spread.gathered(output), kept=(spread,))

  def backward(self, call: Call, result: Result, gradient: Tensor) -> Gradients:
    """Returns the gradients; that of the image only if it is wanted."""
    image, weight, options = call.inputs[0], call.weights[0], self.options
    if self.dilation != 1:
      spread = result.kept[0]
      image, options = spread.image, _VALID
      gradient = spread.scattered(gradient)
    of_weight = self.kernel.kernel_gradient(
      image, weight.shape, gradient, options
    )
    if not call.wants_inputs:
      return Gradients([None], [of_weight])
    found = self.kernel.image_gradient(image.shape, weight, gradient, options)
    if self.dilation != 1:
      found = spread.collected(found)
    return Gradients([found], [of_weight])


_VALID = kernels.options((1, 1), 'valid')


class _Spread:
  """A dilated convolution of stride 1 as a plain one over many small images.

  TensorFlow's kernels for a CPU have no gradients of dilated convolutions.
  The pixels that one position of a dilated kernel sees become neighbours.
  """

  def __init__(self, image: Tensor, weight: Tensor, dilation: int) -> None:
    self._block = [dilation, dilation]
    border = [
      [
        (size - 1) * dilation // 2,
        (size - 1) * dilation - (size - 1) * dilation // 2,
      ]
      for size in weight.shape[:2]
    ]
    self._paddings, self._crops = tf.required_space_to_batch_paddings(
      image.shape[1:3], self._block, border
    )
    self.image = tf.space_to_batch(image, self._block, self._paddings)

  def gathered(self, output: Tensor) -> Tensor:
    """Returns the output of the dilated convolution from that of the plain."""
    return tf.raw_ops.BatchToSpaceND(
      input=output, block_shape=self._block, crops=self._crops
    )

  def scattered(self, gradient: Tensor) -> Tensor:
    """Returns the gradient of the plain convolution's output."""
    return tf.space_to_batch(gradient, self._block, self._crops)

  def collected(self, gradient: Tensor) -> Tensor:
    """Returns the gradient of the image from that of the spread one."""
    return tf.raw_ops.BatchToSpaceND(
      input=gradient, block_shape=self._block, crops=self._paddings
    )


@dataclasses.dataclass(frozen=True)
class BiasedRule:
  """A convolution, and a number added to each of its filters.

  Attributes:
    convolution: The rule of the convolution alone.
  """

  convolution: ConvolutionRule

  def forward(self, call: Call) -> Result:
    """Convolves the input and adds the bias."""
    result = self.convolution.forward(call)
    biased = tf.raw_ops.BiasAdd(value=result.output, bias=call.weights[1])
    return dataclasses.replace(result, output=biased)

  def backward(self, call: Call, result: Result, gradient: Tensor) -> Gradients:
    """Returns the gradients, that of the bias last."""
    found = self.convolution.backward(call, result, gradient)
    of_bias = tf.raw_ops.BiasAddGrad(out_backprop=gradient)
    return Gradients(found.inputs, [*found.weights, of_bias])


def convolution_rule(
  primitive: Convolution | DepthwiseConvolution, *, on_cpu: bool
) -> ConvolutionRule | BiasedRule:
  """Returns the rule of a convolution.

  Args:
    primitive: A full or a depthwise convolution.
    on_cpu: Whether a CPU computes it.
  """
  match primitive:
    case Convolution(_, kernel, stride, padding, dilation, bias):
      plain = kernel == stride == (1, 1)
      rule = ConvolutionRule(
        kernels.POINTWISE if plain else kernels.FULL,
        kernels.options(stride, padding),
        dilation,
      )
      return BiasedRule(rule) if bias else rule
    case DepthwiseConvolution(_, side, dilation):
      return ConvolutionRule(
        DEPTHWISE_ON_CPU if on_cpu else kernels.DEPTHWISE,
        kernels.options((side, side), 'same'),
        dilation,
      )
