"""The optimizers of children: momentum SGD with one fused operation, and Adam.

Keras composes the momentum update of eight operations a variable. A child has
hundreds of variables and lives for seconds, so the size of its graph is most
of what it costs to start.
"""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from nasnet_search.evaluators.config import ProxyConfig


class FusedSGD(keras.optimizers.SGD):
  """`keras.optimizers.SGD`, number for number, in fewer graph nodes.

  Takes the arguments of `keras.optimizers.SGD`, schedules included.
  """

  def build(self, variables: Sequence[keras.Variable]) -> None:
    """Makes the momentum of every variable.

    Args:
      variables: The variables that will be updated.
    """
    super().build(variables)
    with tf.init_scope():
      # One tensor that all updates share, not one constant for each.
      self._momentum_tensor = tf.constant(self.momentum)

  def update_step(
    self, gradient: Any, variable: Any, learning_rate: Any
  ) -> None:
    """Updates one variable and its momentum.

    `ResourceApplyKerasMomentum` keeps `momentum * m - rate * gradient`, as
    Keras does. `ResourceApplyMomentum` keeps the gradients only and
    multiplies with the present rate: under a schedule that is another
    optimizer.

    Args:
      gradient: A tensor of the variable's shape.
      variable: The variable, of TensorFlow.
      learning_rate: The present learning rate, a scalar.
    """
    if not self.momentum or isinstance(gradient, tf.IndexedSlices):
      super().update_step(gradient, variable, learning_rate)
      return
    dtype = variable.dtype
    momentum = self.momentums[self._get_variable_index(variable)]
    tf.raw_ops.ResourceApplyKerasMomentum(
      var=variable.handle,
      accum=momentum.value.handle,
      lr=_cast(learning_rate, dtype),
      grad=_cast(gradient, dtype),
      momentum=_cast(self._momentum_tensor, dtype),
      use_nesterov=self.nesterov,
    )


def child_optimizer(
  proxy: ProxyConfig, total_steps: int
) -> FusedSGD | keras.optimizers.Adam:
  """Returns the optimizer of a child, with its schedule.

  Args:
    proxy: Optimizer, learning rate, momentum, schedule and epochs.
    total_steps: Steps of the whole training.
  """
  schedule = learning_rate_schedule(proxy, total_steps)
  if proxy.optimizer == 'adam':
    # MetaQNN (arXiv 1611.02167), Appendix A. A handful of operations, since
    # the weights are one variable.
    return keras.optimizers.Adam(
      schedule, beta_1=0.9, beta_2=0.999, epsilon=1e-8
    )
  return FusedSGD(schedule, momentum=float(proxy.momentum), nesterov=True)


def learning_rate_schedule(
  proxy: ProxyConfig, total_steps: int
) -> keras.optimizers.schedules.LearningRateSchedule:
  """Returns the learning rate of a child over its steps.

  On a cosine it rises linearly from 0 in the warm-up steps, if there are any,
  and then falls to 0 along half of it (NASNet paper, App. A.1: a single
  period). In steps it is multiplied by a factor after every so many epochs.

  Args:
    proxy: Schedule, learning rate, warm-up and epochs.
    total_steps: Steps of the whole training.
  """
  schedules = keras.optimizers.schedules
  if proxy.schedule == 'step':
    return schedules.ExponentialDecay(
      float(proxy.learning_rate),
      decay_steps=proxy.step_epochs * (total_steps // proxy.epochs),
      decay_rate=float(proxy.step_factor),
      staircase=True,
    )
  warmup = min(proxy.warmup_steps, total_steps - 1)
  return schedules.CosineDecay(
    initial_learning_rate=0.0 if warmup else proxy.learning_rate,
    decay_steps=total_steps - warmup,
    warmup_target=proxy.learning_rate if warmup else None,
    warmup_steps=warmup,
  )


def clipping_scale(gradients: Sequence[Any], limit: float) -> Any:
  """Returns what brings the global norm of gradients down to a limit.

  Args:
    gradients: Tensors of any shapes.
    limit: The greatest global norm.

  Returns:
    A float32 scalar: 1, or limit / norm where the norm is above the limit.
  """
  halves = tf.add_n([tf.nn.l2_loss(gradient) for gradient in gradients])
  return tf.minimum(1.0, limit * tf.math.rsqrt(2.0 * halves))


def _cast(tensor: Any, dtype: tf.DType) -> Any:
  # Without the question a cast to the same type costs an operation.
  return tensor if tensor.dtype == dtype else tf.cast(tensor, dtype)
