"""The two functions that a language model consists of: training and validation.

They are unrolled over the steps of a window, with shapes that do not change,
so that each is one graph without loops.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf

from nasnet_search.builders.layers.keyed_noise import keyed_uniform
from nasnet_search.evaluators.language_batches import Windows
from nasnet_search.evaluators.language_config import LanguageModelConfig
from nasnet_search.evaluators.optimizer import clipping_scale
from nasnet_search.randomness import derived_seed

_BETA_1, _BETA_2, _EPSILON = 0.9, 0.999, 1e-8
"""The constants of Adam (Kingma and Ba 2015)."""
_WORD_SCALE = 1.0
"""What stands for a word begins within this of 0, in and out. Zaremba et al.
(2014) begin within 0.1, for SGD over many epochs: in a few hundred steps of
Adam the outputs of cells that multiply much stay too small to tell words apart.
"""


class Cell(Protocol):
  """What a layer of a language model consists of, made and built."""

  trainable_variables: list[Any]

  def unrolled(
    self, inputs: Any, states: Sequence[Any]
  ) -> tuple[Any, list[Any]]:
    """Returns outputs and states; see `RecurrentTreeCell.unrolled`."""

  def get_initial_state(self, batch_size: Any = None) -> list[Any]:
    """Returns the states before a text."""


MakeCell = Callable[[int, int], Cell]
"""Makes the cell of a layer, built for inputs of its own width, of its units
and the seed of its weights."""


class LanguageModel:
  """A language model with its weights, and the steps that train and value it.

  Args:
    make_cell: Makes the cell of a layer.
    units: Width of the layers and of what stands for a word.
    vocabulary: Words told apart.
    config: Layers, dropout and how it is trained.
    total_steps: Steps of the whole training.
    seed: Seed of the initial weights and of everything drawn.
  """

  def __init__(
    self,
    make_cell: MakeCell,
    units: int,
    vocabulary: int,
    config: LanguageModelConfig,
    total_steps: int,
    seed: int,
  ) -> None:
    self._config = config
    self._total_steps = total_steps
    self._seed = derived_seed(seed, 'dropout')
    self._cells = [
      make_cell(units, derived_seed(seed, 'recurrent layer', layer))
      for layer in range(config.recurrent_layers)
    ]
    draws = np.random.default_rng(derived_seed(seed, 'words'))

    def words() -> tf.Variable:
      drawn = draws.uniform(-_WORD_SCALE, _WORD_SCALE, (vocabulary, units))
      return tf.Variable(drawn.astype(np.float32))

    self._words_in = words()
    self._words_out = self._words_in if config.tied_weights else words()
    self._bias = tf.Variable(tf.zeros([vocabulary]))
    own = [self._words_in, self._bias]
    if not config.tied_weights:
      own.append(self._words_out)
    of_cells = [
      each.value for c in self._cells for each in c.trainable_variables
    ]
    self._variables = [*own, *of_cells]
    self._moments = [
      [tf.Variable(tf.zeros_like(each)) for _ in range(2)]
      for each in self._variables
    ]
    self._step = tf.Variable(0, dtype=tf.int64)
    self.train = tf.function(self._train)
    self.validate = tf.function(self._validate)

  def initial_states(self) -> list[list[Any]]:
    """Returns the states of all layers before a text."""
    rows = self._config.parallel_sequences
    return [cell.get_initial_state(rows) for cell in self._cells]

  def _train(
    self, window: Windows, states: list[list[Any]]
  ) -> tuple[Any, list[list[Any]]]:
    """Takes a training step; returns the mean loss in nats, and the states."""
    with tf.GradientTape() as tape:
      total, states = self._loss(window, states, training=True)
      loss = total / tf.reduce_sum(window.weights)
    gradients = [
      tf.convert_to_tensor(each)
      for each in tape.gradient(loss, self._variables)
    ]
    self._update(gradients)
    return loss, states

  def _validate(
    self, window: Windows, states: list[list[Any]]
  ) -> tuple[Any, list[list[Any]]]:
    """Returns the summed loss of a window in nats, and the states after it."""
    return self._loss(window, states, training=False)

  def _loss(
    self, window: Windows, states: list[list[Any]], *, training: bool
  ) -> tuple[Any, list[list[Any]]]:
    values = tf.gather(self._words_in, window.inputs)
    after = []
    for layer, (cell, before) in enumerate(
      zip(self._cells, states, strict=True)
    ):
      values = self._dropped(values, layer) if training else values
      values, new = cell.unrolled(values, before)
      after.append(new)
    values = self._dropped(values, len(states)) if training else values
    flat = tf.reshape(values, [-1, values.shape[-1]])
    logits = tf.matmul(flat, self._words_out, transpose_b=True) + self._bias
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
      tf.reshape(window.targets, [-1]), logits
    )
    return tf.tensordot(losses, tf.reshape(window.weights, [-1]), 1), after

  def _dropped(self, values: Any, index: int) -> Any:
    rate = self._config.dropout
    if not rate:
      return values
    draws = keyed_uniform(
      values.shape, seed=self._seed, index=index, step=self._step
    )
    return values * (tf.cast(draws >= rate, values.dtype) / (1 - rate))

  def _update(self, gradients: Sequence[Any]) -> None:
    """Applies Adam, in one operation for each variable."""
    config = self._config
    done = tf.cast(self._step, tf.float32)
    share = done / float(self._total_steps)
    rate = config.text_learning_rate * 0.5 * (1 + tf.cos(np.pi * share))
    scale = (
      clipping_scale(gradients, config.text_gradient_clip)
      if config.text_gradient_clip
      else 1.0
    )
    powers = [tf.pow(beta, done + 1) for beta in (_BETA_1, _BETA_2)]
    for variable, moments, gradient in zip(
      self._variables, self._moments, gradients, strict=True
    ):
      tf.raw_ops.ResourceApplyAdam(
        var=variable.handle,
        m=moments[0].handle,
        v=moments[1].handle,
        beta1_power=powers[0],
        beta2_power=powers[1],
        lr=rate,
        beta1=_BETA_1,
        beta2=_BETA_2,
        epsilon=_EPSILON,
        grad=gradient * scale,
      )
    self._step.assign_add(1)


def seeded(seed: int, purpose: str) -> keras.initializers.Initializer:
  """Returns the initializer of some weights of a recurrent layer."""
  return keras.initializers.LecunUniform(derived_seed(seed, purpose))
