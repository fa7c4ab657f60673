"""The work that all sides do: architectures, proxies, images."""

import dataclasses

import numpy as np

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.graph import network_graph
from nasnet_search.cells import zoo
from nasnet_search.cells.nasnet_space import NASNetSpace
from nasnet_search.cells.search_space import random_choices
from nasnet_search.data.config import DataConfig
from nasnet_search.data.dataset import DatasetRecord, ImageData
from nasnet_search.data.registry import load_data
from nasnet_search.evaluators.config import ProxyConfig

PROXIES = {'small': (1, 8), 'large': (2, 32)}
"""Repeats and filters."""
ARCHITECTURES = ('nasnet_a', 'pools', 'convolutions')
BATCH = 64
VALIDATION_IMAGES = 1000
VALIDATION_BATCH = 250
CROP_PADDING = 4
TRAINING = ProxyConfig(epochs=1, batch_size=BATCH)
"""Learning rate, momentum, decay and clipping, of all sides."""


def architecture_of(name):
  """Returns NASNet-A, or a random cell with many pools or convolutions."""
  if name == 'nasnet_a':
    return zoo.entry('nasnet_a').architecture
  kinds = {
    'pools': ('average_pool_3x3', 'max_pool_3x3', 'separable_conv_3x3'),
    'convolutions': ('conv_3x3', 'conv_1x7_7x1', 'separable_conv_5x5'),
  }
  space = NASNetSpace(operations=kinds[name])
  return space.decode(random_choices(space, np.random.default_rng(1)))


def graph_of(architecture, proxy):
  """Returns the network of a proxy on 32x32 images of ten classes."""
  repeats, filters = PROXIES[proxy]
  return network_graph(
    architecture_of(architecture),
    NetworkConfig((32, 32, 3), 10, repeats=repeats, filters=filters),
  )


def data_config(data_path, images):
  """Returns how real images are read and varied."""
  return DataConfig(
    data='folder' if data_path else 'digits',
    data_path=data_path,
    image_size=32,
    train_images=images,
    validation_images=VALIDATION_IMAGES,
    crop_padding=CROP_PADDING,
    flip=True,
  )


def load(data_path, images):
  """Returns real images, or random ones if there is no path to any."""
  if data_path:
    return load_data(data_config(data_path, images))
  draws = np.random.default_rng(0)

  def part(count):
    pixels = draws.integers(0, 256, (count, 32, 32, 3), np.uint8)
    return pixels, draws.integers(0, 10, count).astype(np.int32)

  record = DatasetRecord(
    name='random',
    class_names=tuple('0123456789'),
    image_shape=(32, 32, 3),
    mean=(0.5, 0.5, 0.5),
    std=(0.25, 0.25, 0.25),
    resampling='none',
    train_images=images,
    validation_images=VALIDATION_IMAGES,
    test_images=0,
    test_origin='none',
    split_seed=0,
  )
  empty = np.zeros((0, 32, 32, 3), np.uint8), np.zeros(0, np.int32)
  return ImageData(record, *part(images), *part(VALIDATION_IMAGES), *empty)


@dataclasses.dataclass
class Report:
  """What one child took, in seconds unless said otherwise.

  Attributes:
    start: Wall-clock time from the architecture to the end of the first step.
    start_cpu: The same in processor time.
    steps: Wall-clock time of each further step.
    steps_cpu: The same in processor time.
    validation: Wall-clock time of valuing the validation images.
    validation_cpu: The same in processor time.
    accuracy: Validation accuracy.
    peak: Greatest resident memory of the process, MiB.
  """

  start: float
  start_cpu: float
  steps: list
  steps_cpu: list
  validation: float
  validation_cpu: float
  accuracy: float
  peak: float = 0.0
