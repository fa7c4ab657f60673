"""Adam on named weights, all of whose state can be read and put back."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf


class Adam:
  """Moves weights along gradients.

  Args:
    weights: The weights, by the names they have among `arrays`.
    learning_rate: Its step.
  """

  def __init__(
    self, weights: Mapping[str, keras.Variable], learning_rate: float
  ) -> None:
    self._weights = weights
    self._optimizer = keras.optimizers.Adam(learning_rate)
    self._optimizer.build(list(weights.values()))

  @property
  def updates(self) -> int:
    """How many steps it has taken."""
    return int(self._optimizer.iterations.numpy())

  def step(self, gradients: Sequence[Any]) -> None:
    """Moves the weights.

    Args:
      gradients: One for each of them, of its shape.
    """
    self._apply(*(tf.convert_to_tensor(each) for each in gradients))

  def arrays(self) -> dict[str, np.ndarray]:
    """Returns the weights and all that Adam keeps, by name."""
    return {name: np.array(v.numpy()) for name, v in self._named().items()}

  def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
    """Takes over arrays that `arrays` returned."""
    for name, variable in self._named().items():
      variable.assign(arrays[name])

  @functools.cached_property
  def _apply(self) -> Callable[..., Any]:
    function = tf.function(
      lambda *gradients: self._optimizer.apply(gradients), autograph=False
    )
    # Of one shape for good. Without tf.function's dispatch it does not warn of
    # being traced often where there are many of these.
    return function.get_concrete_function(
      *(tf.TensorSpec(each.shape) for each in self._weights.values())
    )

  def _named(self) -> dict[str, keras.Variable]:
    kept = enumerate(self._optimizer.variables)
    return {**self._weights, **{f'adam_{n}': each for n, each in kept}}
