"""How large language models are, and windows of text. No TensorFlow."""

import math

import numpy as np
import pytest

from nasnet_search.evaluators.language_batches import text_windows
from nasnet_search.evaluators.language_config import LanguageModelConfig
from nasnet_search.evaluators.language_size import LanguageModelSize


def size_of(vocabulary=100, matrices=16, **settings):
  return LanguageModelSize(
    vocabulary, matrices, LanguageModelConfig(**settings)
  )


def test_parameters_by_hand():
  """100 words of 10 in and out, biases, two layers of 16 matrices of 10x10."""
  assert size_of().parameters(10) == 2 * 1000 + 100 + 2 * 1600
  assert size_of(tied_weights=True).parameters(10) == 1000 + 100 + 3200
  assert size_of(recurrent_layers=1).parameters(10) == 2000 + 100 + 1600
  assert size_of().multiply_adds(10) == 3200 + 1000


def test_the_medium_lstm_of_zaremba_has_20_million():
  """Two layers of 650 LSTM units, 10,000 words: 13 + 6.76 million."""
  size = size_of(10_000, 8, hidden_units=650)
  assert size.parameters(size.units) == 13_010_000 + 6_760_000


@pytest.mark.parametrize('target', [1, 5000, 5299, 400_000])
def test_the_width_is_the_closest_to_the_target(target):
  size = size_of(model_parameters=target)
  off = [abs(size.parameters(units) - target) for units in range(1, 300)]
  assert size.units == 1 + off.index(min(off))


def test_the_width_may_be_given():
  assert size_of(hidden_units=7, model_parameters=10**9).units == 7


def test_memory_grows_with_everything():
  least = size_of(hidden_units=8).training_bytes(8)
  for settings in (
    {'unroll': 40},
    {'parallel_sequences': 64},
    {'vocabulary': 200},
    {'matrices': 32},
    {'recurrent_layers': 4},
  ):
    assert size_of(**settings).training_bytes(8) > 1.2 * least


def test_windows_of_ten_words_by_hand():
  """Nine words to predict in two rows of five, windows of three steps."""
  windows = text_windows(np.arange(10, dtype=np.int32), rows=2, steps=3)
  assert windows.inputs.shape == (2, 3, 2)
  assert windows.inputs[:, :, 0].tolist() == [[0, 1, 2], [3, 4, 0]]
  assert windows.inputs[:, :, 1].tolist() == [[5, 6, 7], [8, 0, 0]]
  assert windows.targets[:, :, 1].tolist() == [[6, 7, 8], [9, 0, 0]]
  assert windows.weights[:, :, 0].tolist() == [[1, 1, 1], [1, 1, 0]]
  assert windows.weights[:, :, 1].tolist() == [[1, 1, 1], [1, 0, 0]]


@pytest.mark.parametrize('count', [2, 3, 20, 21, 100, 101])
@pytest.mark.parametrize(('rows', 'steps'), [(1, 7), (4, 5), (50, 2)])
def test_every_word_is_predicted_once_after_the_word_before_it(
  count, rows, steps
):
  windows = text_windows(np.arange(count, dtype=np.int32), rows, steps)
  there = windows.weights == 1
  assert sorted(windows.targets[there]) == list(range(1, count))
  np.testing.assert_array_equal(
    windows.inputs[there] + 1, windows.targets[there]
  )
  assert windows.weights.sum() == count - 1
  # Each row is read without gaps from one window to the next.
  for row in range(rows):
    read = windows.inputs[:, :, row][there[:, :, row]]
    assert np.all(np.diff(read) == 1)
  assert len(windows.inputs) == math.ceil(math.ceil((count - 1) / rows) / steps)
