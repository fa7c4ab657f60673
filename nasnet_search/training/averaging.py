"""The moving average of all weights of a network.

NASNet paper, App. A.7: on ImageNet what is valued is an average with decay
0.9999. As in slim it covers the moving statistics of batch normalisation too,
and its decay rises to its value: min(decay, (1 + step) / (10 + step)), or
the first weights would weigh for long.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf

from nasnet_search.builders.layers.training_clock import TrainingClock


class Averages:
  """Moving averages of the weights of a network.

  Make it in the scope of the distribution strategy. Each replica keeps its
  own, as it keeps its own statistics.

  Args:
    model: The network.
    decay: The greatest decay.
    clock: Where training stands.

  Attributes:
    variables: The averages, in the order of the network's weights.
  """

  def __init__(
    self, model: keras.Model, decay: float, clock: TrainingClock
  ) -> None:
    self._weights = [weight.value for weight in model.weights]
    self._decay = decay
    self._clock = clock
    self.variables = [
      tf.Variable(weight.numpy(), trainable=False) for weight in self._weights
    ]

  def update(self) -> None:
    """Moves the averages; call it in a replica, after its update."""
    step = tf.cast(self._clock.step, tf.float32)
    new = 1.0 - tf.minimum(self._decay, (1.0 + step) / (10.0 + step))
    for average, weight in zip(self.variables, self._weights, strict=True):
      average.assign_sub(new * (average - weight))

  @contextlib.contextmanager
  def in_place(self) -> Iterator[None]:
    """Puts the averages in the place of the weights, and the weights back."""
    kept = [weight.numpy() for weight in self._weights]
    self.put_in_place()
    try:
      yield
    finally:
      _assign(self._weights, kept)

  def put_in_place(self) -> None:
    """Puts the averages in the place of the weights, for good."""
    _assign(self._weights, [each.numpy() for each in self.variables])


def _assign(variables: list[Any], values: list[Any]) -> None:
  for variable, value in zip(variables, values, strict=True):
    variable.assign(value)
