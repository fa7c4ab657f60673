"""The two functions that a child consists of: a training and a validation step.

A child lives for seconds, and a good part of them goes into making these
functions, so what counts is the number of operations in them.
"""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from nasnet_search.builders.backpropagation.network_function import (
  NetworkFunction,
)
from nasnet_search.builders.graph import Graph
from nasnet_search.builders.layers.training_clock import TrainingClock
from nasnet_search.evaluators.config import ProxyConfig
from nasnet_search.evaluators.device_images import DeviceImages
from nasnet_search.evaluators.optimizer import (
  FusedSGD,
  child_optimizer,
  clipping_scale,
)

Step = Callable[..., tf.Tensor]


class Child:
  """A network with its weights, and the steps that train and value it.

  Args:
    graph: The network.
    images: What it is trained and valued on.
    proxy: Optimizer, learning rate, weight decay and clipping.
    total_steps: Steps of the whole training.
    seed: Seed of the initial weights and of everything drawn in the network.
    augmentation_seed: Seed of the augmentation.

  Attributes:
    layout: Where each weight stands.
    parameters: All trainable weights, float32 `[parameters]`.
    statistics: All moving statistics, float32 `[statistics]`.
    clock: Where training stands; advanced once a step.
  """

  def __init__(
    self,
    graph: Graph,
    images: DeviceImages,
    proxy: ProxyConfig,
    *,
    total_steps: int,
    seed: int,
    augmentation_seed: int,
  ) -> None:
    self.clock = TrainingClock(total_steps)
    self._network = NetworkFunction(
      graph, seed=seed, clock=self.clock, on_cpu=_device() == 'CPU'
    )
    self.layout = self._network.layout
    self.parameters = keras.Variable(self.layout.initial_parameters(seed))
    self.statistics = tf.Variable(self.layout.initial_statistics())
    self._images = images
    self._proxy = proxy
    self._augmentation_seed = augmentation_seed
    self._optimizer = child_optimizer(proxy, total_steps)
    self._optimizer.build([self.parameters])

  def training_step(self, batch: int, *, jit_compile: bool = False) -> Step:
    """Returns a function that trains the child on one batch.

    What is descended is the mean cross-entropy of the batch plus half the
    weight decay times the squares of all kernels, as in slim. The second term
    enters as its gradient, decay times kernel, which is fewer operations.

    Args:
      batch: Images in a step.
      jit_compile: Whether XLA compiles it. On a CPU its depthwise convolution
        is 40 times slower than TensorFlow's own. On a GPU it has not been
        measured; compiling some thousand operations takes longer than many a
        child.

    Returns:
      A function from the indices of training images, int32 `[batch]`, to
      their mean cross-entropy before the update, a float32 scalar.
    """
    kept = tf.constant(self.layout.kept())
    decayed = tf.constant(self.layout.decayed() * self._proxy.weight_decay)

    def step(indices: tf.Tensor) -> tf.Tensor:
      seed = tf.stack(
        [tf.constant(self._augmentation_seed, tf.int64), self.clock.step]
      )
      pixels, labels = self._images.training_batch(indices, seed)
      parameters = self.parameters.value.read_value()
      found = self._network.training_pass(
        parameters, pixels, lambda logits: _mean_cross_entropy(labels, logits)
      )
      gradient = found.gradient
      if self._proxy.weight_decay:
        gradient += decayed * parameters
      self._update(gradient)
      self.statistics.assign(
        kept * self.statistics + (1.0 - kept) * found.statistics
      )
      self.clock.advance()
      return tf.reduce_mean(found.losses)

    return _traced(step, jit_compile, tf.TensorSpec([batch], tf.int32))

  def validation_step(self, batch: int, *, jit_compile: bool = False) -> Step:
    """Returns a function that values the child on one batch.

    Args:
      batch: Images in a batch.
      jit_compile: Whether XLA compiles it.

    Returns:
      A function from indices of validation images, int32 `[batch]`, and their
      weights, float32 `[batch]`, to float32 `[2]`: the weighted number of
      images classified correctly, and the weighted sum of their
      cross-entropies.
    """

    def step(indices: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
      pixels, labels = self._images.validation_batch(indices)
      logits = self._network.logits(
        self.parameters.value.read_value(), self.statistics.read_value(), pixels
      )
      correct = tf.argmax(logits, axis=-1, output_type=tf.int32) == labels
      losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
      rows = [tf.cast(correct, tf.float32), losses]
      return tf.linalg.matvec(tf.stack(rows), weights)

    return _traced(
      step,
      jit_compile,
      tf.TensorSpec([batch], tf.int32),
      tf.TensorSpec([batch], tf.float32),
    )

  def _update(self, gradient: tf.Tensor) -> None:
    rate = self._optimizer.learning_rate
    if self._proxy.gradient_clip:
      scale = clipping_scale([gradient], self._proxy.gradient_clip)
      if isinstance(self._optimizer, FusedSGD):
        # The update is linear in rate times gradient, and a scalar is cheaper
        # to multiply than a vector.
        rate *= scale
      else:
        gradient *= scale
    # Not `optimizer.apply`: it takes no rate, and adds what only tf.distribute
    # needs.
    self._optimizer.update_step(gradient, self.parameters.value, rate)
    self._optimizer.iterations.assign_add(1)


def _mean_cross_entropy(
  labels: tf.Tensor, logits: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
  result = tf.raw_ops.SparseSoftmaxCrossEntropyWithLogits(
    features=logits, labels=labels
  )
  return result.loss, result.backprop / logits.shape[0]


def _device() -> str:
  """Returns the type of device that children are trained on."""
  return next(
    (kind for kind in ('TPU', 'GPU') if tf.config.list_logical_devices(kind)),
    'CPU',
  )


def _traced(step: Step, jit_compile: bool, *signature: tf.TensorSpec) -> Any:
  function = tf.function(
    step, input_signature=signature, autograph=False, jit_compile=jit_compile
  )
  # Traced now, because TensorFlow warns of functions that are traced when they
  # are called, if it meets many of them, as in a process with many children.
  return function.get_concrete_function()
