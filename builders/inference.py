"""The network that is used once training is over.

It has neither auxiliary head nor drop-path nor dropout, and only layers that
come with Keras, so that its files load where this project is not installed.

Importing this module imports TensorFlow.
"""

import dataclasses

import keras

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.graph import network_graph
from nasnet_search.builders.keras_layers import layer_of_node
from nasnet_search.builders.network import connect
from nasnet_search.builders.primitives import (
  BatchNormalization,
  DepthwiseConvolution,
  Node,
)
from nasnet_search.cells.architectures import AnyArchitecture


def inference_network(
  architecture: AnyArchitecture, config: NetworkConfig
) -> keras.Model:
  """Builds the network for inference, with layers of Keras only.

  Args:
    architecture: The cells.
    config: The network as it was trained.

  Returns:
    A functional model from images `[batch, height, width, channels]` to
    logits `[batch, classes]`, with initial weights. Its layers have the names
    that they have in `build_network`.
  """
  config = dataclasses.replace(
    config,
    auxiliary_head='none',
    drop_path_keep=1.0,
    dropout=0.0,
    layer_dropout=0.0,
  )
  return connect(network_graph(architecture, config), stock_layer)


def copy_weights(source: keras.Model, target: keras.Model) -> None:
  """Copies weights from one network to another, layer by layer, by name.

  Args:
    source: Has every layer of the target that has weights.
    target: Receives the weights.

  Raises:
    ValueError: The source lacks a layer, or one has another shape.
  """
  for layer in target.layers:
    if layer.weights:
      layer.set_weights(source.get_layer(layer.name).get_weights())


def stock_layer(node: Node, index: int) -> keras.layers.Layer:
  """Returns the layer of Keras that computes a node.

  Args:
    node: A node of a graph, but not its image, nor one that draws.
    index: Where the node stands in the graph; keys its initial weights.
  """
  layer = layer_of_node(node, seed=0, index=index, clock=None)
  match node.primitive:
    case BatchNormalization(momentum, epsilon):
      return keras.layers.BatchNormalization(
        momentum=momentum, epsilon=epsilon, name=node.name
      )
    case DepthwiseConvolution():
      return keras.layers.DepthwiseConv2D.from_config(layer.get_config())
  return layer
