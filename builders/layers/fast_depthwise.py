"""Depthwise convolution whose kernel gradient is fast on a CPU."""

from typing import Any

import keras
import tensorflow as tf

from nasnet_search.builders.backpropagation import kernels
from nasnet_search.builders.backpropagation.wide_depthwise import (
  DEPTHWISE_ON_CPU,
)


@keras.saving.register_keras_serializable(package='nasnet_search')
class FastDepthwiseConv2D(keras.layers.DepthwiseConv2D):
  """`keras.layers.DepthwiseConv2D` with `wide_depthwise`'s gradient on a CPU.

  Weights, configuration and outputs are those of the Keras layer, gradients
  too, up to rounding. Where there is an accelerator, with a dilation, in
  another precision than float32, or if height or width are not known, it is
  the Keras layer.

  Args:
    **kwargs: As for `keras.layers.DepthwiseConv2D`.

  Input shape:
    `[batch, height, width, channels]`.

  Output shape:
    `[batch, new_height, new_width, channels]`.
  """

  def call(self, inputs: Any) -> Any:
    """Convolves each channel with its kernel."""
    if not self._fits(inputs):
      return super().call(inputs)
    kernel = tf.convert_to_tensor(self.kernel)
    options = kernels.options(self.strides, self.padding)
    return _convolved(inputs, kernel, options)

  def _fits(self, inputs: Any) -> bool:
    accelerators = [
      device
      for kind in ('GPU', 'TPU')
      for device in tf.config.list_logical_devices(kind)
    ]
    return (
      not accelerators
      and not self.use_bias
      and self.activation is keras.activations.linear
      and self.depth_multiplier == 1
      and self.data_format == 'channels_last'
      and tuple(self.dilation_rate) == (1, 1)
      and self.compute_dtype == inputs.dtype.name == 'float32'
      and None not in inputs.shape[1:]
    )


def _convolved(
  images: tf.Tensor, kernel: tf.Tensor, options: kernels.Options
) -> tf.Tensor:
  @tf.custom_gradient
  def convolve(images: tf.Tensor, kernel: tf.Tensor) -> Any:
    def gradients(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
      return (
        DEPTHWISE_ON_CPU.image_gradient(
          tf.shape(images), kernel, upstream, options
        ),
        DEPTHWISE_ON_CPU.kernel_gradient(
          images, kernel.shape, upstream, options
        ),
      )

    return DEPTHWISE_ON_CPU.forward(images, kernel, options), gradients

  return convolve(images, kernel)
