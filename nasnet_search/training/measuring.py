"""How long this machine takes for a network: to train on it, and to use it.

Images are random: how long a step takes does not depend on what they show.
Importing this module imports TensorFlow.
"""

import dataclasses
import statistics
import time
from collections.abc import Callable

import numpy as np
import psutil
import tensorflow as tf

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.cost import network_cost
from nasnet_search.builders.inference import inference_network
from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.data.dataset import DatasetRecord, ImageData
from nasnet_search.evaluators.trainer import free_memory
from nasnet_search.randomness import generator
from nasnet_search.training.config import TrainConfig
from nasnet_search.training.distribution import Replicas, make_strategy
from nasnet_search.training.image_batches import ImagesInMemory
from nasnet_search.training.replicated import ReplicatedNetwork

_STEPS = 5
_RUNS = 30
_LONGEST = 15.0
"""Seconds after which no more steps or runs are measured."""
_MEMORY_SHARE = 0.5
"""Of the memory that is free, what a measured step may take by estimate."""


@dataclasses.dataclass(frozen=True)
class StepTime:
  """How long a training step takes.

  Attributes:
    seconds: For a whole batch; the median.
    batch: Images that were measured with; if fewer than a whole batch, which
      needs more memory than there is, the time was scaled up.
  """

  seconds: float
  batch: int


def step_time(
  architecture: AnyArchitecture, network: NetworkConfig, config: TrainConfig
) -> StepTime:
  """Measures a training step, on all devices that the training has.

  Args:
    architecture: The cells.
    network: How they are stacked.
    config: The recipe; weights to start from are not looked for.
  """
  replicas = Replicas(make_strategy(config.output))
  whole = config.recipe.batch_size
  batch = _batch_that_fits(architecture, network, whole, replicas.count)
  # A learning rate of 0: random labels teach nothing, and nothing diverges.
  recipe = dataclasses.replace(
    config.recipe,
    batch_size=batch,
    learning_rate=0.0,
    train_on_validation=False,
  )
  images = ImagesInMemory(_random_data(network, batch), 0, batch)
  replicated = ReplicatedNetwork(
    architecture,
    network,
    dataclasses.replace(config, recipe=recipe),
    images,
    replicas,
    fresh=False,
  )
  # Of the first step; with its sums the device is waited for.
  seconds = _median(lambda: replicated.train(0).numpy(), _STEPS)
  return StepTime(seconds * whole / batch, batch)


def latency_ms(architecture: AnyArchitecture, network: NetworkConfig) -> float:
  """Measures how long TensorFlow takes for one image, in milliseconds.

  Args:
    architecture: The cells.
    network: How they are stacked; without what is only for training.
  """
  seconds = _latency(architecture, network)
  # Networks are measured one after another, and what is left of each adds up.
  free_memory()
  return 1000 * seconds


def _latency(architecture: AnyArchitecture, network: NetworkConfig) -> float:
  model = inference_network(architecture, network)
  image = tf.zeros([1, *network.image_shape])
  call = tf.function(lambda x: model(x, training=False), autograph=False)
  return _median(lambda: call(image).numpy(), _RUNS)


def _median(call: Callable[[], object], count: int) -> float:
  for _ in range(2):  # The first call traces, the second finds its memory.
    call()
  times: list[float] = []
  while len(times) < count and sum(times) < _LONGEST:
    start = time.perf_counter()
    call()
    times.append(time.perf_counter() - start)
  return statistics.median(times)


def _batch_that_fits(
  architecture: AnyArchitecture,
  network: NetworkConfig,
  whole: int,
  replicas: int,
) -> int:
  free = psutil.virtual_memory().available * _MEMORY_SHARE
  batch = whole
  while batch % (2 * replicas) == 0:
    cost = network_cost(architecture, network, batch_size=batch)
    if cost.training_bytes <= free:
      break
    batch //= 2
  return batch


def _random_data(network: NetworkConfig, count: int) -> ImageData:
  rng = generator(0, 'measuring')
  images = rng.integers(0, 256, (count, *network.image_shape), np.uint8)
  labels = rng.integers(0, network.classes, count, np.int32)
  channels = network.image_shape[-1]
  record = DatasetRecord(
    name='random',
    class_names=tuple(map(str, range(network.classes))),
    image_shape=network.image_shape,
    mean=(0.5,) * channels,
    std=(0.25,) * channels,
    resampling='',
    train_images=count,
    validation_images=0,
    test_images=0,
    test_origin='',
    split_seed=0,
  )
  none = images[:0], labels[:0]
  return ImageData(record, images, labels, *none, *none)
