"""Where nodes are added to a graph, and the few layers that always go together.

A `Scope` is a place in the graph with a name; what is added through it gets a
name below that. Importing this module must not import TensorFlow.
"""

import dataclasses

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.primitives import (
  BatchNormalization,
  Convolution,
  DropPath,
  Node,
  Pad,
  Pair,
  Primitive,
  Relu,
)


@dataclasses.dataclass(frozen=True, slots=True)
class Scope:
  """A named place in a graph under construction.

  Attributes:
    config: The configuration of the network.
    nodes: All nodes of the graph so far, by name, inputs before their readers.
    batch_normalization: The batch normalisation of the whole network.
    drop_path: The drop-path of the cell; None switches it off.
    prefix: What the names start with; empty or ending in a dot.
  """

  config: NetworkConfig
  nodes: dict[str, Node]
  batch_normalization: BatchNormalization
  drop_path: DropPath | None = None
  prefix: str = ''

  @classmethod
  def root(cls, config: NetworkConfig) -> 'Scope':
    """Returns the scope of an empty graph."""
    return cls(
      config=config,
      nodes={},
      batch_normalization=BatchNormalization(
        config.batch_norm_momentum, config.batch_norm_epsilon
      ),
    )

  def inside(self, name: str, drop_path: DropPath | None = None) -> 'Scope':
    """Returns the scope `name` within this one.

    Args:
      name: Its name.
      drop_path: Its drop-path; None for that of this scope.
    """
    return Scope(
      self.config,
      self.nodes,
      self.batch_normalization,
      drop_path or self.drop_path,
      f'{self.prefix}{name}.',
    )

  def add(self, name: str, primitive: Primitive, *inputs: Node) -> Node:
    """Adds a node to the graph and returns it.

    Raises:
      ValueError: The graph has a node of this name.
    """
    return self._insert(self.prefix + name, primitive, inputs)

  def relu(self, x: Node) -> Node:
    """Returns the ReLU of a node, which all its readers share.

    slim computes it again for every operation that begins with it. Values
    and gradients are the same, with fewer nodes to trace and to run.
    """
    name = f'{x.name}.relu'
    return self.nodes.get(name) or self._insert(name, _RELU, (x,))

  def padded(self, x: Node, size: int, stride: int) -> Node:
    """Returns a node with the zeros around it that "same" padding has.

    All windows of one size and stride share it.

    Args:
      x: What to pad.
      size: Side of the window.
      stride: Stride of the window.
    """
    name = f'{x.name}.pad_{size}_{stride}'
    rows, columns = (_padding(side, size, stride) for side in x.shape[:2])
    return self.nodes.get(name) or self._insert(name, Pad(rows, columns), (x,))

  def convolution(
    self,
    x: Node,
    filters: int,
    kernel: Pair = (1, 1),
    stride: int = 1,
    suffix: str = '',
    padding: str = 'same',
  ) -> Node:
    """Adds a convolution and its batch normalisation."""
    primitive = Convolution(filters, kernel, (stride, stride), padding)
    return self.normalized(
      self.add(f'convolution{suffix}', primitive, x), suffix
    )

  def normalized(self, x: Node, suffix: str = '') -> Node:
    """Adds a batch normalisation."""
    return self.add(f'batch_normalization{suffix}', self.batch_normalization, x)

  def _insert(
    self, name: str, primitive: Primitive, inputs: tuple[Node, ...]
  ) -> Node:
    if name in self.nodes:
      raise ValueError(f'Expected a new name for a node. Received: {name!r}.')
    shape = primitive.output_shape([x.shape for x in inputs])
    names = tuple(x.name for x in inputs)
    node = self.nodes[name] = Node(name, primitive, names, shape)
    return node


_RELU = Relu()


def _padding(side: int, size: int, stride: int) -> Pair:
  """Returns the zeros before and after a side, as TensorFlow splits them."""
  outputs = -(-side // stride)
  total = max((outputs - 1) * stride + size - side, 0)
  return total // 2, total - total // 2
