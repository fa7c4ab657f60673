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
  Primitive,
  Relu,
)


@dataclasses.dataclass(frozen=True, slots=True)
class Scope:
  """A named place in a graph under construction.

  Attributes:
    nodes: All nodes of the graph so far, by name, inputs before their readers.
    batch_normalization: The batch normalisation of the whole network.
    drop_path: The drop-path of the whole network; None switches it off.
    prefix: What the names start with; empty or ending in a dot.
  """

  nodes: dict[str, Node]
  batch_normalization: BatchNormalization
  drop_path: DropPath | None
  prefix: str = ''

  @classmethod
  def root(cls, config: NetworkConfig) -> 'Scope':
    """Returns the scope of an empty graph."""
    keep = config.drop_path_keep
    return cls(
      nodes={},
      batch_normalization=BatchNormalization(
        config.batch_norm_momentum, config.batch_norm_epsilon
      ),
      drop_path=DropPath(keep) if keep < 1 else None,
    )

  def inside(self, name: str) -> 'Scope':
    """Returns the scope `name` within this one."""
    return Scope(
      self.nodes,
      self.batch_normalization,
      self.drop_path,
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

  def convolution(
    self,
    x: Node,
    filters: int,
    kernel: tuple[int, int] = (1, 1),
    stride: int = 1,
    suffix: str = '',
  ) -> Node:
    """Adds a convolution and its batch normalisation."""
    primitive = Convolution(filters, kernel, (stride, stride))
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
