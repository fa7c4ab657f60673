"""How much memory a training step takes, against what the cost model says.

For random architectures in networks of different size, each in a process of
its own: a training step is traced and run once on two images, so that what
TensorFlow needs once is there; another is traced for a whole batch, and the
growth of the peak of resident memory over two steps of it is measured.

  python tests/benchmarks/step_memory.py --networks=20

Two CPU cores, 24 GiB, Python 3.11, TensorFlow 2.21; seeds 0 to 19:

  seed  repeats filters image batch  measured estimated ratio
     0        1       8    32    64    279 MiB   248 MiB  0.89
     1        2       8    32    32    273 MiB   222 MiB  0.81
     2        1      16    32    96    890 MiB   901 MiB  1.01
     3        3      16    32    64    902 MiB   863 MiB  0.96
     4        1      24    32    32    542 MiB   544 MiB  1.00
     5        2      24    32    96   1893 MiB  1813 MiB  0.96
     6        1      32    48    64   2491 MiB  2754 MiB  1.11
     7        3      32    48    32   2281 MiB  2471 MiB  1.08
     8        1       8    48    96   1060 MiB  1018 MiB  0.96
     9        2       8    32    64    593 MiB   555 MiB  0.94
    10        1      16    32    32    311 MiB   283 MiB  0.91
    11        3      16    32    96   1643 MiB  1795 MiB  1.09
    12        1      24    32    64    892 MiB   907 MiB  1.02
    13        2      24    32    32    738 MiB   746 MiB  1.01
    14        1      32    32    96   1507 MiB  1666 MiB  1.11
    15        3      32    48    64   5203 MiB  5557 MiB  1.07
    16        1       8    48    32    327 MiB   319 MiB  0.98
    17        2       8    48    96   1066 MiB  1077 MiB  1.01
    18        1      16    32    64    468 MiB   484 MiB  1.03
    19        3      16    32    32    553 MiB   553 MiB  1.00
  Estimated over measured: 0.81 to 1.11, median 1.01
"""

import json
import subprocess
import sys

import numpy as np
from absl import app, flags

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.cost import network_cost
from nasnet_search.cells.nasnet_space import NASNetSpace
from nasnet_search.cells.search_space import random_choices

_NETWORKS = flags.DEFINE_integer(
  'networks', 20, 'Networks to measure; the number of each is its seed.'
)
_GROW = flags.DEFINE_integer(
  'grow', None, 'Only print by how many bytes the network of a seed grows.'
)

REPEATS = (1, 2, 1, 3)
FILTERS = (8, 16, 24, 32)
SIZES = (32, 32, 48)
BATCHES = (64, 32, 96)


def architecture_of(seed):
  """Returns a random architecture."""
  space = NASNetSpace()
  return space.decode(random_choices(space, np.random.default_rng(seed)))


def network_of(seed):
  """Returns the configuration of a network and the size of its batches."""
  size = SIZES[seed // 3 % 3]
  config = NetworkConfig(
    image_shape=(size, size, 3),
    classes=10,
    repeats=REPEATS[seed % 4],
    filters=FILTERS[seed // 2 % 4],
  )
  return config, BATCHES[seed % 3]


def measured(seed):
  """Returns the measured growth in bytes; runs a process of its own."""
  done = subprocess.run(
    [sys.executable, __file__, f'--grow={seed}'],
    capture_output=True,
    text=True,
    check=False,
  )
  if done.returncode:
    raise RuntimeError(done.stderr)
  return json.loads(done.stdout)


def estimated(seed):
  """Returns what the cost model says, without the weights that are there."""
  config, batch = network_of(seed)
  architecture = architecture_of(seed)
  return network_cost(architecture, config, batch_size=batch).training_bytes


def grow(seed):
  """Prints by how many bytes the peak of this process grows."""
  from nasnet_search.tensorflow_setup import quiet

  with quiet():
    import tensorflow as tf

  from nasnet_search.builders.graph import network_graph
  from nasnet_search.evaluators.config import ProxyConfig
  from nasnet_search.evaluators.steps import Child

  config, batch = network_of(seed)
  child = Child(
    network_graph(architecture_of(seed), config),
    _Images(config),
    ProxyConfig(),
    total_steps=100,
    seed=0,
    augmentation_seed=0,
  )
  child.training_step(2)(tf.range(2))
  step = child.training_step(batch)
  with open('/proc/self/clear_refs', 'w', encoding='ascii') as file:
    file.write('5')  # Forgets the peak (proc(5)).
  before = _status('VmRSS')
  for _ in range(2):
    step(tf.range(batch)).numpy()
  print(_status('VmHWM') - before)


class _Images:
  """Images of nothing, made where they are needed."""

  def __init__(self, config):
    self._shape = config.image_shape

  def training_batch(self, indices, seeds):
    import tensorflow as tf

    count = indices.shape[0]
    return tf.zeros([count, *self._shape]), tf.zeros([count], tf.int32)


def _status(name):
  with open('/proc/self/status', encoding='ascii') as file:
    for line in file:
      if line.startswith(name):
        return int(line.split()[1]) * 1024
  raise RuntimeError(f'No {name} in /proc/self/status.')


def main(arguments):
  del arguments
  if _GROW.value is not None:
    grow(_GROW.value)
    return
  ratios = []
  print('seed  repeats filters image batch  measured estimated ratio')
  for seed in range(_NETWORKS.value):
    config, batch = network_of(seed)
    found, expected = measured(seed), estimated(seed)
    ratios.append(expected / found)
    print(
      f'{seed:4}  {config.repeats:7} {config.filters:7} '
      f'{config.image_shape[0]:5} {batch:5}  {found / 2**20:5.0f} MiB '
      f'{expected / 2**20:5.0f} MiB {ratios[-1]:5.2f}',
      flush=True,
    )
  print(
    f'Estimated over measured: {min(ratios):.2f} to {max(ratios):.2f}, '
    f'median {np.median(ratios):.2f}'
  )


if __name__ == '__main__':
  app.run(main)
