"""A recurrent cell as a Keras layer, for `keras.layers.RNN`.

Source: Zoph and Le, Neural Architecture Search with Reinforcement Learning
(2017), section 3.4. All leaves have their weights in two matrices, so that a
step takes one product with the input and one with the hidden state; the rest
is element by element. As in the paper's formulas there are no biases.

A whole sequence is faster with `unrolled`: the products with the inputs of all
steps are one.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from nasnet_search.cells.recurrent_cell import Merge, RecurrentCell

_COMBINATIONS = {'add': tf.add, 'multiply': tf.multiply}
_ACTIVATIONS = {
  'identity': lambda value: value,
  'tanh': tf.tanh,
  'sigmoid': tf.sigmoid,
  'relu': tf.nn.relu,
}


@keras.saving.register_keras_serializable(package='nasnet_search')
class RecurrentTreeCell(keras.layers.Layer):
  """One step of a recurrent cell.

  The states are the hidden state and the memory state; both begin as zeros.

  Args:
    units: Width of the states.
    architecture: The tree, or its plain data.
    kernel_initializer: Of the weights of the input. The default keeps what
      leaves add up from growing with the width; the paper gives none.
    recurrent_initializer: Of the weights of the hidden state.
    **kwargs: As for `keras.layers.Layer`.

  Input shape:
    `[batch, features]`, and two states `[batch, units]`.

  Output shape:
    `[batch, units]`, and two states like it.
  """

  def __init__(
    self,
    units: int,
    architecture: RecurrentCell | Mapping[str, Any],
    kernel_initializer: Any = 'lecun_uniform',
    recurrent_initializer: Any = 'lecun_uniform',
    **kwargs: Any,
  ) -> None:
    super().__init__(**kwargs)
    if not isinstance(architecture, RecurrentCell):
      architecture = RecurrentCell.from_dict(architecture)
    self.units = units
    self.architecture = architecture
    self.kernel_initializer = keras.initializers.get(kernel_initializer)
    self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
    self.state_size = [units, units]
    self.output_size = units

  def build(self, input_shape: Sequence[int | None]) -> None:
    """Makes the weights: all W, and all U, beside each other."""
    width = self.architecture.base_number * self.units
    self.kernel = self.add_weight(
      shape=(input_shape[-1], width),
      initializer=self.kernel_initializer,
      name='kernel',
    )
    self.recurrent_kernel = self.add_weight(
      shape=(self.units, width),
      initializer=self.recurrent_initializer,
      name='recurrent_kernel',
    )
    self.built = True

  def call(
    self, inputs: Any, states: Sequence[Any], training: bool | None = None
  ) -> tuple[Any, list[Any]]:
    """Returns the new hidden state, and both new states."""
    del training  # Nothing differs.
    states = self._step(tf.matmul(inputs, self.kernel), states)
    return states[0], states

  def unrolled(
    self, inputs: Any, states: Sequence[Any]
  ) -> tuple[Any, list[Any]]:
    """Takes a step for each entry of a sequence of fixed length.

    Args:
      inputs: `[steps, batch, features]`; both known.
      states: The states before it, `[batch, units]` each.

    Returns:
      The hidden states, `[steps, batch, units]`, and the states after it.
    """
    steps, batch, features = inputs.shape
    projected = tf.matmul(tf.reshape(inputs, [-1, features]), self.kernel)
    outputs, states = [], list(states)
    for each in tf.split(projected, [batch] * steps):
      states = self._step(each, states)
      outputs.append(states[0])
    return tf.stack(outputs), states

  def get_initial_state(self, batch_size: Any = None) -> list[Any]:
    """Returns zeros."""
    shape = [batch_size, self.units]
    return [tf.zeros(shape, self.compute_dtype) for _ in self.state_size]

  def get_config(self) -> dict[str, Any]:
    """Returns what the layer can be made from again."""
    return {
      **super().get_config(),
      'units': self.units,
      'architecture': self.architecture.to_dict(),
      'kernel_initializer': keras.initializers.serialize(
        self.kernel_initializer
      ),
      'recurrent_initializer': keras.initializers.serialize(
        self.recurrent_initializer
      ),
    }

  def _step(self, projected: Any, states: Sequence[Any]) -> list[Any]:
    hidden, memory = states
    leaves = self.architecture.base_number
    of_input = tf.split(projected, leaves, axis=-1)
    recurrent = tf.matmul(hidden, self.recurrent_kernel)
    of_hidden = tf.split(recurrent, leaves, axis=-1)
    pairs = list(zip(of_input, of_hidden, strict=True))
    return list(new_states(self.architecture, pairs, memory))


def new_states(
  cell: RecurrentCell, leaves: Sequence[tuple[Any, Any]], memory: Any
) -> tuple[Any, Any]:
  """Returns the new hidden and memory state of a cell.

  Args:
    cell: The cell.
    leaves: For each leaf, W x and U h.
    memory: The old memory state, of the same shape.
  """
  outputs: list[Any] = []
  new_memory = memory
  for node, merge in enumerate(cell.nodes):
    children = cell.children(node)
    pair = (
      leaves[node]
      if children is None
      else (outputs[children[0]], outputs[children[1]])
    )
    combined = _combined(merge, *pair)
    if node == cell.memory_source:
      new_memory = combined
    output = _ACTIVATIONS[merge.activation](combined)
    if node == cell.inject_node:
      injected = _combined(cell.inject, output, memory)
      output = _ACTIVATIONS[cell.inject.activation](injected)
    outputs.append(output)
  return outputs[cell.root], new_memory


def _combined(merge: Merge, one: Any, other: Any) -> Any:
  return _COMBINATIONS[merge.combination](one, other)
