"""The data sets of Keras, with Keras' own loading replaced."""

import importlib

import numpy as np
import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.data.config import DataConfig
from nasnet_search.data.registry import describe, load_data

SETS = {
  'cifar10': (50000, (32, 32, 3), 10),
  'cifar100': (50000, (32, 32, 3), 100),
  'mnist': (60000, (28, 28), 10),
  'fashion_mnist': (60000, (28, 28), 10),
}


@pytest.fixture
def fake(monkeypatch):
  """Replaces `load_data`; image i has i in its first pixels."""
  calls = []

  def install(name, train_count=None, test_count=10000):
    count, shape, classes = SETS[name]

    def images(number):
      indices = np.arange(number)
      pixels = np.zeros((number, *shape), np.uint8)
      pixels[:, 0, 0].T[...] = indices % 256
      pixels[:, 0, 1].T[...] = indices // 256
      labels = (indices % classes).astype(np.uint8)
      return pixels, labels[:, None] if name.startswith('cifar') else labels

    def load_data_():
      calls.append(name)
      return images(train_count or count), images(test_count)

    module = importlib.import_module(f'keras.datasets.{name}')
    monkeypatch.setattr(module, 'load_data', load_data_)
    return calls

  return install


def identities(images):
  return (images[:, 0, 0, 0] + 256 * images[:, 0, 1, 0].astype(int)).tolist()


def test_cifar10_is_split_as_in_the_paper(fake):
  fake('cifar10')
  data = load_data(DataConfig(data='cifar10'))
  assert data.train_images.shape == (45000, 32, 32, 3)
  assert data.validation_images.shape == (5000, 32, 32, 3)
  assert data.test_images.shape == (10000, 32, 32, 3)
  assert np.bincount(data.train_labels).tolist() == [4500] * 10
  assert np.bincount(data.validation_labels).tolist() == [500] * 10
  train = identities(data.train_images)
  validation = identities(data.validation_images)
  assert sorted(train + validation) == list(range(50000))
  assert [index % 10 for index in train] == data.train_labels.tolist()
  assert data.train_labels.dtype == np.int32


@pytest.mark.parametrize('name', SETS)
def test_description_agrees_with_the_images(fake, name):
  fake(name, 1000, 100)
  facts = describe(DataConfig(data=name))
  _, shape, classes = SETS[name]
  assert facts.image_shape == (*shape, 1)[:3]
  assert len(set(facts.class_names)) == classes
  data = load_data(
    DataConfig(data=name, validation_images=100, train_images=500)
  )
  assert data.record.class_names == facts.class_names
  assert data.train_images.shape == (500, *facts.image_shape)


def test_class_names_are_in_the_order_of_the_labels():
  # CIFAR-100's fine labels are in alphabetical order; the order of the others
  # is in the documentation of keras.datasets.
  names = describe(DataConfig(data='cifar100')).class_names
  assert list(names) == sorted(names)
  assert describe(DataConfig(data='cifar10')).class_names[3] == 'cat'
  assert describe(DataConfig(data='mnist')).class_names[7] == '7'
  assert describe(DataConfig(data='fashion_mnist')).class_names[9] == (
    'Ankle boot'
  )


def test_keras_is_asked_once(fake):
  calls = fake('mnist', 200, 50)
  config = DataConfig(data='mnist')
  first, second = load_data(config), load_data(config)
  assert calls == ['mnist']
  assert np.array_equal(first.train_images, second.train_images)
  assert isinstance(second.test_images, np.memmap)


@pytest.mark.parametrize(
  ('name', 'file'),
  [
    ('cifar10', 'cifar-10-batches-py-target_archive'),
    ('cifar100', 'cifar-100-python-target_archive'),
    ('mnist', r'mnist\.npz'),
    ('fashion_mnist', 'fashion-mnist/ under the same names'),
  ],
)
def test_a_failed_download_says_what_to_do(monkeypatch, name, file):
  def fail(*_, **__):
    raise OSError('no network')

  # What Keras downloads with.
  monkeypatch.setattr('keras.src.utils.file_utils.urlretrieve', fail)
  monkeypatch.setattr('keras.src.backend.config._KERAS_DIR', '/nowhere')
  with pytest.raises(UserError, match=rf'no network.*/datasets/{file}\.$'):
    load_data(DataConfig(data=name))


def test_a_path_is_refused():
  with pytest.raises(UserError, match='--data_path only with --data=folder'):
    describe(DataConfig(data='mnist', data_path='/images'))
