"""A whole training; and mistakes, told before anything is done."""

import csv
import json
import pathlib

import keras
import numpy as np
import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.data.registry import load_data
from nasnet_search.training.train import train
from nasnet_search.training.trained_files import load_model
from tests.training import small


@pytest.fixture(scope='module')
def trained(cells, tmp_path_factory):
  """A training that has ended."""
  path = tmp_path_factory.mktemp('trained') / 'model'
  settings = {
    **small.SETTINGS,
    'architecture': str(cells),
    'model_dir': str(path),
    'train_images': 400,
    'drop_path_keep': 1.0,
    'dropout': 0.0,
    'flip': False,
    'cutout': 0,
    'epochs': 8,
    'filters': 8,
    'learning_rate': 0.2,
  }
  return settings, train(small.config(settings))


def test_a_network_learns_and_is_measured_once(trained):
  settings, result = trained
  measures = result.trained.measures
  assert measures['validation_accuracy'] > 0.6  # Chance is 0.1.
  assert measures['test_accuracy'] > 0.6
  assert measures['test_top_5_accuracy'] > measures['test_accuracy']
  assert measures['steps'] == 8 * (400 // 32)
  assert result.trained.provenance['architecture'] == settings['architecture']
  assert result.trained.recipe['learning_rate'] == 0.2


def test_what_is_kept_is_what_was_measured(trained):
  settings, result = trained
  data = load_data(small.config(settings).data)
  record = result.trained.dataset
  pixels = (data.test_images / 255 - record.mean) / record.std
  logits = load_model(result.model_dir).predict(
    pixels.astype(np.float32), verbose=0
  )
  accuracy = np.mean(logits.argmax(axis=-1) == data.test_labels)
  assert accuracy == pytest.approx(result.trained.measures['test_accuracy'])


def test_files_of_a_training(trained):
  folder = trained[1].model_dir
  with (folder / 'metrics.csv').open() as file:
    rows = list(csv.DictReader(file))
  assert [int(row['epoch']) for row in rows] == list(range(1, 9))
  assert float(rows[-1]['validation_accuracy']) == pytest.approx(
    trained[1].trained.measures['validation_accuracy']
  )
  assert 'Epoch 8 of 8: training loss' in (folder / 'train.log').read_text()
  assert list(folder.glob('tensorboard/*/events.*'))
  assert '--learning_rate=0.2\n' in (folder / 'defining.flags').read_text()


def test_an_ended_training_is_not_measured_again(trained, monkeypatch):
  settings, result = trained
  monkeypatch.setattr(
    'nasnet_search.training.replicated.ReplicatedNetwork.evaluate',
    pytest.fail,
  )
  again = train(small.config(settings))
  assert again.trained == result.trained


def test_own_callbacks_are_called_and_may_stop(settings):
  class Stopper(keras.callbacks.Callback):
    logs = None

    def on_epoch_end(self, epoch, logs=None):
      self.logs = logs
      self.model.stop_training = epoch == 0

  settings |= {**small.QUICK, 'epochs': 3}
  stopper = Stopper()
  result = train(small.config(settings), [stopper])
  assert result.trained.measures['steps'] == 3
  assert {'loss', 'accuracy', 'val_loss', 'val_accuracy'} <= stopper.logs.keys()
  assert stopper.model.count_params() > 0


def test_a_training_that_diverges_says_so(settings):
  settings |= {**small.QUICK, 'learning_rate': 1e30, 'gradient_clip': 0.0}
  with pytest.raises(
    UserError, match=r'NaN or infinite by step 3, in epoch 1\.'
  ):
    train(small.config(settings))
  folder = pathlib.Path(settings['model_dir'])
  assert not (folder / 'trained_network.json').exists()


def test_a_continued_training_must_be_the_same(trained):
  settings, result = trained
  before = sorted(result.model_dir.rglob('*'))
  for others, message in (
    ({'learning_rate': 0.3}, 'learning_rate was 0.2, is now 0.3'),
    ({'seed': 8}, 'seed was 3, is now 8'),
    ({'architecture': 'darts_v2'}, 'the architecture is another'),
    ({'train_images': 300}, 'train_images was 400, is now 300'),
  ):
    with pytest.raises(UserError, match=message):
      train(small.config(settings, **others))
  assert sorted(result.model_dir.rglob('*')) == before


@pytest.mark.parametrize(
  ('others', 'message'),
  [
    ({'architecture': ''}, 'Expected a cell to train: --architecture'),
    ({'architecture': 'nasnet_z'}, 'Expected an architecture of the zoo'),
    ({'architecture': '', 'run_dir': 'x'}, 'Expected RUN_DIR to be the dir'),
    ({'reductions': 4}, r'Expected images of at least 32x32 .* 8x8'),
    ({'skeleton': 'imagenet', 'filters': 8}, 'Expected images of at least 16x'),
    ({'filters': 5}, 'Expected an even number of filters'),
    ({'data': 'nothing'}, 'Unknown data set'),
    ({'data': 'folder', 'data_path': 'empty'}, 'Expected images .* none in'),
    ({'train_images': 1}, 'Expected at least 1 image of each'),
    ({'plugin': ('no_such_module',)}, 'Expected --plugin to name modules'),
  ],
)
def test_bad_input_leaves_nothing_behind(
  settings, tmp_path, monkeypatch, others, message
):
  monkeypatch.chdir(tmp_path)
  (tmp_path / 'empty').mkdir()
  with pytest.raises(UserError, match=message):
    train(small.config(settings, **others))
  assert not pathlib.Path(settings['model_dir']).exists()


@pytest.mark.parametrize('made', ['file', 'other files', 'a run'])
def test_a_directory_that_holds_something_else(settings, tmp_path, made):
  folder = tmp_path / 'taken'
  if made == 'file':
    folder.write_text('')
    message = 'which is a file'
  else:
    folder.mkdir()
    (folder / 'photo.jpg').write_text('')
    message = 'which holds other files'
  with pytest.raises(UserError, match=message):
    train(small.config(settings, model_dir=str(folder)))


def test_a_directory_that_cannot_be_written(settings, tmp_path, monkeypatch):
  (tmp_path / 'file').write_text('')
  with pytest.raises(
    UserError, match='Expected --model_dir to be a directory '
  ):
    train(small.config(settings, model_dir=str(tmp_path / 'file' / 'model')))


def test_a_full_disk_is_told_and_nothing_is_lost(settings, monkeypatch):
  from nasnet_search.training import checkpoints

  def full(*arguments, **more):
    raise OSError(28, 'No space left on device')

  with monkeypatch.context() as patch:
    patch.setattr(checkpoints.np, 'savez', full)
    with pytest.raises(
      UserError, match=r'No space left .* same command goes on'
    ):
      train(small.config(settings, **small.QUICK))
  folder = pathlib.Path(settings['model_dir'])
  assert not list(folder.glob('checkpoints/*'))


def test_a_checkpoint_of_another_network_is_refused(settings, trained):
  # Somebody copied checkpoints from one training to another.
  config = small.config(settings)
  folder = pathlib.Path(settings['model_dir'])
  folder.mkdir()
  source = trained[1].model_dir
  description = json.loads((source / 'training.json').read_text())
  description['network']['filters'] = 4
  description['recipe'] |= config.recipe_settings()
  for part in ('train_images', 'flip', 'cutout'):
    description['data'][part] = getattr(config.data, part)
  description['dataset']['train_images'] = config.data.train_images
  description['dataset'] |= {
    name: list(getattr(load_data(config.data).record, name))
    for name in ('mean', 'std')
  }
  (folder / 'training.json').write_text(json.dumps(description))
  (folder / 'checkpoints').symlink_to(source / 'checkpoints')
  with pytest.raises(UserError, match='Expected a checkpoint of this network'):
    train(config)
