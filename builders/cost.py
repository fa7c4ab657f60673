"""What a network costs, counted without building it.

From the architecture and the configuration of the network alone, in
milliseconds; importing this module must not import TensorFlow. The counts
are equal to those of the model that `network` builds, because both read the
same graph.
"""

import dataclasses
import math
from collections.abc import Mapping

from nasnet_search.builders import memory
from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.graph import network_graph
from nasnet_search.builders.primitives import (
  BatchNormalization,
  Convolution,
  Dense,
  DepthwiseConvolution,
  Node,
)
from nasnet_search.cells.architectures import AnyArchitecture


@dataclasses.dataclass(frozen=True)
class Cost:
  """What a network costs.

  Attributes:
    trainable_parameters: Kernels, scales and offsets of batch normalisation,
      and the classifier; without the auxiliary head, as papers count.
    total_parameters: The same and the moving statistics of the batch
      normalisation, as `keras.Model.count_params` counts.
    activation_sizes: Values that each node puts out for one image, by the
      name of the node, which is the name of its Keras layer; the image
      itself and the auxiliary head included.
    multiply_adds: Multiplications followed by an addition for one image, of
      convolutions and the classifier. Pools, sums and normalisations are not
      counted, as is usual in the papers; nor is the auxiliary head.
    training_bytes: Memory of one training step with SGD and momentum, in
      float32: estimated, see `memory`; the auxiliary head included.
    inference_bytes: Memory of inference, weights included: estimated.
    auxiliary_trainable_parameters: Those that only the auxiliary head needs.
    auxiliary_total_parameters: The same and its moving statistics.
  """

  trainable_parameters: int
  total_parameters: int
  activation_sizes: Mapping[str, int]
  multiply_adds: int
  training_bytes: int
  inference_bytes: int
  auxiliary_trainable_parameters: int
  auxiliary_total_parameters: int


@dataclasses.dataclass
class _Count:
  trainable: int = 0
  moving: int = 0
  multiply_adds: int = 0

  def add(self, node: Node, kernel: int) -> None:
    """Counts a node, of whose weights `kernel` are those of a kernel."""
    self.trainable += kernel
    self.multiply_adds += kernel * math.prod(node.shape[:-1])
    if isinstance(node.primitive, BatchNormalization):
      # Scale and offset are trained; moving mean and variance are not.
      self.trainable += 2 * node.shape[-1]
      self.moving += 2 * node.shape[-1]
    elif isinstance(node.primitive, Dense | Convolution) and (
      node.primitive.bias
    ):
      self.trainable += node.shape[-1]


def network_cost(
  architecture: AnyArchitecture, config: NetworkConfig, *, batch_size: int = 1
) -> Cost:
  """Returns the cost of the network that `build_network` would build.

  Args:
    architecture: The cells.
    config: How often and how wide they are stacked.
    batch_size: Images that the memory is for.
  """
  network, auxiliary = _Count(), _Count()
  graph = network_graph(architecture, config)
  sizes = {node.name: math.prod(node.shape) for node in graph.nodes}
  channels = {node.name: node.shape[-1] for node in graph.nodes}
  auxiliary_names = graph.auxiliary_names()
  for node in graph.nodes:
    count = auxiliary if node.name in auxiliary_names else network
    count.add(node, _kernel_size(node, channels))
  trained = network.trainable + auxiliary.trainable
  values = list(sizes.values())
  inferred = [node for node in graph.nodes if node.name not in auxiliary_names]
  return Cost(
    trainable_parameters=network.trainable,
    total_parameters=network.trainable + network.moving,
    activation_sizes=sizes,
    multiply_adds=network.multiply_adds,
    training_bytes=memory.training_bytes(
      memory.training_values(graph.nodes, values), trained, batch_size
    ),
    inference_bytes=memory.inference_bytes(
      memory.inference_values(
        inferred, [sizes[node.name] for node in inferred]
      ),
      network.trainable + network.moving,
      batch_size,
    ),
    auxiliary_trainable_parameters=auxiliary.trainable,
    auxiliary_total_parameters=auxiliary.trainable + auxiliary.moving,
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
