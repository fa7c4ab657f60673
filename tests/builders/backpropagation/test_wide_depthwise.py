"""The gradients of wide depthwise kernels, against TensorFlow's own."""

import os

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import numpy as np
import pytest
import tensorflow as tf

from nasnet_search.builders.backpropagation import kernels
from nasnet_search.builders.backpropagation.wide_depthwise import (
  DEPTHWISE_ON_CPU,
)


@pytest.mark.parametrize('side', [3, 5, 7, 9])
@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize('padding', ['same', 'valid'])
@pytest.mark.parametrize('size', [(10, 10), (9, 11), (11, 10)])
def test_equals_the_gradient_of_tensorflow(side, stride, padding, size):
  draws = np.random.default_rng(0)
  image = draws.normal(size=(2, *size, 3)).astype(np.float32)
  kernel = draws.normal(size=(side, side, 3, 1)).astype(np.float32)
  options = kernels.options((stride, stride), padding)
  output = kernels.DEPTHWISE.forward(image, kernel, options)
  gradient = draws.normal(size=output.shape).astype(np.float32)
  # The definition: what the output's weighted sum owes to each value.
  with tf.GradientTape() as tape:
    value = tf.constant(kernel)
    tape.watch(value)
    total = tf.reduce_sum(
      gradient
      * tf.nn.depthwise_conv2d(
        image, value, options['strides'], options['padding']
      )
    )
  expected = tape.gradient(total, value)
  found = DEPTHWISE_ON_CPU.kernel_gradient(
    tf.constant(image), kernel.shape, tf.constant(gradient), options
  )
  np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)
