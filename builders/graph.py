"""A network as a list of primitive nodes: stem, cells and classifiers.

The one description from which the cost, the Keras model and the function that
children are trained as are made.
Importing this module must not import TensorFlow.
"""

import dataclasses
from collections.abc import Sequence

from nasnet_search.builders.cell_graph import add_cell
from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.heads import add_auxiliary_head, add_head
from nasnet_search.builders.primitives import DropPath, Image, Node
from nasnet_search.builders.scope import Scope
from nasnet_search.builders.skeleton import placed_cells
from nasnet_search.builders.stems import add_stem
from nasnet_search.cells.architecture import Architecture


@dataclasses.dataclass(frozen=True)
class Graph:
  """The nodes of a network.

  Attributes:
    nodes: All nodes, inputs before their readers; the image first.
    cells: The outputs of the cells, in order, reductions included, whether
      or not the logits depend on them.
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


def network_graph(architecture: Architecture, config: NetworkConfig) -> Graph:
  """Returns the network that stacks an architecture's cells.

  What no logits depend on is left out, because its weights would get no
  gradient: dead blocks, inputs that a cell does not use, and whole cells that
  the next ones pass over.

  Args:
    architecture: The cells.
    config: How they are stacked.
  """
  scope = Scope.root(config)
  image = scope.add('image', Image(config.image_shape))
  cells = _add_cells(scope, architecture, add_stem(scope, image))
  outputs = [add_head(scope, cells[-1])]
  if config.auxiliary_head != 'none':
    # After all others, so that these start with the same weights as without
    # the head: their seeds follow from their places.
    outputs.append(add_auxiliary_head(scope, cells))
  nodes = tuple(scope.nodes.values())
  needed = _needed(nodes, outputs)
  live = tuple(node for node in nodes if node.name in needed)
  return Graph(live, tuple(cells), *outputs)


def _add_cells(
  scope: Scope, architecture: Architecture, stem: list[Node]
) -> list[Node]:
  blueprints = dict(architecture.cells())
  placed = placed_cells(scope.config)
  outputs = list(stem)
  for index, cell in enumerate(placed):
    known = len(outputs) >= cell.previous
    place = scope.inside(
      f'cell_{index}', _drop_path(scope.config, (index + 1) / len(placed))
    )
    outputs.append(
      add_cell(
        place.inside(cell.kind),
        blueprints[cell.kind],
        outputs[-1],
        outputs[-cell.previous] if known else None,
        cell.filters,
        cell.stride,
      )
    )
  return outputs[len(stem) :]


def _drop_path(config: NetworkConfig, depth: float) -> DropPath | None:
  """Returns the drop-path of a cell; `depth` is above 0, 1 in the last one."""
  share = 1 - config.drop_path_keep
  if not share:
    return None
  if not config.drop_path_by_depth:
    return DropPath(config.drop_path_keep)
  return DropPath(1 - depth * share)


def _needed(nodes: Sequence[Node], outputs: Sequence[Node]) -> set[str]:
  """Returns the names of the nodes that some outputs depend on."""
  needed = {output.name for output in outputs}
  for node in reversed(nodes):
    if node.name in needed:
      needed.update(node.inputs)
  return needed
