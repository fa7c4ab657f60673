"""What the layers with random draws share: draws keyed on (seed, step, layer).

Keras' own random layers carry a generator along, which no Keras checkpoint
restores. A draw that is a function of the seed of the network, the training
step and the layer is the same after an interruption as without one.
"""

from typing import Any

import keras
import tensorflow as tf

from nasnet_search.builders.layers.seeds import layer_seed
from nasnet_search.builders.layers.training_clock import TrainingClock


def keyed_uniform(
  shape: Any, *, seed: int, index: int, step: tf.Tensor
) -> tf.Tensor:
  """Returns float32 draws from [0, 1), the same on every device.

  Args:
    shape: Their shape.
    seed: Seed of the network.
    index: Which layer of the network draws.
    step: The training step, an integer scalar.
  """
  # Philox turns a key and a counter into draws. The lower half of the counter
  # counts the draws of a step, so the step is the upper half.
  # `tf.random.stateless_uniform` would hash its seed for it, in 30 nodes.
  upper = tf.cast(step, tf.uint64)
  return tf.raw_ops.StatelessRandomUniformV2(
    shape=shape,
    key=tf.constant([layer_seed(seed, index)], tf.uint64),
    counter=tf.stack([tf.zeros([], tf.uint64), upper]),
    alg=tf.random.Algorithm.PHILOX.value,
  )


class KeyedNoise(keras.layers.Layer):
  """A layer that draws in training.

  Args:
    seed: Seed of the network.
    index: Which layer of the network this is.
    clock: Where training stands. Without one, which is how a saved network
      comes back, draws come from a generator that the layer carries along.
    **kwargs: As for `keras.layers.Layer`.
  """

  def __init__(
    self,
    seed: int = 0,
    index: int = 0,
    clock: TrainingClock | None = None,
    **kwargs: Any,
  ) -> None:
    super().__init__(**kwargs)
    self.seed = seed
    self.index = index
    self.clock = clock
    self.supports_masking = True
    if clock is None:
      self._generator = keras.random.SeedGenerator(layer_seed(seed, index))
    self.built = True

  def uniform(self, shape: Any) -> Any:
    """Returns float32 draws from [0, 1) of a shape `[batch, ...]`.

    With a clock they are a function of (seed, step, index), the same on every
    device. Replicas that share a batch draw for all of it, and each takes the
    part of its own images: so they draw what one device would have drawn.
    """
    if self.clock is None:
      return keras.random.uniform(shape, dtype='float32', seed=self._generator)
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    if replicas == 1:
      return self._keyed(shape, self.clock)
    batch, rest = shape[0], shape[1:]
    whole = tf.concat([[batch * replicas], rest], axis=0)
    draws = self._keyed(whole, self.clock)
    replica = tf.distribute.get_replica_context().replica_id_in_sync_group
    return draws[replica * batch : (replica + 1) * batch]

  def _keyed(self, shape: Any, clock: TrainingClock) -> Any:
    return keyed_uniform(
      shape, seed=self.seed, index=self.index, step=clock.step
    )

  def compute_output_shape(self, input_shape: Any) -> Any:
    """Returns the input shape."""
    return input_shape

  def get_config(self) -> dict[str, Any]:
    """Returns the configuration, without the clock."""
    return {**super().get_config(), 'seed': self.seed, 'index': self.index}
