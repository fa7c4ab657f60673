"""The network of a chain of layers (Zoph and Le 2017, arXiv 1611.01578).

A convolution with batch normalisation and ReLU for each layer, all padded to
"same" sizes. Section 3.3 of the paper: several inputs are concatenated in
depth, smaller ones padded with zeros to the size of the largest; a layer
without inputs reads the image; what no layer reads is concatenated for the
classifier. Importing this module must not import TensorFlow.
"""

import dataclasses
from collections.abc import Sequence

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.config_checks import check_without
from nasnet_search.builders.graph import Graph, live_graph
from nasnet_search.builders.heads import add_head
from nasnet_search.builders.primitives import (
  Concatenate,
  Convolution,
  Image,
  MaxPool,
  Node,
  Pad,
  Pair,
)
from nasnet_search.builders.scope import Scope
from nasnet_search.cells.conv_chain import MAX_POOL, ChainLayer, ConvChain
from nasnet_search.cells.errors import UserError


def conv_chain_network(chain: ConvChain, config: NetworkConfig) -> Graph:
  """Returns the network of a chain.

  Args:
    chain: The layers.
    config: The images and classes, dropout and batch normalisation; what it
      says of cells does not concern a chain.

  Raises:
    UserError: A layer has a stride larger than the map it reads, or the
      configuration asks for what chains do not have.
  """
  check_without(config, 'auxiliary_head', 'drop_path_keep')
  # Every layer ends in a ReLU already, or pools one.
  scope = Scope.root(dataclasses.replace(config, final_relu=False))
  image = scope.add('image', Image(config.image_shape))
  outputs: list[Node] = []
  for index, layer in enumerate(chain.layers):
    place = scope.inside(f'layer_{index}')
    read = [outputs[number] for number in layer.inputs] or [image]
    outputs.append(_add_layer(place, _joined(place, read), layer, index))
  unread = [outputs[number] for number in chain.unread()]
  head = add_head(scope, _joined(scope.inside('unread'), unread))
  return live_graph(scope, outputs, [head])


def _add_layer(place: Scope, x: Node, layer: ChainLayer, index: int) -> Node:
  height, width, _ = x.shape
  if layer.stride_height > height or layer.stride_width > width:
    raise UserError(
      'Expected layers whose strides fit on the map that they read. Received: '
      f'layer_{index} with strides of {layer.stride_height}x'
      f'{layer.stride_width} on a map of {height}x{width}, to which the layers '
      'before it have shrunk the image. Use larger images (--image_size), '
      'fewer layers or smaller strides.'
    )
  if layer.operation == MAX_POOL:
    pool = MaxPool(layer.filter_height, layer.stride_height)
    return place.add('pool', pool, x)
  size = layer.filter_height, layer.filter_width
  convolution = Convolution(layer.filters, size, layer.stride)
  return place.relu(place.normalized(place.add('convolution', convolution, x)))


def _joined(place: Scope, nodes: Sequence[Node]) -> Node:
  """Returns nodes concatenated in depth, padded to the largest of them."""
  if len(nodes) == 1:
    return nodes[0]
  height, width = (max(node.shape[side] for node in nodes) for side in (0, 1))
  padded = []
  for number, node in enumerate(nodes):
    rows = _border(height - node.shape[0])
    columns = _border(width - node.shape[1])
    if any((*rows, *columns)):
      node = place.add(f'pad_{number}', Pad(rows, columns), node)
    padded.append(node)
  return place.add('concatenate', Concatenate(), *padded)


def _border(zeros: int) -> Pair:
  """Returns the zeros before and after a side, split as by "same" padding.

  The paper does not say where its zeros are.
  """
  return zeros // 2, zeros - zeros // 2
