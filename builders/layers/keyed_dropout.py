"""Dropout whose draws survive an interruption of the training."""

from typing import Any

import keras
import tensorflow as tf

from nasnet_search.builders.layers.keyed_noise import KeyedNoise


@keras.saving.register_keras_serializable(package='nasnet_search')
class KeyedDropout(KeyedNoise):
  """`keras.layers.Dropout` with draws keyed on (seed, step, layer).

  Args:
    rate: Share of the values that is dropped, at least 0 and below 1.
    **kwargs: As for `KeyedNoise`.

  Input shape:
    Any.

  Output shape:
    As the input.
  """

  def __init__(self, rate: float, **kwargs: Any) -> None:
    super().__init__(**kwargs)
    if not 0 <= rate < 1:
      raise ValueError(
        f'Expected a dropout rate of at least 0 and below 1. Received: {rate}.'
      )
    self.rate = rate

  def call(self, inputs: Any, training: bool | None = None) -> Any:
    """Drops values in training and scales the others to keep the mean."""
    if not training:
      return inputs
    kept = self.uniform(tf.shape(inputs)) >= self.rate
    return inputs * (tf.cast(kept, inputs.dtype) / (1.0 - self.rate))

  def get_config(self) -> dict[str, Any]:
    """Returns the configuration, without the clock."""
    return {**super().get_config(), 'rate': self.rate}
