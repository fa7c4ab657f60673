"""The record of a trained network, and its model directory."""

import dataclasses
import json
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.cells import zoo
from nasnet_search.cells.errors import UserError
from nasnet_search.data.config import DataConfig
from nasnet_search.data.dataset import DatasetRecord
from nasnet_search.training.trained_files import (
  RECORD_FILE,
  WEIGHTS_FILE,
  load_model,
  load_trained,
  save_trained,
)
from nasnet_search.training.trained_network import TrainedNetwork

SHAPE = (20, 20, 3)
TRAINED = TrainedNetwork(
  architecture=zoo.load('darts_v2'),
  network=NetworkConfig(
    image_shape=SHAPE,
    classes=2,
    filters=2,
    reductions=1,
    auxiliary_head='before_last_reduction',
    drop_path_keep=0.5,
    dropout=0.5,
  ),
  dataset=DatasetRecord(
    name='folder',
    class_names=('cat', 'dog'),
    image_shape=SHAPE,
    mean=(0.1, 0.2, 1 / 3),
    std=(0.25, 0.26, 0.27),
    resampling='mean_or_lanczos',
    train_images=90,
    validation_images=10,
    test_images=0,
    test_origin='none given',
    split_seed=7,
  ),
  data=DataConfig(data='folder', data_path='photos'),
  recipe={'epochs': 3, 'learning_rate': 0.1},
  seed=7,
  measures={'test_accuracy': 1 / 3},
  provenance={'architecture': 'darts_v2', 'packages': {'keras': '3'}},
)


@pytest.fixture(scope='module')
def model():
  from nasnet_search.builders.network import build_network

  model = build_network(TRAINED.architecture, TRAINED.network, seed=1)
  rng = np.random.default_rng(0)
  for variable in model.variables:
    variable.assign(rng.uniform(0.5, 1.5, variable.shape))
  return model


@pytest.fixture(scope='module')
def saved(tmp_path_factory, model):
  path = tmp_path_factory.mktemp('saved') / 'deep' / 'model'
  save_trained(path, TRAINED, model)
  return path


@pytest.fixture
def directory(tmp_path, saved):
  return shutil.copytree(saved, tmp_path / 'deep' / 'model')


def test_round_trip_through_json():
  text = json.dumps(TRAINED.to_dict())
  assert TrainedNetwork.from_dict(json.loads(text)) == TRAINED


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    ({'format': 'x'}, "Expected the format 'nasnet_search.trained_network'"),
    ({'format_version': 2}, 'Expected format_version 1.* Received: 2'),
    ({'recipe': []}, r'Expected recipe to be a mapping. Received: \[\]'),
    ({'seed': 'x'}, "Expected seed to be a whole number. Received: 'x'"),
    ({'architecture': {}}, 'architecture: Expected the keys'),
    ({'dataset': {}}, 'dataset: Expected the keys'),
    ({'network': 3}, 'Expected network to be a mapping. Received: 3'),
    ({'network': {'colour': 1}}, 'network: Expected the fields of a Network'),
    (
      {'network': {'image_shape': [8], 'classes': 2}},
      'network: Expected the fields of a Network',
    ),
    ({'data': {'data_path': 1}}, 'data: Expected --data_path to be a string'),
    (
      {'network': {'image_shape': [8, 8, 1], 'classes': 2}},
      r'images of its data set, of shape \(20, 20, 3\)',
    ),
    (
      {'network': {'image_shape': [*SHAPE], 'classes': 3}},
      'classes of its data set, 2. Received one for 3',
    ),
  ],
)
def test_other_data_are_refused(change, message):
  with pytest.raises(UserError, match=message):
    TrainedNetwork.from_dict({**TRAINED.to_dict(), **change})


def test_a_saved_network_computes_what_the_trained_one_did(directory, model):
  assert load_trained(directory) == TRAINED
  images = np.random.default_rng(1).normal(size=(3, *SHAPE))
  images = images.astype(np.float32)
  loaded = load_model(directory)
  np.testing.assert_allclose(
    loaded(images), model(images, training=False)['logits'], rtol=1e-5
  )
  assert {type(layer).__module__.partition('.')[0] for layer in loaded.layers} \
    == {'keras'}  # fmt: skip
  # Neither drop-path nor dropout: training changes only batch statistics.
  assert not any('drop' in layer.name for layer in loaded.layers)
  assert sorted(path.name for path in directory.iterdir()) == [
    WEIGHTS_FILE, RECORD_FILE,
  ]  # fmt: skip


def test_the_model_must_be_the_one_of_the_record(tmp_path, model):
  other = dataclasses.replace(TRAINED, architecture=zoo.load('nasnet_a'))
  with pytest.raises(ValueError, match=r'Layer .* is not compatible'):
    save_trained(tmp_path, other, model)
  assert list(tmp_path.iterdir()) == []


def test_killed_between_the_two_files_there_is_no_network(
  directory, model, monkeypatch
):
  replace = pathlib.Path.replace

  def fail(self, target):
    if self.name.endswith(RECORD_FILE):
      raise OSError(28, 'No space left on device')
    return replace(self, target)

  monkeypatch.setattr(pathlib.Path, 'replace', fail)
  with pytest.raises(UserError, match='No space left on device'):
    save_trained(directory, TRAINED, model)
  with pytest.raises(UserError, match='No such file'):
    load_trained(directory)
  assert [path.name for path in directory.iterdir()] == [WEIGHTS_FILE]


def test_a_directory_that_is_a_file_is_refused(tmp_path, model):
  (tmp_path / 'file').write_text('')
  with pytest.raises(UserError, match='Expected --model_dir to be a directory'):
    save_trained(tmp_path / 'file', TRAINED, model)
  assert (tmp_path / 'file').read_text() == ''


def test_a_missing_record_and_missing_weights_are_named(directory):
  with pytest.raises(UserError, match='Expected --model_dir to be a model dir'):
    load_trained(directory.parent)
  (directory / WEIGHTS_FILE).unlink()
  with pytest.raises(UserError, match=f'weights.*{WEIGHTS_FILE}'):
    load_model(directory)


@pytest.mark.parametrize('text', ['{', '\xff', '[' * 100_000])
def test_a_damaged_record_is_refused(directory, text):
  (directory / RECORD_FILE).write_bytes(text.encode('latin-1'))
  with pytest.raises(UserError, match='record of a trained network as JSON'):
    load_trained(directory)


def test_weights_that_are_damaged_by_one_byte_are_refused(directory):
  path = directory / WEIGHTS_FILE
  content = bytearray(path.read_bytes())
  content[len(content) // 2] ^= 1
  path.write_bytes(content)
  with pytest.raises(UserError, match=f'{WEIGHTS_FILE}, which is damaged'):
    load_model(directory)


def test_weights_of_another_network_are_refused(directory):
  path = directory / RECORD_FILE
  data = json.loads(path.read_text())
  data['network']['filters'] = 4
  path.write_text(json.dumps(data))
  with pytest.raises(UserError, match=f'{WEIGHTS_FILE}, which does not fit'):
    load_model(directory)


def test_importing_costs_no_tensorflow():
  program = (
    'import sys, nasnet_search.training.trained_files\n'
    "print([x for x in ('tensorflow', 'keras') if x in sys.modules])"
  )
  result = subprocess.run(
    [sys.executable, '-c', program], capture_output=True, text=True, check=True
  )
  assert result.stdout.strip() == '[]'
