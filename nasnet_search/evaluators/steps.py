"""The two functions that a child consists of: a training and a validation step.

A child lives for seconds, and a good part of them goes into making these
functions, so what counts is the number of operations in them.
"""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from nasnet_search.builders.layers.training_clock import TrainingClock
from nasnet_search.builders.network import decayed_variables
from nasnet_search.evaluators.config import ProxyConfig
from nasnet_search.evaluators.device_images import DeviceImages
from nasnet_search.evaluators.optimizer import child_optimizer, clipping_scale

# Whether XLA compiles the steps, by type of device. On a CPU its depthwise
# convolution is 40 times slower than TensorFlow's own. On a GPU it has not been
# measured; compiling some thousand operations takes longer than many a child.
_JIT_COMPILE = {'CPU': False, 'GPU': False}


def training_step(
  model: keras.Model,
  clock: TrainingClock,
  images: DeviceImages,
  proxy: ProxyConfig,
  *,
  batch: int,
  total_steps: int,
  seed: int,
) -> Callable[[Any], tf.Tensor]:
  """Returns a function that trains a child on one batch.

  What is descended is the mean cross-entropy of the batch plus half the weight
  decay times the squares of all kernels, as in slim. The second term enters
  as its gradient, decay times kernel, which is fewer operations.

  Args:
    model: The child; its outputs are logits.
    clock: Where training stands; advanced once a step.
    images: Where batches come from.
    proxy: Learning rate, momentum, weight decay and clipping.
    batch: Images in a step.
    total_steps: Steps of the whole training.
    seed: Seed of the augmentation.

  Returns:
    A function from the indices of training images, int32 `[batch]`, to their
    mean cross-entropy before the update, a float32 scalar.
  """
  optimizer = child_optimizer(proxy, total_steps)
  optimizer.build(model.trainable_variables)
  variables = [variable.value for variable in model.trainable_variables]
  decayed = {id(variable.value) for variable in decayed_variables(model)}

  def step(indices: tf.Tensor) -> tf.Tensor:
    pixels, labels = images.training_batch(
      indices, tf.stack([tf.constant(seed, tf.int64), clock.step])
    )
    with tf.GradientTape(watch_accessed_variables=False) as tape:
      tape.watch(variables)
      logits = model(pixels, training=True)
      loss = tf.reduce_mean(_cross_entropy(labels, logits))
    gradients = tape.gradient(loss, variables)
    if proxy.weight_decay:
      decay = tf.constant(proxy.weight_decay)
      gradients = [
        gradient + decay * variable if id(variable) in decayed else gradient
        for gradient, variable in zip(gradients, variables, strict=True)
      ]
    rate = optimizer.learning_rate
    if proxy.gradient_clip:
      # The update is linear in rate times gradient, so one scalar product
      # does what would take one product for each gradient.
      rate *= clipping_scale(gradients, proxy.gradient_clip)
    # Not `optimizer.apply`: it takes no rate, and adds to each update what only
    # tf.distribute needs.
    for gradient, variable in zip(gradients, variables, strict=True):
      optimizer.update_step(gradient, variable, rate)
    optimizer.iterations.assign_add(1)
    clock.advance()
    return loss

  return _traced(step, tf.TensorSpec([batch], tf.int32))


def validation_step(
  model: keras.Model, images: DeviceImages, *, batch: int
) -> Callable[[Any, Any], tf.Tensor]:
  """Returns a function that values a child on one batch.

  Args:
    model: The child; its outputs are logits.
    images: Where batches come from.
    batch: Images in a batch.

  Returns:
    A function from indices of validation images, int32 `[batch]`, and their
    weights, float32 `[batch]`, to float32 `[2]`: the weighted number of images
    classified correctly, and the weighted sum of their cross-entropies.
  """

  def step(indices: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    pixels, labels = images.validation_batch(indices)
    logits = model(pixels, training=False)
    correct = tf.argmax(logits, axis=-1, output_type=tf.int32) == labels
    rows = [tf.cast(correct, tf.float32), _cross_entropy(labels, logits)]
    return tf.linalg.matvec(tf.stack(rows), weights)

  return _traced(
    step, tf.TensorSpec([batch], tf.int32), tf.TensorSpec([batch], tf.float32)
  )


def _traced(step: Callable[..., Any], *signature: tf.TensorSpec) -> Any:
  device = next(
    (kind for kind in ('TPU', 'GPU') if tf.config.list_logical_devices(kind)),
    'CPU',
  )
  function = tf.function(
    step,
    input_signature=signature,
    autograph=False,
    jit_compile=_JIT_COMPILE[device],
  )
  # Traced now, because TensorFlow warns of functions that are traced when they
  # are called, if it meets many of them, as in a process with many children.
  function.get_concrete_function()
  return function


def _cross_entropy(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
  return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
