"""Weights of keras.applications' NASNet for ours, for transfer learning.

`NASNetMobile` and `NASNetLarge` are NASNet-A 4 @ 1056 and 6 @ 4032. Their
weights fit networks that pad as they do (`padding='zeros'`) and want images as
they do: pixels divided by 255, less `PIXEL_MEAN`, divided by `PIXEL_STD`, which
is what `keras.applications.nasnet.preprocess_input` does.

Importing this module imports TensorFlow.
"""

import dataclasses
from typing import Any

import keras

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.heads import AUXILIARY
from nasnet_search.builders.published import published_config
from nasnet_search.builders.skeleton import placed_cells
from nasnet_search.cells import zoo
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.errors import UserError, check_choice

PIXEL_MEAN = 0.5
PIXEL_STD = 0.5
"""Pixels between 0 and 1 become pixels between -1 and 1."""
ZOO_NAME = 'nasnet_a'
"""The architecture that has weights in keras.applications."""
VARIANTS = {'mobile': (4, 44), 'large': (6, 168)}
"""The networks that have: their repeats and filters."""
_CLASSES = 1000
_READING = 'keras_applications'

# In what a network may differ from the one that the weights were trained in.
_FREE = (
  'image_shape',
  'classes',
  'auxiliary_head',
  'auxiliary_stride',
  'drop_path_keep',
  'drop_path_by_depth',
  'dropout',
  'batch_norm_momentum',
)

# Our operations with weights and the blocks of keras.applications they are.
_OPERATIONS = {
  'normal': {
    'block_0.operation_1': 'normal_left1',
    'block_0.operation_2': 'normal_right1',
    'block_1.operation_1': 'normal_left2',
    'block_1.operation_2': 'normal_right2',
    'block_4.operation_1': 'normal_left5',
  },
  'reduction': {
    'block_0.operation_1': 'reduction_left1',
    'block_0.operation_2': 'reduction_right1',
    'block_1.operation_2': 'reduction_right2',
    'block_2.operation_2': 'reduction_right3',
    'block_4.operation_1': 'reduction_left4',
  },
}


def imagenet_config(variant: str, **options: Any) -> NetworkConfig:
  """Returns the configuration of a network that the ImageNet weights fit.

  Args:
    variant: One of `VARIANTS`.
    **options: Fields of `NetworkConfig` in place of the published ones.

  Raises:
    UserError: The variant or an option is unknown, or the network cannot be
      built.
  """
  check_choice('variant', variant, VARIANTS)
  repeats, filters = VARIANTS[variant]
  return published_config(
    zoo.entry(ZOO_NAME),
    skeleton='imagenet',
    repeats=repeats,
    filters=filters,
    reading=_READING,
    **options,
  )


def load_imagenet_weights(
  model: keras.Model, architecture: Architecture, config: NetworkConfig
) -> None:
  """Loads weights trained on ImageNet, which Keras downloads on first use.

  With 1,000 classes the classifier is loaded too; with another number it keeps
  its weights, and so does an auxiliary head.

  Args:
    model: What `build_network` made of the architecture and configuration.
    architecture: The cells.
    config: How they are stacked.

  Raises:
    UserError: There are no weights for this network, or they can neither be
      found nor downloaded.
  """
  variant = _variant(architecture, config)
  make = {
    'mobile': keras.applications.NASNetMobile,
    'large': keras.applications.NASNetLarge,
  }[variant]
  try:
    source = make(weights='imagenet', include_top=config.classes == _CLASSES)
  except Exception as error:  # Keras raises no narrower one.
    if 'URL fetch failure' not in str(error):
      raise
    raise UserError(
      'Expected the ImageNet weights of keras.applications in the cache of '
      'Keras, or internet to download them. Received an error: '
      f'{error}. Load them once where there is internet and copy the folder '
      '~/.keras/models.'
    ) from error
  copy_weights(source, model, config)


def copy_weights(
  source: keras.Model, model: keras.Model, config: NetworkConfig
) -> None:
  """Copies the weights of a NASNet of keras.applications.

  Args:
    source: The NASNet; without its classifier, that of `model` is left alone.
    model: NASNet-A of the same size, in the `imagenet` skeleton. Its auxiliary
      head is left alone.
    config: Its configuration.
  """
  names = _cell_names(config)
  known = {layer.name for layer in source.layers}
  for layer in model.layers:
    if not layer.weights or layer.name.startswith(f'{AUXILIARY}.'):
      continue
    name, part = _source_of(layer.name, names)
    if name != _CLASSIFIER or name in known:
      weights = source.get_layer(name).get_weights()
      layer.set_weights(weights if part is None else [weights[part]])


_CLASSIFIER = 'predictions'


def _variant(architecture: Architecture, config: NetworkConfig) -> str:
  if architecture != zoo.load(ZOO_NAME):
    raise UserError(
      'Expected NASNet-A (nasnet_a of the zoo), the only architecture with '
      'ImageNet weights in Keras. Received another one.'
    )
  size = config.repeats, config.filters
  for variant, known in VARIANTS.items():
    if size == known:
      _check_options(config, imagenet_config(variant))
      return variant
  raise UserError(
    'Expected repeats and filters of a network that has ImageNet weights: '
    + ' or '.join(f'{n} and {f}' for n, f in VARIANTS.values())
    + f'. Received: {size[0]} and {size[1]}.'
  )


def _check_options(config: NetworkConfig, trained: NetworkConfig) -> None:
  channels = config.image_shape[-1], trained.image_shape[-1]
  if channels[0] != channels[1]:
    raise UserError(
      f'Expected images of {channels[1]} channels for the ImageNet weights. '
      f'Received: {channels[0]}.'
    )
  for field in dataclasses.fields(config):
    received, expected = (getattr(x, field.name) for x in (config, trained))
    if field.name not in _FREE and received != expected:
      raise UserError(
        f'Expected {field.name} to be {expected!r}, as the ImageNet weights of '
        f'Keras need. Received: {received!r}.'
      )


def _cell_names(config: NetworkConfig) -> list[str]:
  """Returns the names of our cells in keras.applications, in order.

  Its two stem cells are `stem_1` and `stem_2`. A reduction cell is called
  after the normal cells before it, of which there are N or 2 N; a normal cell
  has its number, which leaves one out for the first reduction cell.
  """
  names = ['stem_1', 'stem_2']
  normal = 0
  for cell in placed_cells(config)[len(names) :]:
    if cell.kind == 'reduction':
      names.append(f'reduce_{normal}')
    else:
      names.append(str(normal + (normal >= config.repeats)))
      normal += 1
  return names


def _source_of(layer: str, cells: list[str]) -> tuple[str, int | None]:
  """Returns where the weights of one of our layers are in keras.applications.

  Args:
    layer: The name of our layer.
    cells: The names that our cells have there, in order.

  Returns:
    The name of the layer, and which of its weights ours has; None for all.
  """
  if layer in _OUTSIDE_CELLS:
    return _OUTSIDE_CELLS[layer], None
  cell, kind, place, *rest = layer.split('.')
  name = cells[int(cell.removeprefix('cell_'))]
  if place == 'previous':
    return f'{_PREVIOUS[rest[0]]}_{name}', None
  if place == 'current':
    return f'{kind}_{_CURRENT[rest[0]]}_{name}', None
  operation, step = rest
  # What both have twice, numbered: separable convolution, normalisation.
  part, _, number = step.rpartition('_')
  block = f'{_OPERATIONS[kind][f"{place}.{operation}"]}_{name}'
  if part == 'batch_normalization':
    return f'separable_conv_{number}_bn_{block}', None
  return f'separable_conv_{number}_{block}', _SEPARABLE[part]


_OUTSIDE_CELLS = {
  'stem.convolution': 'stem_conv1',
  'stem.batch_normalization': 'stem_bn1',
  'logits': _CLASSIFIER,
}
_CURRENT = {'convolution': 'conv_1', 'batch_normalization': 'bn_1'}
_PREVIOUS = {
  'convolution': 'adjust_conv_projection',
  'convolution_1': 'adjust_conv_1',
  'convolution_2': 'adjust_conv_2',
  'batch_normalization': 'adjust_bn',
}
# A separable convolution of Keras holds both of its kernels.
_SEPARABLE = {'depthwise': 0, 'convolution': 1}
