"""Networks of chains of layers: the image, the layers, a classifier.

As MetaQNN's (Baker et al. 2017, arXiv 1611.02167): convolutions and fully
connected layers with a bias and a ReLU, no batch normalisation, and dropout
after every second layer, the more the deeper (Appendix A). Of the
configuration of a network only the images, the classes and the layer dropout
matter; a chain has no cells to stack.

Departures: convolutions start with the weights that all convolutions of this
project start with, He's, where the paper has Xavier's: each ReLU halves what
passes, so that of Xavier's a deep chain without batch normalisation learns
nothing at first. Importing this module must not import TensorFlow.
"""

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.config_checks import check_without
from nasnet_search.builders.graph import Graph, live_graph
from nasnet_search.builders.primitives import (
  Convolution,
  Dense,
  Dropout,
  Flatten,
  GlobalAveragePool,
  Image,
  MaxPool,
  Node,
)
from nasnet_search.builders.scope import Scope
from nasnet_search.cells import layer_graph as chain
from nasnet_search.cells.errors import UserError

LAYERS_TO_A_DROPOUT = 2
"""Layers from one dropout to the next. The code has one more after each fully
connected layer, which the paper does not mention."""


def layer_graph(architecture: chain.LayerGraph, config: NetworkConfig) -> Graph:
  """Returns the network of a chain of layers.

  Args:
    architecture: The chain.
    config: Its images, classes and layer dropout.

  Raises:
    UserError: A pooling is larger than the image that is left, or the
      configuration asks for what such chains do not have.
  """
  check_without(config, 'auxiliary_head', 'drop_path_keep', 'dropout')
  scope = Scope.root(config)
  x = scope.add('image', Image(config.image_shape))
  dropouts = len(architecture.layers) // LAYERS_TO_A_DROPOUT
  outputs = []
  for index, layer in enumerate(architecture.layers):
    place = scope.inside(f'layer_{index}')
    x = _add_layer(place, x, layer)
    number, rest = divmod(index + 1, LAYERS_TO_A_DROPOUT)
    # The i-th of n has the probability i / 2n (Appendix A), if configured so.
    rate = config.layer_dropout * number / dropouts if dropouts else 0.0
    if rate and not rest:
      x = place.add('dropout', Dropout(rate), x)
    outputs.append(x)
  if architecture.termination == chain.GLOBAL_AVERAGE_POOL:
    # The code has a convolution to one channel a class and a ReLU before it,
    # which the paper does not mention.
    x = scope.add('global_average_pool', GlobalAveragePool(), x)
  classifier = Dense(config.classes, config.classifier_bias)
  logits = scope.add('logits', classifier, _flat(scope, x))
  return live_graph(scope, outputs, [logits])


def _add_layer(place: Scope, x: Node, layer: chain.Layer) -> Node:
  match layer:
    case chain.Convolution(field, filters):
      primitive = Convolution(filters, (field, field), bias=True)
      return place.relu(place.add('convolution', primitive, x))
    case chain.Pooling(field, stride):
      _check_room(place, x, layer)
      return place.add('max_pool', MaxPool(field, stride, 'valid'), x)
    case chain.FullyConnected(neurons):
      x = place.add('fully_connected', Dense(neurons), _flat(place, x))
      return place.relu(x)


def _flat(place: Scope, x: Node) -> Node:
  return x if len(x.shape) == 1 else place.add('flatten', Flatten(), x)


def _check_room(place: Scope, x: Node, layer: chain.Pooling) -> None:
  height, width, _ = x.shape
  if min(height, width) < layer.field:
    raise UserError(
      f'Expected an image of at least {layer.field}x{layer.field} pixels '
      f'before {layer.notation()}, at {place.prefix.rstrip(".")}. Received: '
      f'{height}x{width}. Use larger images (--image_size) or fewer poolings.'
    )
