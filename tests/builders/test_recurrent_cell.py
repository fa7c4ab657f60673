"""The Keras layer of recurrent cells, against equations in NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from nasnet_search.builders.recurrent_cell import RecurrentTreeCell
from nasnet_search.cells.recurrent_cell_space import RecurrentCellSpace
from nasnet_search.cells.search_space import random_choices
from tests.cells.recurrent_cells import (
  FIGURE_5,
  NAS_CELL,
  cell_of,
  new_states,
)

_BATCH, _STEPS, _FEATURES, _UNITS = 3, 5, 4, 6


def inputs_of(seed=0):
  shape = (_BATCH, _STEPS, _FEATURES)
  return np.random.default_rng(seed).normal(size=shape).astype('float32')


def layer_of(cell, **options):
  """Returns a Keras layer around a cell, and its two matrices."""
  keras.utils.set_random_seed(7)
  layer = keras.layers.RNN(
    RecurrentTreeCell(_UNITS, cell), return_sequences=True, **options
  )
  layer.build((_BATCH, _STEPS, _FEATURES))
  return layer, layer.get_weights()


def run_by_hand(cell, inputs, kernel, recurrent_kernel):
  """Returns the hidden states `[batch, steps, units]`, leaf by leaf."""

  def leaves(weights):
    return [
      weights[:, _UNITS * leaf : _UNITS * (leaf + 1)]
      for leaf in range(cell.base_number)
    ]

  hidden, memory = np.zeros((2, _BATCH, _UNITS))
  outputs = []
  for step in range(inputs.shape[1]):
    hidden, memory = new_states(
      cell,
      [inputs[:, step] @ weights for weights in leaves(kernel)],
      [hidden @ weights for weights in leaves(recurrent_kernel)],
      memory,
    )
    outputs.append(hidden)
  return np.stack(outputs, axis=1)


def random_cells(base, count):
  space, rng = RecurrentCellSpace(base), np.random.default_rng(base)
  return [space.decode(random_choices(space, rng)) for _ in range(count)]


CELLS = [
  FIGURE_5,
  NAS_CELL,
  *random_cells(2, 3),
  *random_cells(4, 3),
  *random_cells(8, 4),
]


@pytest.mark.parametrize('index', range(len(CELLS)))
def test_computes_what_the_formulas_say(index):
  cell, inputs = CELLS[index], inputs_of()
  layer, weights = layer_of(cell)
  expected = run_by_hand(cell, inputs.astype('float64'), *weights)
  np.testing.assert_allclose(layer(inputs), expected, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize('cell', [NAS_CELL, CELLS[5]])
def test_unrolled_is_the_same_and_so_are_its_gradients(cell):
  layer, _ = layer_of(cell, return_state=True)
  inputs = tf.constant(inputs_of())
  results = []
  for unrolled in (False, True):
    with tf.GradientTape() as tape:
      if unrolled:
        states = layer.cell.get_initial_state(_BATCH)
        by_step = tf.transpose(inputs, [1, 0, 2])
        outputs, states = layer.cell.unrolled(by_step, states)
        outputs = tf.transpose(outputs, [1, 0, 2])
      else:
        outputs, *states = layer(inputs)
      total = tf.reduce_sum(tf.sin(outputs)) + tf.reduce_sum(states[1])
    variables = [weight.value for weight in layer.trainable_weights]
    results.append([outputs, *states, *tape.gradient(total, variables)])
  for one, other in zip(*results, strict=True):
    np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_a_tree_can_be_a_plain_recurrent_network():
  """One leaf of two, without weights in the other, is `SimpleRNN`."""
  cell = cell_of('+identity +identity +tanh', '+identity', 1, 0)
  layer, (kernel, recurrent_kernel) = layer_of(cell)
  kernel[:, _UNITS:] = recurrent_kernel[:, _UNITS:] = 0
  layer.set_weights([kernel, recurrent_kernel])
  plain = keras.layers.SimpleRNN(_UNITS, return_sequences=True, use_bias=False)
  plain.build((_BATCH, _STEPS, _FEATURES))
  plain.set_weights([kernel[:, :_UNITS], recurrent_kernel[:, :_UNITS]])
  inputs = inputs_of()
  np.testing.assert_allclose(layer(inputs), plain(inputs), atol=1e-6)


def test_a_tree_can_be_a_gated_cell():
  """C = f c + g with a forget gate f, and h = tanh(c): an LSTM's core."""
  cell = cell_of('+sigmoid +tanh +tanh', '*identity', 2, 0)
  layer, (w, u) = layer_of(cell)
  inputs = inputs_of()
  hidden, memory = np.zeros((2, _BATCH, _UNITS))
  for step in range(_STEPS):
    both = inputs[:, step] @ w + hidden @ u
    forget = 1 / (1 + np.exp(-both[:, :_UNITS]))
    memory = forget * memory + np.tanh(both[:, _UNITS:])
    hidden = np.tanh(memory)
  np.testing.assert_allclose(layer(inputs)[:, -1], hidden, atol=1e-5)


def test_only_the_leaves_have_weights():
  _, weights = layer_of(NAS_CELL)
  shapes = [weight.shape for weight in weights]
  assert shapes == [(_FEATURES, 8 * _UNITS), (_UNITS, 8 * _UNITS)]
  # Drawn apart, even where their shapes agree.
  assert len({float(weight[0, 0]) for weight in weights}) == 2


def test_a_model_is_saved_and_loaded(tmp_path):
  layer, _ = layer_of(NAS_CELL)
  inputs = keras.Input((_STEPS, _FEATURES))
  model = keras.Model(inputs, layer(inputs))
  model.save(tmp_path / 'model.keras')
  loaded = keras.models.load_model(tmp_path / 'model.keras')
  assert loaded.layers[1].cell.architecture == NAS_CELL
  np.testing.assert_array_equal(
    loaded.predict(inputs_of(), verbose=0),
    model.predict(inputs_of(), verbose=0),
  )
