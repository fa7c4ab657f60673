"""The language model evaluator, on a text of a few hundred words."""

import dataclasses
import itertools
import math
import pathlib
import subprocess
import sys

import numpy as np
import psutil
import pytest
import tensorflow as tf
from tensorflow.python.framework import config as tensorflow_config

from nasnet_search.cells import zoo
from nasnet_search.cells.errors import UserError
from nasnet_search.data.text_config import TextConfig
from nasnet_search.evaluators import language_training
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.evaluators.language_config import LanguageModelConfig
from nasnet_search.evaluators.language_model import LanguageModelEvaluator
from nasnet_search.evaluators.language_steps import LanguageModel
from nasnet_search.evaluators.protocol import (
  Diverged,
  Refused,
  Request,
  Silent,
)
from nasnet_search.evaluators.registry import make_evaluator
from nasnet_search.evaluators.rewards import compute_reward
from tests.cells.recurrent_cells import FIGURE_5, cell_of
from tests.evaluators.small_text import write_text

GATED = cell_of('+sigmoid +tanh +tanh', '*identity', 2, 0)
_MODEL = LanguageModelConfig(
  recurrent_layers=2,
  hidden_units=12,
  parallel_sequences=8,
  unroll=6,
  text_epochs=2,
  text_learning_rate=0.02,
  dropout=0.1,
)
_TIMES = {'seconds', 'seconds_startup', 'words_per_second'}


@pytest.fixture(scope='module', autouse=True)
def _deterministic_operations():
  tf.config.experimental.enable_op_determinism()
  yield
  # There is no public way back, and other rooms draw without a seed.
  tensorflow_config.disable_op_determinism()


@pytest.fixture(scope='module')
def text(tmp_path_factory):
  path = tmp_path_factory.mktemp('text') / 'train.txt'
  return TextConfig(text_train=write_text(path))


def evaluator_of(text, model=_MODEL, **settings):
  return LanguageModelEvaluator(EvaluatorConfig(**settings), model, text)


def found(measurement):
  """What must be equal for equal requests: all but the times."""
  values = {k: v for k, v in measurement.values.items() if k not in _TIMES}
  return values, measurement.curves


class Listener:
  """Keeps what is reported, and stops after some epochs."""

  def __init__(self, epochs=math.inf):
    self.reports = []
    self._epochs = epochs

  def report(self, epoch, metrics):
    self.reports.append((epoch, dict(metrics)))
    return epoch < self._epochs


@pytest.fixture(scope='module')
def measured(text):
  listener = Listener()
  measurement = evaluator_of(text).evaluate(Request(GATED, seed=1), listener)
  return measurement, listener.reports


@pytest.mark.slow
def test_learns_what_words_follow(text):
  """Chance is 14. In a line of five words 4 things to be 3 places are drawn.

  So the best is the fifth root of 12, 1.64; and that of 48, 2.17, for what
  sees one word at a time, since the last word does not follow from the one
  before it.
  """
  model = dataclasses.replace(_MODEL, text_epochs=8, dropout=0.0)
  values = (
    evaluator_of(text, model).evaluate(Request(GATED, seed=0), Silent()).values
  )
  assert 1.6 < values['validation_perplexity'] < 1.9


def test_measures_what_it_says(measured):
  measurement, _ = measured
  values, curves = measurement.values, measurement.curves
  # 13 words and <eos>, 12 units, two layers of 4 matrices.
  assert values['parameters'] == 2 * 14 * 12 + 14 + 2 * 4 * 144
  assert values['hidden_units'] == 12
  assert values['multiply_adds'] == 2 * 4 * 144 + 14 * 12
  assert 0 < values['seconds_startup'] < values['seconds']
  assert values['words_per_second'] > 0
  for name in ('training_loss', 'validation_loss', 'validation_perplexity'):
    assert len(curves[name]) == 2
    assert values[name] == curves[name][-1]
  for loss, perplexity in zip(
    curves['validation_loss'], curves['validation_perplexity'], strict=True
  ):
    assert perplexity == pytest.approx(math.exp(loss))
  numbers = [*values.values(), *(n for curve in curves.values() for n in curve)]
  assert {type(number) for number in numbers} == {float}


def test_reports_every_epoch_and_stops_if_told(measured, text):
  measurement, reports = measured
  assert [epoch for epoch, _ in reports] == [1, 2]
  for epoch, metrics in reports:
    for name, value in metrics.items():
      assert measurement.curves[name][epoch - 1] == value
  stopped = evaluator_of(text).evaluate(Request(GATED, seed=1), Listener(1))
  assert stopped.curves['validation_loss'] == (
    reports[0][1]['validation_loss'],
  )


def test_equal_requests_give_equal_measurements(measured, text):
  again = evaluator_of(text).evaluate(Request(GATED, seed=1), Silent())
  assert found(again) == found(measured[0])
  other = evaluator_of(text).evaluate(Request(GATED, seed=2), Silent())
  assert found(other) != found(measured[0])


def test_perplexity_is_that_of_the_whole_validation_text(text):
  """Against one row read word by word, which the windows must not change."""
  perplexities = []
  for rows, steps in ((1, 1), (1, 7)):
    model = dataclasses.replace(
      _MODEL, parallel_sequences=rows, unroll=steps, text_epochs=1
    )
    data = evaluator_of(text, model)._text
    made = LanguageModel(
      language_training.tree_cells(FIGURE_5), 12, 14, model, 1, seed=3
    )
    training = language_training.LanguageTraining()
    windows = language_training.text_windows(data.validation[:50], rows, steps)
    language_training._validate(made, windows, training)
    perplexities += training.validation_loss
  assert perplexities[0] == pytest.approx(perplexities[1], rel=1e-5)


def test_states_are_carried_from_window_to_window(text):
  """With them cut off, a word at the start of a window is a surprise."""
  model = dataclasses.replace(_MODEL, text_epochs=8, dropout=0.0, unroll=1)
  values = (
    evaluator_of(text, model).evaluate(Request(GATED, 0), Silent()).values
  )
  # Gradients flow over one word only, but more than that is seen.
  assert values['validation_perplexity'] < 2.1


@pytest.mark.parametrize('tied', [False, True])
def test_a_step_follows_adam(text, tied):
  """One step against Adam written out, with the gradients of TensorFlow."""
  model = dataclasses.replace(
    _MODEL, tied_weights=tied, dropout=0.0, text_gradient_clip=0.0
  )
  made = LanguageModel(
    language_training.tree_cells(GATED), 12, 14, model, 10, seed=0
  )
  data = evaluator_of(text, model)._text
  windows = language_training.text_windows(data.train, 8, 6)
  _, window = next(language_training._each(windows))
  before = [variable.numpy() for variable in made._variables]
  assert len(before) == 2 + (not tied) + 2 * 2
  with tf.GradientTape() as tape:
    total, _ = made._loss(window, made.initial_states(), training=True)
    loss = total / 48
  gradients = [
    np.array(tf.convert_to_tensor(each), np.float64)
    for each in tape.gradient(loss, made._variables)
  ]
  reported, _ = made.train(window, made.initial_states())
  assert float(reported) == pytest.approx(float(loss), rel=1e-6)
  for variable, old, gradient in zip(
    made._variables, before, gradients, strict=True
  ):
    # The first step of Adam is the rate times the sign, nearly.
    step = 0.02 * gradient / (np.abs(gradient) + 1e-8 / math.sqrt(0.001))
    np.testing.assert_allclose(variable.numpy(), old - step, atol=2e-5)


def test_the_learning_rate_falls_to_nothing(text):
  made = LanguageModel(
    language_training.tree_cells(GATED), 12, 14, _MODEL, 2, seed=0
  )
  windows = language_training.text_windows(evaluator_of(text)._text.train, 8, 6)
  moves = []
  for _, window in itertools.islice(language_training._each(windows), 3):
    before = made._bias.numpy()
    made.train(window, made.initial_states())
    moves.append(float(np.abs(made._bias.numpy() - before).max()))
  # Adam moves by the rate at first. The third step is one after the last.
  assert moves[0] == pytest.approx(0.02, rel=1e-3)
  assert moves[2] < 1e-6 < moves[1] < moves[0]


def test_what_is_dropped_follows_from_seed_layer_and_step():
  def dropped(seed, layer, step):
    made = LanguageModel(
      language_training.tree_cells(GATED), 12, 14, _MODEL, 9, seed
    )
    made._step.assign(step)
    return made._dropped(tf.ones([6, 8, 12]), layer).numpy()

  same = dropped(0, 0, 0)
  np.testing.assert_array_equal(same, dropped(0, 0, 0))
  for other in ((1, 0, 0), (0, 1, 0), (0, 0, 1)):
    assert np.any(same != dropped(*other))
  assert set(np.unique(same)) == {np.float32(0), np.float32(1 / 0.9)}
  # A tenth of 576; the deviation is 7.
  assert 576 - 85 < np.count_nonzero(same) < 576 - 30


def test_clipping_bounds_the_gradients(text):
  model = dataclasses.replace(_MODEL, text_gradient_clip=1e-12, dropout=0.0)
  made = evaluator_of(text, model)
  losses = made.evaluate(Request(GATED, 0), Silent()).curves['training_loss']
  # Gradients of less than Adam's epsilon move nothing.
  assert losses[1] == pytest.approx(losses[0], abs=1e-3)


def test_diverging_is_told(text):
  model = dataclasses.replace(
    _MODEL, text_learning_rate=1e30, text_gradient_clip=0.0
  )
  explosive = cell_of('*identity *identity *identity', '*identity', 2, 2)
  with pytest.raises(Diverged, match='epoch 1 of 2'):
    evaluator_of(text, model).evaluate(Request(explosive, 0), Silent())


def test_the_epoch_is_told_that_training_diverged_in(text, monkeypatch):
  epochs = []

  def second_diverges(model, windows, training, begin):
    epochs.append(len(epochs) + 1)
    training.training_loss.append(1.0)
    if len(epochs) == 2:
      training.training_loss.pop()
      training.finite = False

  monkeypatch.setattr(language_training, '_train_epoch', second_diverges)
  with pytest.raises(Diverged, match='epoch 2 of 2'):
    evaluator_of(text).evaluate(Request(GATED, 0), Silent())
  assert epochs == [1, 2]


def test_the_epoch_is_told_that_validation_diverged_after(text, monkeypatch):
  monkeypatch.setattr(language_training, '_HIGHEST_LOSS', 0.0)
  with pytest.raises(Diverged, match='epoch 1 of 2'):
    evaluator_of(text).evaluate(Request(GATED, 0), Silent())


def test_chance_is_a_uniform_guess(text):
  chance = evaluator_of(text).chance()
  assert chance['validation_perplexity'] == 14
  assert chance['validation_loss'] == math.log(14)
  assert compute_reward('perplexity', chance) == 80 / 14**2


def test_the_reward_is_that_of_the_paper(measured):
  values = measured[0].values
  expected = 80 / values['validation_perplexity'] ** 2
  assert compute_reward('perplexity', values) == expected


def test_facts_are_the_record(text):
  record = evaluator_of(text).facts()['dataset']
  assert record['format'] == 'nasnet_search.text'
  assert record['vocabulary'] == 14


def test_limits_are_kept_without_tensorflow(text):
  made = evaluator_of(text, max_child_parameters=1501)
  with pytest.raises(Refused, match=r'at most 1,501 .* Received: 1,502'):
    made.check(GATED)
  evaluator_of(text, max_child_parameters=1502).check(GATED)
  with pytest.raises(Refused, match='GiB for a training step'):
    evaluator_of(text, max_child_memory=1e-6).check(GATED)


def test_a_target_that_no_width_comes_near_is_refused(text):
  """One unit: 14 words in and out, their biases, two layers of 4 weights."""
  least = 14 + 14 + 14 + 2 * 4
  model = dataclasses.replace(
    _MODEL, hidden_units=0, model_parameters=least - 1
  )
  with pytest.raises(UserError, match=r'of at least 50, .* 14 words of .* 49'):
    evaluator_of(text, model).check(GATED)
  evaluator_of(text, dataclasses.replace(model, hidden_units=3)).check(GATED)
  model = dataclasses.replace(model, model_parameters=least)
  evaluator_of(text, model).check(GATED)


def test_a_reward_that_is_always_0_is_refused():
  with pytest.raises(UserError, match='--perplexity_constant to be at least'):
    LanguageModelConfig(perplexity_constant=0.0)


_COORDINATOR = """
import sys
from nasnet_search.data.text_config import TextConfig
from nasnet_search.cells.recurrent_cell_space import RecurrentCellSpace
from nasnet_search.evaluators import registry, rewards
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig

config = EvaluatorConfig(evaluator='language_model', max_child_memory=1.0)
evaluator = registry.make_evaluator(
  config, ProxyConfig(), None, TextConfig(text_train=sys.argv[1])
)
rewards.check_reward(evaluator.default_reward, evaluator)
evaluator.facts()
evaluator.check(RecurrentCellSpace(2).decode((0,) * 10))
print([name for name in ('tensorflow', 'keras') if name in sys.modules])
"""


def test_a_coordinator_needs_no_tensorflow(text):
  result = subprocess.run(
    [sys.executable, '-c', _COORDINATOR, text.text_train],
    capture_output=True,
    check=True,
    text=True,
  )
  assert result.stdout.strip() == '[]'


@pytest.mark.slow
def test_memory_does_not_grow(text):
  model = dataclasses.replace(
    _MODEL, text_epochs=1, hidden_units=4, recurrent_layers=1, unroll=2
  )
  part = dataclasses.replace(text, train_tokens=300)
  evaluator, resident = evaluator_of(part, model), []
  for seed in range(16):
    evaluator.evaluate(Request(FIGURE_5, seed), Silent())
    resident.append(psutil.Process().memory_info().rss / 2**20)
  # The first ones fill the pools of the memory allocator.
  assert np.polyfit(np.arange(10), resident[6:], 1)[0] < 0.5  # MiB a child.


def test_other_kinds_and_settings_are_refused(text):
  with pytest.raises(UserError, match=r"'recurrent_cell'.* kind 'cells'"):
    evaluator_of(text).check(zoo.load('nasnet_a'))
  config = EvaluatorConfig(evaluator='language_model')
  with pytest.raises(UserError, match='Expected no --early_stopping'):
    make_evaluator(config, ProxyConfig(early_stopping=0.2), None, text, _MODEL)


@pytest.mark.parametrize(
  ('settings', 'message'),
  [
    ({'train_tokens': 48}, 'at least 49 words: 6 .* 8 .* Received: 48'),
    ({'valid_tokens': 1}, 'validation text of at least 2 words'),
    ({'text_train': ''}, 'Expected --text_train, a text file'),
  ],
)
def test_text_that_is_too_short_is_told(text, settings, message):
  made = evaluator_of(dataclasses.replace(text, **settings))
  with pytest.raises(UserError, match=message):
    made.facts()


def test_the_text_is_read_once(text, tmp_path):
  path = write_text(tmp_path / 'gone.txt', lines=50)
  made = evaluator_of(TextConfig(text_train=path))
  made.facts()
  pathlib.Path(path).unlink()
  made.check(GATED)
  made.chance()
