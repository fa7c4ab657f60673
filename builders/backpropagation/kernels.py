"""The three functions that a convolution is: itself and its two gradients.

A convolution is linear in its image and in its kernel, so the gradient with
respect to the one is a function of the other and of the output's gradient.

Importing this module imports TensorFlow.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, TypeAlias

import tensorflow as tf

from nasnet_search.builders.backpropagation.rule import Tensor
from nasnet_search.builders.primitives import Pair

Options: TypeAlias = dict[str, Any]
"""`strides` and `padding`, as TensorFlow's operations take them."""


@dataclasses.dataclass(frozen=True)
class Kernel:
  """A convolution and its gradients.

  Attributes:
    forward: From image, kernel and options to the output.
    image_gradient: From the image's shape, kernel, the output's gradient and
      options.
    kernel_gradient: From image, the kernel's shape, the output's gradient and
      options.
  """

  forward: Callable[[Tensor, Tensor, Options], Tensor]
  image_gradient: Callable[[Any, Tensor, Tensor, Options], Tensor]
  kernel_gradient: Callable[[Tensor, Any, Tensor, Options], Tensor]


def options(stride: Pair, padding: str) -> Options:
  """Returns the options of TensorFlow's operations."""
  return {'strides': [1, *stride, 1], 'padding': padding.upper()}


FULL = Kernel(
  lambda image, kernel, options: tf.raw_ops.Conv2D(
    input=image, filter=kernel, **options
  ),
  lambda shape, kernel, gradient, options: tf.raw_ops.Conv2DBackpropInput(
    input_sizes=shape, filter=kernel, out_backprop=gradient, **options
  ),
  lambda image, shape, gradient, options: tf.raw_ops.Conv2DBackpropFilter(
    input=image, filter_sizes=shape, out_backprop=gradient, **options
  ),
)
"""A convolution over all channels; kernels are `[rows, columns, in, out]`."""

DEPTHWISE = Kernel(
  lambda image, kernel, options: tf.raw_ops.DepthwiseConv2dNative(
    input=image, filter=kernel, **options
  ),
  lambda shape, kernel, gradient, options: (
    tf.raw_ops.DepthwiseConv2dNativeBackpropInput(
      input_sizes=shape, filter=kernel, out_backprop=gradient, **options
    )
  ),
  lambda image, shape, gradient, options: (
    tf.raw_ops.DepthwiseConv2dNativeBackpropFilter(
      input=image, filter_sizes=shape, out_backprop=gradient, **options
    )
  ),
)
"""One filter a channel; kernels are `[rows, columns, channels, 1]`."""


def _pixels(image: Tensor) -> Tensor:
  return tf.reshape(image, [-1, image.shape[-1]])


def _multiply(image: Tensor, kernel: Tensor, _: Options) -> Tensor:
  product = tf.matmul(_pixels(image), _pixels(kernel))
  return tf.reshape(product, [*image.shape[:-1], kernel.shape[-1]])


POINTWISE = Kernel(
  _multiply,
  lambda shape, kernel, gradient, _: tf.reshape(
    tf.matmul(_pixels(gradient), _pixels(kernel), transpose_b=True), shape
  ),
  lambda image, shape, gradient, _: tf.reshape(
    tf.matmul(_pixels(image), _pixels(gradient), transpose_a=True), shape
  ),
)
"""A 1x1 convolution of stride 1, which is a matrix product. As such its
kernel's gradient takes two thirds of the time on a CPU."""
