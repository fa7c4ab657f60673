"""A network as a list of primitive nodes: the CIFAR skeleton around cells.

The one description from which both the cost and the Keras model are made.
Importing this module must not import TensorFlow.
"""

import dataclasses

from nasnet_search.builders.cell_graph import add_cell
from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.primitives import (
  Dense,
  Dropout,
  GlobalAveragePool,
  Image,
  Node,
)
from nasnet_search.builders.scope import Scope
from nasnet_search.cells.architecture import Architecture


@dataclasses.dataclass(frozen=True)
class Graph:
  """The nodes of a network.

  Attributes:
    nodes: All nodes, inputs before their readers; the image first, the logits
      last.
    cells: The outputs of the cells, in order, reductions included, whether
      or not the logits depend on them.
  """

  nodes: tuple[Node, ...]
  cells: tuple[Node, ...]

  @property
  def output(self) -> Node:
    """The logits, of shape `[classes]`."""
    return self.nodes[-1]


def network_graph(architecture: Architecture, config: NetworkConfig) -> Graph:
  """Returns the network that stacks an architecture's cells.

  Stem, N normal cells, and for each reduction one reduction cell and N normal
  cells; then ReLU, global average pooling and the classifier (NASNet paper,
  Figure 2 and section 3; slim, `build_nasnet_cifar`). The filters double at
  each reduction, in the reduction cell already.

  What the logits do not depend on is left out, because its weights would get
  no gradient: dead blocks, inputs that a cell does not use, and whole cells
  that the next ones pass over.

  Args:
    architecture: The cells.
    config: How often and how wide they are stacked.
  """
  scope = Scope.root(config)
  image = scope.add('image', Image(config.image_shape))
  # A 3x3 convolution and batch normalisation without a ReLU, as in slim.
  stem = scope.inside('stem').convolution(image, config.stem, (3, 3))
  cells = _add_cells(scope, architecture, config, stem)
  features = scope.add(
    'global_average_pool', GlobalAveragePool(), scope.relu(cells[-1])
  )
  if config.dropout:
    features = scope.add('dropout', Dropout(config.dropout), features)
  scope.add('logits', Dense(config.classes), features)
  return Graph(nodes=_live(scope.nodes), cells=tuple(cells))


def _add_cells(
  scope: Scope,
  architecture: Architecture,
  config: NetworkConfig,
  stem: Node,
) -> list[Node]:
  stack = [('normal', architecture.normal, 1)] * config.repeats
  reduction = ('reduction', architecture.reduction, 2)
  filters = config.filters
  outputs = [stem]
  for kind, cell, stride in stack + [reduction, *stack] * config.reductions:
    filters *= stride
    # After a reduction, h_{i-1} is the cell before it: slim with
    # skip_reduction_layer_input = 0, its setting for CIFAR.
    current = outputs[-1]
    previous = outputs[-2] if len(outputs) > 1 else None
    place = scope.inside(f'cell_{len(outputs) - 1}').inside(kind)
    outputs.append(add_cell(place, cell, current, previous, filters, stride))
  return outputs[1:]


def _live(nodes: dict[str, Node]) -> tuple[Node, ...]:
  """Returns the nodes that the last one depends on, in the same order."""
  live = {next(reversed(nodes))}
  for name in reversed(nodes):
    if name in live:
      live.update(nodes[name].inputs)
  return tuple(node for name, node in nodes.items() if name in live)
