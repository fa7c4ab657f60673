"""The data sets of `keras.datasets`: CIFAR-10, CIFAR-100, MNIST, Fashion-MNIST.

Keras downloads and checks them, and unpacks an archive again at every call.
What it returns is kept in the cache of this project, so workers that start
together neither unpack over each other nor need Keras to see their images.
"""

import importlib
import os
import pathlib
from typing import Any

import numpy as np

from nasnet_search.cells.errors import UserError
from nasnet_search.data.array_files import read_arrays, write_arrays
from nasnet_search.data.cache import cache_key, cached
from nasnet_search.data.config import DataConfig
from nasnet_search.data.source import Arrays, Source, refuse_data_path

_VERSION = 1
"""Goes into the key of the cache: raise it when what is written changes."""

_URL = 'https://storage.googleapis.com/tensorflow/tf-keras-datasets'
_CIFAR_URL = 'https://www.cs.toronto.edu/~kriz'

# Where Keras (3.15) looks before it downloads: what to put where, by hand.
_PLACES = {
  'cifar10': (
    f'{_CIFAR_URL}/cifar-10-python.tar.gz',
    'cifar-10-batches-py-target_archive',
  ),
  'cifar100': (
    f'{_CIFAR_URL}/cifar-100-python.tar.gz',
    'cifar-100-python-target_archive',
  ),
  'mnist': (f'{_URL}/mnist.npz', 'mnist.npz'),
  'fashion_mnist': (
    f'the four {_URL}/{{train,t10k}}-{{images-idx3,labels-idx1}}-ubyte.gz',
    'fashion-mnist/ under the same names',
  ),
}

_CIFAR10 = 'airplane automobile bird cat deer dog frog horse ship truck'

# The fine labels, in the order of the data set's own meta file.
_CIFAR100 = """
  apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy
  bridge bus butterfly camel can castle caterpillar cattle chair chimpanzee
  clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant
  flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower
  leopard lion lizard lobster man maple_tree motorcycle mountain mouse mushroom
  oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain
  plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal
  shark shrew skunk skyscraper snail snake spider squirrel streetcar sunflower
  sweet_pepper table tank telephone television tiger tractor train trout tulip
  turtle wardrobe whale willow_tree wolf woman worm
"""

CIFAR10_CLASSES = tuple(_CIFAR10.split())
CIFAR100_CLASSES = tuple(_CIFAR100.split())
MNIST_CLASSES = tuple(map(str, range(10)))
FASHION_MNIST_CLASSES = (
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
)


def open_cifar10(config: DataConfig, cache_dir: pathlib.Path) -> Source:
  """Returns CIFAR-10: 10 classes, 32x32 pixels, RGB, 50,000 + 10,000."""
  return _source(config, cache_dir, CIFAR10_CLASSES, (32, 32, 3))


def open_cifar100(config: DataConfig, cache_dir: pathlib.Path) -> Source:
  """Returns CIFAR-100: 100 classes, 32x32 pixels, RGB, 50,000 + 10,000."""
  return _source(config, cache_dir, CIFAR100_CLASSES, (32, 32, 3))


def open_mnist(config: DataConfig, cache_dir: pathlib.Path) -> Source:
  """Returns MNIST: 10 classes, 28x28 pixels, grayscale, 60,000 + 10,000."""
  return _source(config, cache_dir, MNIST_CLASSES, (28, 28, 1))


def open_fashion_mnist(config: DataConfig, cache_dir: pathlib.Path) -> Source:
  """Returns Fashion-MNIST: 10 classes, 28x28, grayscale, 60,000 + 10,000."""
  return _source(config, cache_dir, FASHION_MNIST_CLASSES, (28, 28, 1))


def _source(
  config: DataConfig,
  cache_dir: pathlib.Path,
  class_names: tuple[str, ...],
  image_shape: tuple[int, int, int],
) -> Source:
  refuse_data_path(config)
  name = config.data
  folder = cache_dir / cache_key('keras', name, _VERSION)
  return Source(
    class_names=class_names,
    image_shape=image_shape,
    read=lambda: cached(
      folder,
      lambda partial: write_arrays(partial, _load(name, image_shape)),
      read_arrays,
    ),
  )


def _load(name: str, image_shape: tuple[int, int, int]) -> Arrays:
  try:
    module = importlib.import_module(f'keras.datasets.{name}')
    (train, train_labels), (test, test_labels) = module.load_data()
  # Keras raises a bare Exception for a failed download.
  except Exception as error:
    origin, place = _PLACES[name]
    home = os.environ.get('KERAS_HOME') or '~/.keras'
    raise UserError(
      f'Expected to download the data set {name}. Received: {error}. Connect '
      f'to the internet, or get {origin} elsewhere and put it at '
      f'{home}/datasets/{place}.'
    ) from error
  return Arrays(
    _images(train, image_shape),
    _labels(train_labels),
    _images(test, image_shape),
    _labels(test_labels),
  )


def _images(images: Any, image_shape: tuple[int, int, int]) -> np.ndarray:
  return np.asarray(images, np.uint8).reshape(-1, *image_shape)


def _labels(labels: Any) -> np.ndarray:
  return np.asarray(labels, np.int32).reshape(-1)
