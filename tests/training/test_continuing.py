"""A training that was killed ends with the same bits as one that was not."""

import os
import pathlib
import random
import signal

import keras
import numpy as np
import pytest

from nasnet_search.training.train import train
from nasnet_search.training.trained_files import load_model
from tests.training import small


@pytest.fixture(scope='module')
def uninterrupted(cells, tmp_path_factory):
  """The model directory of a training that was left alone."""
  path = tmp_path_factory.mktemp('uninterrupted') / 'model'
  settings = {
    **small.SETTINGS,
    'architecture': str(cells),
    'model_dir': str(path),
  }
  train(small.config(settings))
  return path


def kill(settings, tmp_path, *moment):
  """Trains in a process that kills itself."""
  assert small.start(settings, tmp_path, *moment).wait() == -signal.SIGKILL


def figures(model_dir):
  """Returns what was measured epoch by epoch, but how long it took."""
  text = (pathlib.Path(model_dir) / 'metrics.csv').read_text()
  return [line.rpartition(',')[0] for line in text.splitlines()]


def assert_same(model_dir, other):
  """Compares weights, averages, optimizer slots, figures, trained networks."""
  assert figures(model_dir) == figures(other)
  arrays = small.last_arrays(other)
  groups = {name.split('.')[0] for name in arrays}
  assert groups == {'weights', 'optimizer', 'averages'}
  assert not small.differing(small.last_arrays(model_dir), arrays)
  for one, two in zip(
    load_model(model_dir).get_weights(),
    load_model(other).get_weights(),
    strict=True,
  ):
    np.testing.assert_array_equal(one, two)


def test_killed_in_the_midst_of_an_epoch(settings, uninterrupted, tmp_path):
  # After step 5 of 9: the last checkpoint is of step 4, the first of three
  # steps of the second epoch.
  kill(settings, tmp_path, 'step', 5)
  folder = pathlib.Path(settings['model_dir'])
  assert [each.name for each in sorted(folder.glob('checkpoints/*'))] == [
    'step_0000000003',
    'step_0000000004',
  ]
  train(small.config(settings))
  assert_same(folder, uninterrupted)
  assert len((folder / 'metrics.csv').read_text().splitlines()) == 4


class PressControlC(keras.callbacks.Callback):
  """Does so in the midst of the first epoch."""

  def on_train_batch_begin(self, batch, logs=None):
    if batch == 1:
      os.kill(os.getpid(), signal.SIGINT)


def test_control_c_saves_what_was_done(settings, tmp_path):
  settings |= {**small.QUICK, 'epochs': 2}
  result = train(small.config(settings), [PressControlC()])
  assert result.trained is None
  folder = pathlib.Path(settings['model_dir'])
  assert [each.name for each in folder.glob('checkpoints/*')] == [
    'step_0000000002'
  ]
  assert 'Training interrupted.' in (folder / 'train.log').read_text()
  assert train(small.config(settings)).trained.measures['steps'] == 6
  other = tmp_path / 'other'
  train(small.config(settings, model_dir=str(other)))
  arrays = small.last_arrays(other)
  assert not small.differing(small.last_arrays(folder), arrays)


def test_another_seed_gives_other_bits(settings, uninterrupted):
  train(small.config(settings, seed=4))
  arrays = small.last_arrays(settings['model_dir'])
  assert small.differing(arrays, small.last_arrays(uninterrupted))


@pytest.mark.slow
@pytest.mark.parametrize(
  'recipe',
  [
    {'optimizer': 'rmsprop', 'optimizer_epsilon': 1.0},
    {'optimizer': 'adamw', 'schedule': 'exponential'},
    {'precision': 'mixed_bfloat16', 'train_on_validation': True},
  ],
)
def test_other_recipes_go_on_exactly_too(settings, tmp_path, recipe):
  if 'train_on_validation' in recipe:
    settings['train_images'] = 0
  settings |= {**recipe, 'epochs': 2}
  kill(settings, tmp_path, 'step', 5)
  train(small.config(settings))
  other = tmp_path / 'other'
  train(small.config(settings, model_dir=str(other)))
  assert_same(settings['model_dir'], other)


@pytest.mark.slow
def test_killed_at_ten_random_moments(cells, tmp_path):
  # At random steps and in the midst of writing a checkpoint, which is four
  # flushes; then again, from where that left it.
  settings = {
    **small.SETTINGS,
    'architecture': str(cells),
    'model_dir': str(tmp_path / 'killed'),
    'epochs': 30,
  }
  draws = random.Random(0)
  for _ in range(5):
    kill(settings, tmp_path, 'step', draws.randint(1, 10))
    kill(settings, tmp_path, 'flush', draws.randint(1, 20))
  train(small.config(settings))
  other = tmp_path / 'uninterrupted'
  train(small.config(settings, model_dir=str(other)))
  assert_same(settings['model_dir'], other)
