"""Scheduled drop-path (NASNet paper, Appendix A.5)."""

from typing import Any

import keras
import tensorflow as tf

from nasnet_search.builders.layers.keyed_noise import KeyedNoise


@keras.saving.register_keras_serializable(package='nasnet_search')
class ScheduledDropPath(KeyedNoise):
  """Drops a path for single images, the oftener the longer training lasts.

  An image's path is kept with a probability that falls linearly from 1 at the
  first step to `keep` at the last one, and is divided by that probability, so
  that its mean stays. Without a clock the probability is `keep` throughout.
  Nothing is dropped outside training.

  slim's default scales the probability with the depth of the cell as well
  (version v3 of its schedule); the network's configuration then gives `keep`
  of each cell. The paper and the TPU code of AmoebaNet leave it out.

  Args:
    keep: Probability of keeping a path at the end of training, above 0.
    **kwargs: As for `KeyedNoise`.

  Input shape:
    `[batch, ...]`, of any rank.

  Output shape:
    As the input.
  """

  def __init__(self, keep: float, **kwargs: Any) -> None:
    super().__init__(**kwargs)
    if not 0 < keep <= 1:
      raise ValueError(
        'Expected a probability of keeping a path above 0 and at most 1. '
        f'Received: {keep}.'
      )
    self.keep = keep

  def call(self, inputs: Any, training: bool | None = None) -> Any:
    """Multiplies each image by 0 or by 1 / (probability of keeping it)."""
    if not training:
      return inputs
    keep = self.keep
    if self.clock is not None:
      keep = 1.0 - self.clock.progress() * (1.0 - self.keep)
    images = inputs.shape[0] or tf.shape(inputs)[0]
    draws = self.uniform([images] + [1] * (len(inputs.shape) - 1))
    kept = tf.cast(draws < keep, tf.float32) / keep
    return inputs * tf.cast(kept, inputs.dtype)

  def get_config(self) -> dict[str, Any]:
    """Returns the configuration, without the clock."""
    return {**super().get_config(), 'keep': self.keep}
