"""How long a step of full training takes, against `fit` of the stock network.

  python tests/benchmarks/training_step.py [--repeats=1] [--filters=8]

Both train NASNet-A on 32x32 images, batch 64, with Nesterov momentum, weight
decay off and clipping by the global norm, in turns; the median of the turns
is printed. `fit` trains the same graph of Keras' own layers. This project's
step also looks up, normalises and counts; `fit` gets arrays that are ready.

Two x86-64 cores with a load of 8 from others, so only the seconds of CPU say
something; TensorFlow 2.21, Keras 3.15, N = 1, F = 8:

                      first 10 steps            a step
  nasnet-train       14.3 s,  7.1 s CPU    596 ms, 454 ms CPU
  fit, stock layers  41.3 s, 20.1 s CPU    912 ms, 568 ms CPU
"""

import os
import statistics
import time

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import keras
import numpy as np
from absl import app, flags

from nasnet_search.builders.inference import inference_network
from nasnet_search.cells import zoo
from nasnet_search.data.dataset import DatasetFacts, DatasetRecord, ImageData
from nasnet_search.tensorflow_setup import deterministic_tensorflow
from nasnet_search.training.config import TrainConfig
from nasnet_search.training.subject import network_config

_REPEATS = flags.DEFINE_integer('repeats', 1, 'N.')
_FILTERS = flags.DEFINE_integer('filters', 8, 'F.')

_SHAPE, _CLASSES, _BATCH, _STEPS, _TURNS = (32, 32, 3), 10, 64, 10, 5


def main(arguments: list[str]) -> None:
  """Prints milliseconds a step."""
  del arguments
  deterministic_tensorflow()
  from nasnet_search.training.distribution import Replicas, make_strategy
  from nasnet_search.training.image_batches import ImagesInMemory
  from nasnet_search.training.replicated import ReplicatedNetwork
  from nasnet_search.training.trainer import Trainer

  config = TrainConfig.of(
    {
      'repeats': _REPEATS.value,
      'filters': _FILTERS.value,
      'batch_size': _BATCH,
      'weight_decay': 0.0,
      'checkpoint_steps': 10**6,
    }
  )
  names = tuple(map(str, range(_CLASSES)))
  architecture = zoo.load('nasnet_a')
  network = network_config(
    architecture,
    config.stack,
    config.init,
    DatasetFacts('random', names, _SHAPE),
  )
  rng = np.random.default_rng(0)
  images = rng.integers(0, 256, (_BATCH * _STEPS, *_SHAPE), np.uint8)
  labels = rng.integers(0, _CLASSES, len(images)).astype(np.int32)
  record = DatasetRecord(
    'random',
    names,
    _SHAPE,
    (0.5,) * 3,
    (0.25,) * 3,
    '',
    len(images),
    0,
    0,
    '',
    0,
  )
  empty = images[:0], labels[:0]
  data = ImageData(record, images, labels, *empty, *empty)
  batches = ImagesInMemory(data, 0, _BATCH)
  replicated = ReplicatedNetwork(
    architecture,
    network,
    config,
    batches,
    Replicas(make_strategy(config.output)),
    fresh=True,
  )
  trainer = Trainer(replicated, batches, config.output.checkpoint_steps)
  replicated.model.stop_training = False
  callbacks = keras.callbacks.CallbackList([], model=replicated.model)
  stock = inference_network(architecture, network)
  stock.compile(
    keras.optimizers.SGD(0.1, 0.9, nesterov=True, global_clipnorm=5.0),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=['accuracy'],
    jit_compile=False,
  )
  ready = ((images / 255 - 0.5) / 0.25).astype(np.float32)
  ways = {
    'nasnet-train': lambda: trainer.train_stretch(callbacks),
    'fit, stock layers': lambda: stock.fit(
      ready, labels, _BATCH, verbose=0, shuffle=False
    ),
  }
  times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
  for turn in range(_TURNS + 1):
    for name, way in ways.items():
      start = time.perf_counter(), time.process_time()
      way()
      wall = time.perf_counter() - start[0]
      busy = time.process_time() - start[1]
      if turn:
        times[name].append((1000 * wall / _STEPS, 1000 * busy / _STEPS))
      else:
        print(f'{name}: first {_STEPS} steps {wall:.1f} s, {busy:.1f} s of CPU')
  for name, each in times.items():
    wall, busy = map(statistics.median, zip(*each, strict=True))
    print(f'{name}: {wall:.0f} ms a step, {busy:.0f} ms of CPU')


if __name__ == '__main__':
  app.run(main)
