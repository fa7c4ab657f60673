"""The configurations that networks were published with.

A reading is the set of options that makes one code base's cells; who reads
how is told here, what the options are in `options`. Importing this module must
not import TensorFlow.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.cells.errors import UserError, check_choice, located
from nasnet_search.cells.zoo import PublishedNetwork, ZooEntry

_SLIM = {
  'reduction_in_stack': False,
  'input_fitting': 'as_needed',
  'strided_identity': 'convolution',
  'convolution_style': 'plain',
  'ignore_dilation': False,
  'padding': 'same',
  'final_relu': True,
  'classifier_bias': True,
}

READINGS: Mapping[str, Mapping[str, Any]] = {
  'slim': _SLIM,
  'keras_applications': _SLIM | {'padding': 'zeros'},
  'pnasnet': _SLIM | {'reduction_in_stack': True},
  'tpu': _SLIM | {'convolution_style': 'bottleneck', 'ignore_dilation': True},
  'darts': _SLIM
  | {
    'input_fitting': 'always',
    'strided_identity': 'relu_factorized_reduction',
    'final_relu': False,
  },
  'enas': _SLIM
  | {
    'input_fitting': 'current_twice',
    'strided_identity': 'factorized_reduction',
    'classifier_bias': False,
  },
}
"""The options in which code bases differ, by code base.

`slim`: tensorflow/models, research/slim/nets/nasnet, nasnet.py. `pnasnet`: its
pnasnet.py. `keras_applications`: keras.applications.nasnet. `tpu`:
tensorflow/tpu, models/official/amoeba_net. `darts`: quark0/darts, cnn. `enas`:
melodyguan/enas, src/cifar10/micro_child.py.
"""


def published_config(
  entry: ZooEntry,
  *,
  skeleton: str,
  repeats: int,
  filters: int,
  reading: str = '',
  **options: Any,
) -> NetworkConfig:
  """Returns the configuration of a network of a published architecture.

  If the three numbers are those of a published network, it is that network.
  Otherwise it is built in the same reading, and the size of its images and
  the number of its classes must be among the options.

  Args:
    entry: The architecture, from the zoo.
    skeleton: What stands before its first stack of cells.
    repeats: N, the normal cells in a row.
    filters: F, the filters of the first normal cells.
    reading: One of `READINGS`; that of the entry if empty.
    **options: Fields of `NetworkConfig`, in place of published ones.

  Raises:
    UserError: An option or reading is unknown, something is missing, or the
      network cannot be built; the message says why.
  """
  check_choice('reading', reading or entry.reading, READINGS)
  known = [field.name for field in dataclasses.fields(NetworkConfig)]
  for name in options:
    check_choice('option of a network', name, known)
  network = entry.network(skeleton, repeats, filters)
  published = {} if network is None else _options(network, known)
  chosen = {
    **READINGS[reading or entry.reading],
    **published,
    'skeleton': skeleton,
    'repeats': repeats,
    'filters': filters,
    **options,
  }
  missing = {'image_shape', 'classes'} - set(chosen)
  if missing:
    raise UserError(
      f'Expected {" and ".join(sorted(missing))} for a network of {entry.name} '
      f'that was not published: {skeleton} skeleton, {repeats} repeats, '
      f'{filters} filters. Received none. Published are: {_listed(entry)}.'
    )
  return NetworkConfig(**chosen)


def _options(network: PublishedNetwork, known: list[str]) -> dict[str, Any]:
  with located(network.name):
    for name in network.options:
      check_choice('option of a network', name, known)
  size = network.image_size
  return {
    'image_shape': (size, size, 3),
    'classes': network.classes,
    **network.options,
  }


def _listed(entry: ZooEntry) -> str:
  return '; '.join(
    f'{network.name} ({network.skeleton}, {network.repeats}, {network.filters})'
    for network in entry.networks
  )
