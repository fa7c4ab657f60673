"""The policy: an LSTM over the decisions, of one layer or more.

In each controller step it reads the sum of the embeddings of what the step
before chose and gives the logits of every kind's head (NASNet paper,
App. A.1; it does not say what the LSTM reads). What a decision may choose is
applied outside, by the masked softmax.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.randomness import generator

WEIGHTS = (
  'embedding',
  'lstm_kernel',
  'lstm_recurrent_kernel',
  'lstm_bias',
  'head_kernel',
  'head_bias',
)
"""The names of the weights of a policy of one layer, in the order of its
`variables`; those of further layers follow the first one's."""


class Policy:
  """Weights, and what they make of inputs.

  Attributes:
    outcomes: Number of outcomes of all kinds together.
    units: Units of a layer.
    state_sizes: How many numbers each part of its state has: output and state
      of each layer.
    names: The names of the weights.
    variables: The weights, in the order of `names`.
  """

  def __init__(
    self, outcomes: int, config: ControllerConfig, seed: int
  ) -> None:
    self.outcomes = outcomes
    self.units = config.policy_units
    # The type is fixed because a global mixed-precision policy is for
    # children; zeros because the weights are replaced below.
    fixed = {'dtype': 'float32', 'kernel_initializer': 'zeros'}
    # A product with counts is a sum of embeddings, and its gradient, unlike
    # that of a look-up, is a plain product too.
    self._embedding = keras.layers.Dense(
      config.policy_embedding_size, use_bias=False, **fixed
    )
    self._lstms = [
      keras.layers.LSTM(
        self.units,
        return_sequences=True,
        recurrent_initializer='zeros',
        **fixed,
      )
      for _ in range(config.policy_layers)
    ]
    self._head = keras.layers.Dense(outcomes, **fixed)
    self._embedding.build((None, outcomes + 1))
    size = config.policy_embedding_size
    for lstm in self._lstms:
      lstm.build((None, None, size))
      size = self.units
    self._head.build((None, size))
    layers = (self._embedding, *self._lstms, self._head)
    self.names = _names(config.policy_layers)
    self.variables = [v for layer in layers for v in layer.trainable_variables]
    self.state_sizes = (self.units,) * 2 * config.policy_layers
    initialize(
      self.variables, config.policy_init_scale, generator(seed, 'policy')
    )

  def step(self, inputs: Any, *state: Any) -> tuple[Any, ...]:
    """Takes one controller step.

    Args:
      inputs: `[batch, outcomes + 1]`, a step of `Batch.inputs`.
      *state: For each layer its output in the step before and its state after
        it, `[batch, units]`; zeros in the first step.

    Returns:
      Logits `[batch, outcomes]`, and the new state.
    """
    output, after = self._advance(inputs, state)
    return (self._head(output), *after)

  def logits(self, inputs: Any, refers: Any = None) -> Any:
    """Returns the logits of choices that were taken.

    Args:
      inputs: As in `Batch`.
      refers: The steps that decisions refer to; this policy does not look.

    Returns:
      `[batch, steps, slots, outcomes]`, with one slot where all have the same.
    """
    del refers
    # Every decision of a group is taken from the state of the same step.
    return self._head(self._outputs(inputs))[:, :, None, :]

  def _advance(
    self, inputs: Any, state: Sequence[Any]
  ) -> tuple[Any, Sequence[Any]]:
    """Returns the output of the last layer in one step, and the new state."""
    output, after = self._embedding(inputs), []
    for layer, lstm in enumerate(self._lstms):
      before = list(state[2 * layer : 2 * layer + 2])
      output, (hidden, cell) = lstm.cell(output, before)
      after += [hidden, cell]
    return output, after

  def _outputs(self, inputs: Any) -> Any:
    """Returns the outputs of the last layer, `[batch, steps, units]`."""
    outputs = self._embedding(inputs)
    for lstm in self._lstms:
      outputs = lstm(outputs)
    return outputs


def initialize(
  variables: Sequence[keras.Variable], scale: float, rng: np.random.Generator
) -> None:
  """Draws all weights, biases too, from U(-scale, scale).

  NASNet paper, App. A.1. NumPy's generator, unlike that of Keras, stays what it
  is from version to version.

  Args:
    variables: The weights.
    scale: How far from 0 they are at most.
    rng: Where the random numbers come from.
  """
  for variable in variables:
    values = rng.uniform(-scale, scale, variable.shape)
    variable.assign(values.astype(np.float32))


def _names(layers: int) -> tuple[str, ...]:
  embedding, *lstm, kernel, bias = WEIGHTS
  further = [
    name.replace('lstm', f'lstm_{layer}')
    for layer in range(2, layers + 1)
    for name in lstm
  ]
  return (embedding, *lstm, *further, kernel, bias)
