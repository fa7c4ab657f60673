"""Starting from weights of another training."""

import dataclasses
import json
import pathlib
import shutil

import keras
import numpy as np
import pytest

from nasnet_search.builders import keras_applications
from nasnet_search.builders.network import build_network
from nasnet_search.cells import zoo
from nasnet_search.cells.errors import UserError
from nasnet_search.data.registry import describe, load_data
from nasnet_search.training import init_weights
from nasnet_search.training.config import InitConfig, TrainConfig
from nasnet_search.training.subject import network_config
from nasnet_search.training.train import train
from nasnet_search.training.trained_files import load_model, load_trained
from tests.training import small


@pytest.fixture(scope='module')
def first(cells, tmp_path_factory):
  """The model directory of a network trained before."""
  path = tmp_path_factory.mktemp('first') / 'model'
  settings = {**small.SETTINGS, **small.QUICK, 'architecture': str(cells)}
  train(small.config(settings, model_dir=str(path)))
  return path


def weights_of(model_dir):
  """Returns the weights of a trained network by layer."""
  return {
    layer.name: layer.get_weights()
    for layer in load_model(model_dir).layers
    if layer.weights
  }


def test_frozen_only_the_classifier_changes(settings, first):
  settings |= {
    **small.QUICK,
    'init_weights': str(first),
    'freeze': True,
    'seed': 9,
  }
  train(small.config(settings))
  before, after = weights_of(first), weights_of(settings['model_dir'])
  assert before.keys() == after.keys()
  assert len(before) > 10
  for name, weights in before.items():
    same = all(
      np.array_equal(one, two)
      for one, two in zip(weights, after[name], strict=True)
    )
    # The moving statistics of batch normalisation among them.
    assert same == (name != 'logits'), name


def test_a_transfer_goes_on_without_what_it_started_from(
  settings, first, tmp_path
):
  source = tmp_path / 'source'
  shutil.copytree(first, source)
  settings |= {**small.QUICK, 'epochs': 2, 'init_weights': str(source)}

  class Stop(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
      raise RuntimeError

  with pytest.raises(RuntimeError):
    train(small.config(settings), [Stop()])
  shutil.rmtree(source)
  folder = pathlib.Path(settings['model_dir'])
  written = folder / 'training.json'
  version = f'"keras": "{keras.__version__}"'
  assert version in written.read_text()
  written.write_text(written.read_text().replace(version, '"keras": "3.1"'))
  result = train(small.config(settings))
  assert (
    'begun with other versions: keras was 3.1, is now'
    in (folder / 'train.log').read_text()
  )
  assert result.trained.measures['steps'] == 6
  assert result.trained.dataset.mean == load_trained(first).dataset.mean


def test_images_are_normalised_as_for_the_weights(settings, first):
  # Other images have other means; a network of earlier weights wants its own.
  settings |= {**small.QUICK, 'train_images': 200, 'split_seed': 5}
  own = load_data(small.config(settings).data).record
  record = init_weights.bound_record(InitConfig(str(first)), own)
  assert record.mean == load_trained(first).dataset.mean != own.mean
  assert record.std == load_trained(first).dataset.std != own.std
  assert dataclasses.replace(record, mean=own.mean, std=own.std) == own


@pytest.mark.parametrize('keep', [False, True])
def test_the_classifier_is_new_unless_it_is_kept(cells, first, keep):
  config, architecture, network = parts(cells, first, keep_classifier=keep)
  model = build_network(architecture, network, seed=9)
  new = model.get_layer('logits').get_weights()[0]
  init_weights.load_init_weights(config.init, model, architecture, network)
  before = weights_of(first)
  expected = before['logits'][0] if keep else new
  got = model.get_layer('logits').get_weights()[0]
  np.testing.assert_array_equal(got, expected)
  for name in ('stem.convolution', 'stem.batch_normalization'):
    for one, two in zip(
      model.get_layer(name).get_weights(), before[name], strict=True
    ):
      np.testing.assert_array_equal(one, two)
  assert all(layer.trainable for layer in model.layers)


def parts(cells, first, **others):
  """Returns configuration, cells and network of a transfer."""
  settings = {**small.SETTINGS, **small.QUICK, 'architecture': str(cells)}
  config = small.config(settings, init_weights=str(first), **others)
  architecture = zoo.load_architecture(cells)
  network = network_config(
    architecture, config.stack, config.init, describe(config.data)
  )
  return config, architecture, network


@pytest.mark.parametrize(
  ('others', 'message'),
  [
    (
      {'architecture': 'darts_v2'},
      'Expected --init_weights of the same cells. Received: .*trained with '
      'others .*cells.json.*architecture.json',
    ),
    ({'filters': 6}, 'Expected filters to be 4, as in the network .* 6'),
    ({'repeats': 2}, 'Expected repeats to be 1, as in the network .* 2'),
    (
      {'architecture': 'darts_v2', 'init_weights': 'keras:imagenet'},
      'Expected NASNet-A',
    ),
    (
      {
        'architecture': 'nasnet_a',
        'init_weights': 'keras:imagenet',
        'image_size': 32,
        'skeleton': 'imagenet',
        'filters': 44,
        'repeats': 3,
      },
      'Expected repeats and filters of a network that has ImageNet weights: 4 '
      'and 44 or 6 and 168. Received: 3 and 44',
    ),
    ({'init_weights': 'nowhere'}, '--init_weights: Expected .* a model dir'),
  ],
)
def test_weights_of_another_network_are_refused(
  settings, first, others, message
):
  settings |= {**small.QUICK, 'init_weights': str(first), **others}
  with pytest.raises(UserError, match=message):
    train(small.config(settings))
  assert not pathlib.Path(settings['model_dir']).exists()


def test_a_classifier_for_other_classes_is_refused(settings, first, tmp_path):
  other = tmp_path / 'other'
  other.mkdir()
  record = json.loads((first / 'trained_network.json').read_text())
  record['dataset']['class_names'] = ['cat', 'dog', 'cow']
  record['network']['classes'] = 3
  (other / 'trained_network.json').write_text(json.dumps(record))
  settings |= {
    **small.QUICK,
    'init_weights': str(other),
    'keep_classifier': True,
  }
  message = (
    r'Expected the 3 classes that .* tells apart.* Received a data set of 10 '
    r'classes: 0, 1, 2, 3, 4, .*Leave --keep_classifier out'
  )
  with pytest.raises(UserError, match=message):
    train(small.config(settings))
  settings['init_weights'] = 'keras:imagenet'
  with pytest.raises(UserError, match='Expected the 1000 classes that keras'):
    train(small.config(settings))
  assert not pathlib.Path(settings['model_dir']).exists()


def test_weights_of_images_of_other_channels_are_refused(first):
  record = load_trained(first).dataset
  color = dataclasses.replace(
    record, image_shape=(8, 8, 3), mean=(0.5,) * 3, std=(0.2,) * 3
  )
  with pytest.raises(UserError, match='Expected images of 1 channels, like'):
    init_weights.bound_record(InitConfig(str(first)), color)


@pytest.mark.parametrize(
  ('settings', 'message'),
  [
    ({'freeze': True}, 'Expected --init_weights with --freeze'),
    ({'keep_classifier': True}, 'Expected --init_weights with --keep_class'),
    (
      {
        'init_weights': 'keras:imagenet',
        'freeze': True,
        'auxiliary_head': 'last_reduction',
      },
      'Expected --auxiliary_head=none with --freeze',
    ),
    (
      {
        'init_weights': 'keras:imagenet',
        'freeze': True,
        'drop_path_keep': 0.5,
      },
      'Expected --drop_path_keep=1.0 with --freeze',
    ),
  ],
)
def test_settings_that_contradict_each_other(settings, message):
  with pytest.raises(UserError, match=message):
    TrainConfig.of(settings)


@pytest.mark.slow
@pytest.mark.parametrize('classes', [10, 1000])
def test_imagenet_weights_of_keras(monkeypatch, tmp_path, classes):
  # What Keras would download: a file of weights, made here of fresh ones.
  file = tmp_path / 'nasnet_mobile.weights.h5'
  shape = (32, 32, 3)
  top = keras.applications.NASNetMobile(shape, weights=None, classes=1000)
  top.save_weights(file)
  make = keras.applications.NASNetMobile

  def downloaded(weights, include_top):
    assert weights == 'imagenet'
    source = make(shape, weights=None, classes=1000)
    source.load_weights(file)
    if include_top:
      return source
    return keras.Model(source.input, source.layers[-3].output)

  monkeypatch.setattr(keras.applications, 'NASNetMobile', downloaded)
  config = TrainConfig.of(
    {
      'skeleton': 'imagenet',
      'repeats': 4,
      'filters': 44,
      'batch_norm_epsilon': 1e-3,
      'batch_norm_momentum': 0.9997,
      'init_weights': 'keras:imagenet',
      'freeze': True,
    }
  )
  facts = dataclasses.replace(
    describe(config.data),
    image_shape=shape,
    class_names=tuple(map(str, range(classes))),
  )
  architecture = zoo.load('nasnet_a')
  network = network_config(architecture, config.stack, config.init, facts)
  assert network.padding == 'zeros'
  model = build_network(architecture, network, seed=1)
  init_weights.load_init_weights(config.init, model, architecture, network)
  init_weights.freeze(model)
  assert [layer.name for layer in model.layers if layer.trainable] == ['logits']
  # With everything but the classifier frozen, the features are Keras'.
  images = np.random.default_rng(0).uniform(-1, 1, (2, *shape)).astype('f')
  ours = keras.Model(model.input, model.get_layer('global_average_pool').output)
  theirs = keras.Model(top.input, top.layers[-2].output)
  np.testing.assert_allclose(ours(images), theirs(images), rtol=1e-3, atol=1e-4)
  # A new classifier, even where the old one would fit.
  kernel = model.get_layer('logits').get_weights()[0]
  assert kernel.shape == (1056, classes)
  if classes == 1000:
    assert not np.allclose(
      kernel, top.get_layer('predictions').get_weights()[0]
    )


def test_imagenet_weights_want_images_between_minus_one_and_one():
  record = dataclasses.replace(
    load_data(TrainConfig().data).record,
    image_shape=(8, 8, 3),
    mean=(0.1,) * 3,
    std=(0.2,) * 3,
  )
  bound = init_weights.bound_record(InitConfig('keras:imagenet'), record)
  # keras.applications.nasnet.preprocess_input: pixel / 127.5 - 1.
  pixels = np.array([0.0, 127.5, 255.0])
  np.testing.assert_allclose(
    (pixels / 255 - bound.mean[0]) / bound.std[0],
    keras.applications.nasnet.preprocess_input(pixels.copy()),
  )
  assert bound.mean == (keras_applications.PIXEL_MEAN,) * 3
