"""The anchor policy: an LSTM that chooses inputs by attention to earlier steps.

Zoph and Le 2017 (arXiv 1611.01578), section 3.3, set-selection attention: with
h_j the output of the LSTM at the anchor point of layer j,

  P(layer j is an input of layer i) = sigmoid(v^T tanh(W_prev h_j + W_curr h_i))

and each input is sampled independently of the others. So a decision that
refers to a step has two outcomes, no and yes, and these take the place of the
head of its kind. All other decisions are those of the LSTM policy.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from nasnet_search.cells.errors import UserError
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.policy import Policy, initialize
from nasnet_search.controllers.vocabulary import Vocabulary
from nasnet_search.randomness import generator

WEIGHTS = ('anchor_previous', 'anchor_current', 'anchor_vector')
"""W_prev and W_curr, `[units, units]`, and v, `[units]`."""


class AnchorPolicy(Policy):
  """An LSTM policy with attention; see there for its attributes.

  Args:
    vocabulary: The outcomes of the space.
    config: Size and scale of the weights.
    seed: Seed of the run.

  Raises:
    UserError: No decision of the space refers to another, or one that does
      has more than two outcomes.
  """

  def __init__(
    self, vocabulary: Vocabulary, config: ControllerConfig, seed: int
  ) -> None:
    super().__init__(vocabulary.size, config, seed)
    heads = [vocabulary.head(kind) for kind in sorted(vocabulary.referring)]
    if not heads or any(head.stop - head.start != 2 for head in heads):
      raise UserError(
        'Expected a space in which it is chosen, yes or no, which of the '
        'earlier layers a layer reads, such as --space=conv_chain with '
        '--chain_skips. Received: --policy=anchors for another one. Use '
        '--policy=lstm.'
      )
    self._own = np.ones(vocabulary.size, np.float32)
    self._yes = np.zeros(vocabulary.size, np.float32)
    for head in heads:
      self._own[head] = 0
      self._yes[head.stop - 1] = 1
    units = self.units
    self._previous, self._current, self._vector = attention = [
      keras.Variable(np.zeros(shape, np.float32), name=name)
      for name, shape in zip(
        WEIGHTS, ((units, units), (units, units), (units,)), strict=True
      )
    ]
    initialize(
      attention, config.policy_init_scale, generator(seed, 'anchor policy')
    )
    self.names = (*self.names, *WEIGHTS)
    self.variables = [*self.variables, *attention]
    self._steps = vocabulary.steps
    # W_prev h of the steps before, and how many there are.
    self.state_sizes = (*self.state_sizes, self._steps * units, 1)

  def step(self, inputs: Any, *state: Any) -> tuple[Any, ...]:
    """Takes one controller step.

    Args:
      inputs: `[batch, outcomes + 1]`, a step of `Batch.inputs`.
      *state: That of the LSTM, then what attention looks at.

    Returns:
      Logits `[batch, steps, outcomes]` of decisions that refer to each of the
      steps, and the new state. Only those of earlier steps mean anything.
    """
    *lstm, flat, number = state
    output, after = self._advance(inputs, lstm)
    keys = tf.reshape(flat, (-1, self._steps, self.units))
    scores = self._scores(keys, output[:, None, :] @ self._current)
    logits = self._logits(self._head(output)[:, None, :], scores)
    here = tf.one_hot(tf.cast(number[:, 0], tf.int32), self._steps)
    keys += here[:, :, None] * (output @ self._previous)[:, None, :]
    return (logits, *after, tf.reshape(keys, tf.shape(flat)), number + 1)

  def logits(self, inputs: Any, refers: Any = None) -> Any:
    """Returns the logits of choices that were taken; see `Policy`.

    Args:
      inputs: As in `Batch`.
      refers: The steps that decisions refer to.
    """
    outputs = self._outputs(inputs)
    # As a product, like the embedding: its gradient is one too.
    looks = tf.one_hot(refers, inputs.shape[1])
    keys = tf.einsum('bisj,bja->bisa', looks, outputs @ self._previous)
    queries = (outputs @ self._current)[:, :, None, :]
    return self._logits(
      self._head(outputs)[:, :, None, :], self._scores(keys, queries)
    )

  def _scores(self, keys: Any, queries: Any) -> Any:
    """Returns v^T tanh(keys + queries), the last axis gone."""
    return tf.reduce_sum(tf.tanh(keys + queries) * self._vector, axis=-1)

  def _logits(self, own: Any, scores: Any) -> Any:
    """Returns logits: 0 for no and a score for yes, elsewhere the head's."""
    return own * self._own + scores[..., None] * self._yes
