"""A network as a list of primitive nodes, of whatever kind of architecture.

The one description from which the cost, the Keras model and the function that
children are trained as are made. How an architecture becomes nodes, the module
of its kind knows: `stacked_cells` of cells, `conv_chain` and `layer_graph` of
chains of layers.
Importing this module must not import TensorFlow.
"""

import dataclasses
import importlib
from collections.abc import Sequence
from typing import Any

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.primitives import Node
from nasnet_search.builders.scope import Scope
from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.cells.errors import UserError

_NETWORKS = {
  'cells': 'nasnet_search.builders.stacked_cells:stacked_cells',
  'conv_chain': 'nasnet_search.builders.conv_chain:conv_chain_network',
  'layer_graph': 'nasnet_search.builders.layer_graph:layer_graph',
}
"""By kind of architecture: a function from an architecture of this kind and
the configuration of the network to a `Graph`, as `module:function`."""


@dataclasses.dataclass(frozen=True)
class Graph:
  """The nodes of a network.

  Attributes:
    nodes: All nodes, inputs before their readers; the image first.
    cells: The outputs of the cells, in order, reductions included, whether
      or not the logits depend on them; of other kinds of architecture, those
      of the layers.
    output: The logits, of shape `[classes]`.
    auxiliary_output: The logits of the auxiliary head, likewise; None
      without one.
  """

  nodes: tuple[Node, ...]
  cells: tuple[Node, ...]
  output: Node
  auxiliary_output: Node | None = None

  def auxiliary_names(self) -> frozenset[str]:
    """Returns the nodes that only the logits of the auxiliary head need."""
    if self.auxiliary_output is None:
      return frozenset()
    needed = _needed(self.nodes, [self.output])
    return frozenset(node.name for node in self.nodes) - needed


def register_network(kind: str, target: str) -> None:
  """Adds a kind of architecture that networks are built of.

  Args:
    kind: Its name.
    target: A function of an architecture and a `NetworkConfig` that returns a
      `Graph`, as `module:function`.

  Raises:
    UserError: Another function is registered for this kind.
  """
  if _NETWORKS.setdefault(kind, target) != target:
    raise UserError(
      'Expected a kind of architecture that no network is built of yet. '
      f'Received: {kind!r}. Rename the one that the plugin registers.'
    )


def network_graph(
  architecture: AnyArchitecture, config: NetworkConfig
) -> Graph:
  """Returns the network of an architecture.

  Args:
    architecture: Cells, or another kind that networks are built of.
    config: How its cells are stacked, and what its images are like.

  Raises:
    UserError: It is of a kind that no network is built of, or its layers do
      not fit the images.
  """
  graph: Graph = _builder(architecture)(architecture, config)
  return graph


def is_buildable(architecture: AnyArchitecture) -> bool:
  """Returns whether networks are built of such architectures."""
  return architecture.kind in _NETWORKS


def check_buildable(architecture: AnyArchitecture) -> None:
  """Raises `UserError` unless networks are built of such architectures."""
  _builder(architecture)


def live_graph(
  scope: Scope, cells: Sequence[Node], outputs: Sequence[Node]
) -> Graph:
  """Returns a graph of what some outputs depend on.

  The rest is left out, because its weights would get no gradient: dead blocks,
  inputs that a cell does not use, and whole cells that the next ones pass over.

  Args:
    scope: Holds all nodes that were added.
    cells: The outputs of the cells or layers.
    outputs: The logits, and those of the auxiliary head if there is one.
  """
  nodes = tuple(scope.nodes.values())
  needed = _needed(nodes, outputs)
  live = tuple(node for node in nodes if node.name in needed)
  return Graph(live, tuple(cells), *outputs)


def _builder(architecture: AnyArchitecture) -> Any:
  target = _NETWORKS.get(architecture.kind)
  if target is None:
    raise UserError(
      'Expected an architecture of a kind that networks are built of: '
      f'{", ".join(_NETWORKS)}. Received: one of kind {architecture.kind!r}. '
      'Choose an --evaluator and a --space that fit each other.'
    )
  module, _, name = target.partition(':')
  return getattr(importlib.import_module(module), name)


def _needed(nodes: Sequence[Node], outputs: Sequence[Node]) -> set[str]:
  """Returns the names of the nodes that some outputs depend on."""
  needed = {output.name for output in outputs}
  for node in reversed(nodes):
    if node.name in needed:
      needed.update(node.inputs)
  return needed
