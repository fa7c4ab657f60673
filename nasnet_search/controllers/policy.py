"""The policy: a one-layer LSTM over the decisions.

In each controller step it reads the sum of the embeddings of what the step
before chose and gives the logits of every kind's head (NASNet paper,
App. A.1; it does not say what the LSTM reads). What a decision may choose is
applied outside, by the masked softmax.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from nasnet_search.controllers import losses
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
"""The names of the weights, in the order of `Policy.variables`."""


class Policy:
  """Weights, and what they make of inputs.

  Attributes:
    outcomes: Number of outcomes of all kinds together.
    units: Units of the LSTM.
    names: The names of the weights.
    variables: The weights, in the order of `names`.
  """

  names = WEIGHTS

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
    self._lstm = keras.layers.LSTM(
      self.units,
      return_sequences=True,
      recurrent_initializer='zeros',
      **fixed,
    )
    self._head = keras.layers.Dense(outcomes, **fixed)
    self._embedding.build((None, outcomes + 1))
    self._lstm.build((None, None, config.policy_embedding_size))
    self._head.build((None, self.units))
    layers = (self._embedding, self._lstm, self._head)
    self.variables = [v for layer in layers for v in layer.trainable_variables]
    self._initialize(config.policy_init_scale, seed)

  def step(self, inputs: Any, hidden: Any, cell: Any) -> tuple[Any, Any, Any]:
    """Takes one controller step.

    Args:
      inputs: `[batch, outcomes + 1]`, a step of `Batch.inputs`.
      hidden: Output of the LSTM in the step before, `[batch, units]`; zeros
        in the first step.
      cell: State of the LSTM after the step before, likewise.

    Returns:
      Logits `[batch, outcomes]`, and the new `hidden` and `cell`.
    """
    output, (hidden, cell) = self._lstm.cell(
      self._embedding(inputs), [hidden, cell]
    )
    return self._head(output), hidden, cell

  def evaluate(self, inputs: Any, allowed: Any, chosen: Any) -> tuple[Any, Any]:
    """Returns what the policy makes of choices that were taken.

    Args:
      inputs: As in `Batch`, and so are the others.
      allowed: What may be chosen.
      chosen: What was chosen.

    Returns:
      Log-probabilities of what was chosen, and entropies of the softmaxes it
      was chosen from, each `[batch, steps * slots]`.
    """
    logits = self._head(self._lstm(self._embedding(inputs)))
    # Every decision of a group is taken from the state of the same step.
    log_probs = losses.masked_log_softmax(logits[:, :, None, :], allowed)
    taken = tf.reduce_sum(log_probs * chosen, axis=-1)
    decisions = (inputs.shape[0], -1)
    return (
      tf.reshape(taken, decisions),
      tf.reshape(losses.entropy(log_probs), decisions),
    )

  def _initialize(self, scale: float, seed: int) -> None:
    """Draws all weights, biases too, from U(-scale, scale).

    NASNet paper, App. A.1. NumPy's generator, unlike that of Keras, stays
    what it is from version to version.
    """
    rng = generator(seed, 'policy')
    for variable in self.variables:
      values = rng.uniform(-scale, scale, variable.shape)
      variable.assign(values.astype(np.float32))
