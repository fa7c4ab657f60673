"""Weights to start from: those of another training, with a new classifier.

Weights bind how images are normalised: whoever starts from them normalises as
they were trained, whatever the mean colour of the new images is.
"""

import dataclasses

import keras
import numpy as np

from nasnet_search.builders import keras_applications
from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.heads import AUXILIARY
from nasnet_search.cells.architecture import cells_of
from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.cells.errors import UserError, located
from nasnet_search.data.dataset import DatasetRecord
from nasnet_search.training.config import KERAS_IMAGENET, InitConfig
from nasnet_search.training.trained_files import load_model, load_trained
from nasnet_search.training.trained_network import TrainedNetwork

CLASSIFIER = 'logits'
"""The name of the layer that is the classifier."""

# In what a network may differ from the one whose weights it starts from.
_FREE = (
  'image_shape',
  'classes',
  'auxiliary_head',
  'auxiliary_stride',
  'drop_path_keep',
  'drop_path_by_depth',
  'dropout',
  'layer_dropout',
  'batch_norm_momentum',
)
_IMAGENET_CLASSES = 1000


def bound_record(init: InitConfig, record: DatasetRecord) -> DatasetRecord:
  """Returns the record of a data set, normalised as the weights want it.

  Args:
    init: The weights to start from, if any.
    record: The record, normalised by its own images.

  Raises:
    UserError: The weights were trained on images of other channels, or
      cannot be read.
  """
  if not init.init_weights:
    return record
  channels = record.image_shape[-1]
  if init.init_weights == KERAS_IMAGENET:
    return dataclasses.replace(
      record,
      mean=(keras_applications.PIXEL_MEAN,) * channels,
      std=(keras_applications.PIXEL_STD,) * channels,
    )
  source = _trained(init).dataset
  if source.image_shape[-1] != channels:
    raise UserError(
      f'Expected images of {source.image_shape[-1]} channels, like those that '
      f'{init.init_weights} was trained on. Received: {channels} channels.'
    )
  return dataclasses.replace(record, mean=source.mean, std=source.std)


def check_classifier(init: InitConfig, record: DatasetRecord) -> None:
  """Raises unless a classifier that is to be kept is for these classes.

  Raises:
    UserError: It is for others.
  """
  if not init.keep_classifier:
    return
  received = len(record.class_names)
  if init.init_weights == KERAS_IMAGENET:
    expected, same = _IMAGENET_CLASSES, received == _IMAGENET_CLASSES
  else:
    names = _trained(init).dataset.class_names
    expected, same = len(names), names == record.class_names
  if not same:
    raise UserError(
      f'Expected the {expected} classes that {init.init_weights} tells apart, '
      'in their order, with --keep_classifier. Received a data set of '
      f'{received} {"others" if received == expected else "classes"}: '
      f'{", ".join(record.class_names[:5])}'
      f'{", ..." if received > 5 else ""}. Leave --keep_classifier out to '
      'train a new one.'
    )


def load_init_weights(
  init: InitConfig,
  model: keras.Model,
  architecture: AnyArchitecture,
  network: NetworkConfig,
) -> None:
  """Gives a network the weights to start from.

  Args:
    init: Which weights.
    model: The network, as `build_network` made it.
    architecture: Its cells.
    network: Its configuration.

  Raises:
    UserError: The weights are of another network or cannot be read.
  """
  if not init.init_weights:
    return
  classifier = model.get_layer(CLASSIFIER)
  new = classifier.get_weights()
  if init.init_weights == KERAS_IMAGENET:
    cells = cells_of(architecture)
    keras_applications.load_imagenet_weights(model, cells, network)
  else:
    trained = _trained(init)
    _check_network(init.init_weights, trained, architecture, network)
    _copy(load_model(init.init_weights), model, init)
  if not init.keep_classifier:
    classifier.set_weights(new)


def freeze(model: keras.Model) -> None:
  """Leaves only the classifier of a network to be trained."""
  for layer in model.layers:
    layer.trainable = layer.name == CLASSIFIER


def _trained(init: InitConfig) -> TrainedNetwork:
  with located('--init_weights'):
    return load_trained(init.init_weights)


def _check_network(
  name: str,
  trained: TrainedNetwork,
  architecture: AnyArchitecture,
  network: NetworkConfig,
) -> None:
  if trained.architecture != architecture:
    raise UserError(
      f'Expected --init_weights of the same cells. Received: {name}, which was '
      f'trained with others ({trained.provenance.get("architecture", "?")}). '
      f'Give --architecture={name}/architecture.json to train its cells.'
    )
  for field in dataclasses.fields(network):
    received, expected = (
      getattr(each, field.name) for each in (network, trained.network)
    )
    if field.name not in _FREE and received != expected:
      raise UserError(
        f'Expected {field.name} to be {expected!r}, as in the network that '
        f'--init_weights={name} was trained in. Received: {received!r}.'
      )


def _copy(source: keras.Model, model: keras.Model, init: InitConfig) -> None:
  for layer in model.layers:
    inside = not layer.name.startswith(f'{AUXILIARY}.')
    wanted = layer.name != CLASSIFIER or init.keep_classifier
    if not (layer.weights and inside and wanted):
      continue
    weights: list[np.ndarray] = source.get_layer(layer.name).get_weights()
    expected, received = (
      [each.shape for each in group] for group in (layer.weights, weights)
    )
    if expected != received:
      # What reads all pixels at once is for images of one size.
      raise UserError(
        f'Expected --init_weights of a network for images of the same size, '
        f'which its layer {layer.name} reads as a whole. Received: '
        f'{init.init_weights}, with weights of the shapes {received} in place '
        f'of {expected}. Scale images to that size (--image_size).'
      )
    layer.set_weights(weights)
