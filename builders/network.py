"""From the graph of a network to a Keras model: one layer for each node.

Importing this module imports TensorFlow; `graph` and `cost` do not.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.graph import Graph, network_graph
from nasnet_search.builders.keras_layers import layer_of_node
from nasnet_search.builders.layers.training_clock import TrainingClock
from nasnet_search.builders.primitives import Add, Concatenate, Node
from nasnet_search.cells.architectures import AnyArchitecture

LOGITS = 'logits'
AUXILIARY_LOGITS = 'auxiliary_logits'
"""The names of the outputs of a network with an auxiliary head."""


def build_network(
  architecture: AnyArchitecture,
  config: NetworkConfig,
  *,
  seed: int,
  clock: TrainingClock | None = None,
) -> keras.Model:
  """Builds the network that stacks an architecture's cells.

  Args:
    architecture: The cells.
    config: How often and how wide they are stacked.
    seed: Seed of the initial weights and of everything random in training;
      the same seed gives the same weights, whatever was built before.
    clock: Where training stands, for scheduled drop-path and dropout; their
      draws follow from it. Without one drop-path is at full strength.

  Returns:
    A functional model from images `[batch, height, width, channels]` to
    logits `[batch, classes]`, float32 under mixed precision too. With an
    auxiliary head, to a mapping with the logits as `logits` and those of the
    head as `auxiliary_logits`; `without_auxiliary_head` takes it off. The
    layers have the names of the nodes of `network_graph`.
  """
  graph = network_graph(architecture, config)
  return model_of_graph(graph, seed=seed, clock=clock)


def model_of_graph(
  graph: Graph, *, seed: int, clock: TrainingClock | None = None
) -> keras.Model:
  """Builds the model of a graph: one layer for each node, of its name.

  Args:
    graph: What to build; its first node is the image.
    seed: Seed of the initial weights and of everything random in training.
    clock: Where training stands.
  """
  return connect(
    graph,
    lambda node, index: layer_of_node(
      node, seed=seed, index=index, clock=clock
    ),
  )


def connect(
  graph: Graph, make_layer: Callable[[Node, int], keras.layers.Layer]
) -> keras.Model:
  """Connects a layer for each node of a graph.

  Args:
    graph: What to build; its first node is the image.
    make_layer: Returns the layer of a node, given where it stands.
  """
  image, *nodes = graph.nodes
  tensors: dict[str, Any] = {
    image.name: keras.Input(image.shape, name=image.name)
  }
  for index, node in enumerate(nodes, start=1):
    layer = make_layer(node, index)
    inputs = [tensors[name] for name in node.inputs]
    merges = isinstance(node.primitive, Add | Concatenate)
    tensors[node.name] = layer(inputs if merges else inputs[0])
  outputs = tensors[graph.output.name]
  if graph.auxiliary_output is not None:
    auxiliary = tensors[graph.auxiliary_output.name]
    outputs = {LOGITS: outputs, AUXILIARY_LOGITS: auxiliary}
  return keras.Model(tensors[image.name], outputs, name='network')


def without_auxiliary_head(model: keras.Model) -> keras.Model:
  """Returns the network without its auxiliary head, which only helps training.

  It shares its layers, and so its weights, with the network given. One without
  a head is returned as it is.

  Args:
    model: What `build_network` returned.
  """
  if not isinstance(model.output, dict):
    return model
  return keras.Model(model.input, model.output[LOGITS], name=model.name)


def decayed_variables(model: keras.Model) -> Sequence[keras.Variable]:
  """Returns the variables that weight decay applies to.

  The kernels of convolutions, depthwise convolutions and the classifier, as
  in slim, whose weight decay regularises kernels; neither scales and offsets
  of batch normalisation nor the bias of the classifier.
  """
  return [x for x in model.trainable_variables if x.name == 'kernel']
