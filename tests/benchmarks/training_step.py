"""How long a step of full training takes, against `fit` of the stock network.

  python tests/benchmarks/training_step.py
  python tests/benchmarks/training_step.py --network=mobile

Both train NASNet-A: on 32x32 images in batches of 64 (`small`, N = 1, F = 8),
or on 224x224 images in batches of 32 (`mobile`, against
`keras.applications.NASNetMobile`). With Nesterov momentum, weight decay off
and clipping by the global norm, in turns; the median of the turns is printed.
`fit` of `small` trains the same graph of Keras' own layers. This project's
step also looks up, normalises and counts; `fit` gets arrays that are ready.

Two x86-64 cores, TensorFlow 2.21, Keras 3.15; `mobile`, --steps=2 --turns=3:

                      first two steps       a step
  nasnet-train        17 s, 20 s CPU     2,971 ms, 3,822 ms CPU
  fit, NASNetMobile   62 s, 61 s CPU     4,058 ms, 4,971 ms CPU
"""

import os
import statistics
import time

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import keras
import numpy as np
from absl import app, flags

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.inference import inference_network
from nasnet_search.builders.keras_applications import imagenet_config
from nasnet_search.cells import zoo
from nasnet_search.data.dataset import DatasetRecord, ImageData
from nasnet_search.tensorflow_setup import deterministic_tensorflow
from nasnet_search.training.config import TrainConfig

_NETWORK = flags.DEFINE_enum('network', 'small', ['small', 'mobile'], 'Size.')
_STEPS = flags.DEFINE_integer('steps', 10, 'Steps in a turn.')
_TURNS = flags.DEFINE_integer('turns', 5, 'Turns that count.')


def sizes():
  """Returns the shape of images, the number of classes and the batch size."""
  if _NETWORK.value == 'mobile':
    return (224, 224, 3), 1000, 32
  return (32, 32, 3), 10, 64


def random_data(shape, classes, count):
  """Returns random images as a data set."""
  rng = np.random.default_rng(0)
  images = rng.integers(0, 256, (count, *shape), np.uint8)
  labels = rng.integers(0, classes, count).astype(np.int32)
  record = DatasetRecord(
    name='random',
    class_names=tuple(map(str, range(classes))),
    image_shape=shape,
    mean=(0.5,) * 3,
    std=(0.25,) * 3,
    resampling='',
    train_images=count,
    validation_images=0,
    test_images=0,
    test_origin='',
    split_seed=0,
  )
  empty = images[:0], labels[:0]
  return ImageData(record, images, labels, *empty, *empty)


def networks():
  """Returns the configuration of our network, and the stock one."""
  shape, classes, _ = sizes()
  if _NETWORK.value == 'mobile':
    stock = keras.applications.NASNetMobile(
      weights=None, classifier_activation=None
    )
    return imagenet_config('mobile', image_shape=shape, classes=classes), stock
  config = NetworkConfig(shape, classes)
  return config, inference_network(zoo.load('nasnet_a'), config)


def ours(network, data, batch):
  """Returns a function that takes all steps of an epoch."""
  from nasnet_search.training.distribution import Replicas, make_strategy
  from nasnet_search.training.image_batches import ImagesInMemory
  from nasnet_search.training.replicated import ReplicatedNetwork
  from nasnet_search.training.trainer import Trainer

  config = TrainConfig.of(
    {'batch_size': batch, 'weight_decay': 0.0, 'checkpoint_steps': 10**6}
  )
  batches = ImagesInMemory(data, 0, batch)
  replicated = ReplicatedNetwork(
    zoo.load('nasnet_a'),
    network,
    config,
    batches,
    Replicas(make_strategy(config.output)),
    fresh=True,
  )
  trainer = Trainer(replicated, batches, config.output.checkpoint_steps)
  replicated.model.stop_training = False
  callbacks = keras.callbacks.CallbackList([], model=replicated.model)
  return lambda: trainer.train_stretch(callbacks)


def fit(model, data, batch):
  """Returns a function that fits one epoch of images that are ready."""
  model.compile(
    keras.optimizers.SGD(0.1, 0.9, nesterov=True, global_clipnorm=5.0),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=['accuracy'],
    jit_compile=False,
  )
  ready = ((data.train_images / 255 - 0.5) / 0.25).astype(np.float32)
  return lambda: model.fit(
    ready, data.train_labels, batch, verbose=0, shuffle=False
  )


def main(arguments: list[str]) -> None:
  """Prints milliseconds a step."""
  del arguments
  deterministic_tensorflow()
  shape, classes, batch = sizes()
  data = random_data(shape, classes, batch * _STEPS.value)
  network, stock = networks()
  ways = {
    'nasnet-train': ours(network, data, batch),
    'fit': fit(stock, data, batch),
  }
  times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
  for turn in range(_TURNS.value + 1):
    for name, way in ways.items():
      start = time.perf_counter(), time.process_time()
      way()
      wall = time.perf_counter() - start[0]
      busy = time.process_time() - start[1]
      if turn:
        steps = _STEPS.value
        times[name].append((1000 * wall / steps, 1000 * busy / steps))
      else:
        print(f'{name}: first turn {wall:.1f} s, {busy:.1f} s of CPU')
  for name, each in times.items():
    wall, busy = map(statistics.median, zip(*each, strict=True))
    print(f'{name}: {wall:.0f} ms a step, {busy:.0f} ms of CPU')


if __name__ == '__main__':
  app.run(main)
