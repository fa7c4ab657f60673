"""What a network costs, counted without building it.

From the architecture and the configuration of the network alone, in
milliseconds; importing this module must not import TensorFlow. The counts
are equal to those of the model that `network` builds, because both read the
same graph.
"""

import dataclasses
import math
from collections.abc import Mapping

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.graph import network_graph
from nasnet_search.builders.primitives import (
  BatchNormalization,
  Convolution,
  Dense,
  DepthwiseConvolution,
  Node,
)
from nasnet_search.cells.architecture import Architecture


@dataclasses.dataclass(frozen=True)
class Cost:
  """What a network costs.

  Attributes:
    trainable_parameters: Kernels, scales and offsets of batch normalisation,
      and the classifier.
    total_parameters: The same and the moving statistics of the batch
      normalisation, as `keras.Model.count_params` counts.
    activation_sizes: Values that each node puts out for one image, by the
      name of the node, which is the name of its Keras layer; the image
      itself included.
    multiply_adds: Multiplications followed by an addition for one image, of
      convolutions and the classifier. Pools, sums and normalisations are not
      counted, as is usual in the papers.
  """

  trainable_parameters: int
  total_parameters: int
  activation_sizes: Mapping[str, int]
  multiply_adds: int


def network_cost(architecture: Architecture, config: NetworkConfig) -> Cost:
  """Returns the cost of the network that `build_network` would build."""
  trainable = moving = multiply_adds = 0
  sizes = {}
  channels = {}
  for node in network_graph(architecture, config).nodes:
    sizes[node.name] = math.prod(node.shape)
    channels[node.name] = node.shape[-1]
    weights = _kernel_size(node, channels)
    trainable += weights
    if weights:
      multiply_adds += weights * math.prod(node.shape[:-1])
    if isinstance(node.primitive, BatchNormalization):
      # Scale and offset are trained; moving mean and variance are not.
      trainable += 2 * node.shape[-1]
      moving += 2 * node.shape[-1]
    elif isinstance(node.primitive, Dense):
      trainable += node.primitive.units
  return Cost(
    trainable_parameters=trainable,
    total_parameters=trainable + moving,
    activation_sizes=sizes,
    multiply_adds=multiply_adds,
  )


def _kernel_size(node: Node, channels: Mapping[str, int]) -> int:
  """Returns the weights of a kernel; each is used once for every pixel."""
  match node.primitive:
    case Convolution(filters, kernel):
      return math.prod(kernel) * channels[node.inputs[0]] * filters
    case DepthwiseConvolution(size):
      return size * size * node.shape[-1]
    case Dense(units):
      return channels[node.inputs[0]] * units
  return 0
