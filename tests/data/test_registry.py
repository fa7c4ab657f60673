"""Loading by configuration, plugins, and what is refused."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.data.config import DataConfig
from nasnet_search.data.registry import DATASETS, describe, load_data
from nasnet_search.data.source import Arrays, Source
from nasnet_search.registry import load_plugins

PLUGIN = '''
"""A data set of one's own: horizontal and vertical stripes."""

import numpy as np

from nasnet_search.data.registry import DATASETS
from nasnet_search.data.source import Arrays, Source


def open_stripes(config, cache_dir):
  return Source(('horizontal', 'vertical'), (8, 8, 1), read_stripes)


def read_stripes():
  labels = np.arange(40, dtype=np.int32) % 2
  images = np.zeros((40, 8, 8, 1), np.uint8)
  images[labels == 0, ::2] = 255
  images[labels == 1, :, ::2] = 255
  return Arrays(images[:30], labels[:30], images[30:], labels[30:])


DATASETS.register('stripes', open_stripes)
'''


@pytest.fixture
def register(monkeypatch):
  """Registers a data set for one test."""
  monkeypatch.setattr(DATASETS, '_entries', dict(DATASETS._entries))

  def add(images, labels, class_names=('a', 'b'), shape=(8, 8, 1)):
    arrays = Arrays(images, labels, images[:0], labels[:0])
    source = Source(class_names, shape, lambda: arrays)
    DATASETS.register('own', lambda config, cache_dir: source)
    return DataConfig(data='own')

  return add


def test_a_plugin_brings_a_data_set(tmp_path, monkeypatch, register):
  (tmp_path / 'stripes_plugin.py').write_text(PLUGIN)
  monkeypatch.syspath_prepend(tmp_path)
  load_plugins(('stripes_plugin',))
  config = DataConfig(data='stripes', validation_images=6)
  assert describe(config).image_shape == (8, 8, 1)
  data = load_data(config)
  assert np.bincount(data.train_labels).tolist() == [12, 12]
  assert np.bincount(data.validation_labels).tolist() == [3, 3]
  assert data.test_labels.tolist() == [0, 1] * 5
  assert data.record.mean == (0.5,)
  assert data.record.std == (0.5,)
  assert data.record.test_origin == 'given by the data set'


def test_an_unknown_name_lists_the_known():
  with pytest.raises(UserError, match=r"digits, cifar10.*Received: 'digit'"):
    describe(DataConfig(data='digit'))


def test_describing_and_loading_need_no_tensorflow(write_folder, class_files):
  path = str(write_folder(class_files))
  program = f"""
import sys
from nasnet_search.data.config import DataConfig
from nasnet_search.data.registry import describe, load_data
for name in ('digits', 'cifar10', 'cifar100', 'mnist', 'fashion_mnist'):
  describe(DataConfig(data=name))
assert 'sklearn' not in sys.modules
load_data(DataConfig(data='folder', data_path={path!r}))
load_data(DataConfig())
assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules
"""
  subprocess.run([sys.executable, '-c', program], check=True)


def test_record_tells_what_was_loaded():
  config = DataConfig(train_images=200, validation_images=100, split_seed=5)
  data = load_data(config)
  record, facts = data.record, describe(config)
  for field in dataclasses.fields(facts):
    assert getattr(record, field.name) == getattr(facts, field.name)
  assert (record.train_images, record.validation_images) == (200, 100)
  assert (record.test_images, record.split_seed) == (359, 5)
  assert len(data.train_images) == 200
  assert len(data.validation_images) == 100


def test_normalisation_is_of_all_images_not_held_out():
  few = load_data(DataConfig(train_images=50)).record
  everything = load_data(DataConfig())
  assert (few.mean, few.std) == (everything.record.mean, everything.record.std)
  pixels = everything.train_images / 255
  assert everything.record.mean[0] == pytest.approx(pixels.mean())
  assert everything.record.std[0] == pytest.approx(pixels.std())


def test_image_size_scales_every_part():
  config = DataConfig(image_size=4)
  data, large = load_data(config), load_data(DataConfig())
  assert describe(config).image_shape == data.record.image_shape == (4, 4, 1)
  blocks = large.train_images.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4))
  scaled = data.train_images[..., 0]
  assert np.abs(scaled - blocks).max() <= 0.5
  assert data.validation_images.shape[1:] == (4, 4, 1)
  assert data.test_images.shape[1:] == (4, 4, 1)
  pixels = data.train_images / 255
  assert data.record.mean[0] == pytest.approx(pixels.mean())


def test_loading_twice_gives_the_same():
  one, two = load_data(DataConfig()), load_data(DataConfig())
  assert one.record == two.record
  assert np.array_equal(one.train_images, two.train_images)


@pytest.mark.parametrize(
  ('settings', 'message'),
  [
    ({'image_size': 3}, 'at least 4x4 pixels. Received: 3x3.*--image_size'),
    ({'cutout': 8}, 'Expected --cutout below 8.*8x8 images. Received: 8'),
    ({'crop_padding': 9}, 'Expected --crop_padding below 8.* Received: 9'),
    ({'data_path': 'x'}, '--data_path only with --data=folder'),
  ],
)
def test_unusable_settings_are_refused(settings, message):
  with pytest.raises(UserError, match=message):
    describe(DataConfig(**settings))


def test_flip_suits_every_size():
  assert describe(DataConfig(flip=True, image_size=4)).image_shape == (4, 4, 1)


IMAGES = np.zeros((40, 8, 8, 1), np.uint8)
LABELS = np.arange(40, dtype=np.int32) % 2


@pytest.mark.parametrize(
  ('images', 'labels', 'message'),
  [
    (IMAGES / 255, LABELS, 'train images .* to be uint8 .* Received: float64'),
    (
      IMAGES[:30],
      LABELS,
      r'shape \(40, 8, 8, 1\). Received: .*\(30, 8, 8, 1\)',
    ),
    (IMAGES, LABELS[:, None], r'int32 of 1 dim.*of shape \(40, 1\)'),
    (IMAGES, LABELS.astype(float), 'to be int32 .* Received: float64'),
    (IMAGES, LABELS + 1, r'from 0 to 1\. Received: 1 to 2'),
  ],
)
def test_arrays_unlike_their_description_are_refused(
  register, images, labels, message
):
  with pytest.raises(UserError, match=message):
    load_data(register(images, labels))


def test_one_class_is_refused(register):
  config = register(IMAGES, LABELS * 0, class_names=('only',))
  with pytest.raises(UserError, match=r'at least 2 classes.*Received: only\.'):
    describe(config)
