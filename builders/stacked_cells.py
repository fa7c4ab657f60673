"""The network of cells: a stem, stacks of cells, and classifiers.

Importing this module must not import TensorFlow.
"""

from nasnet_search.builders.cell_graph import add_cell
from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.graph import Graph, live_graph
from nasnet_search.builders.heads import add_auxiliary_head, add_head
from nasnet_search.builders.primitives import DropPath, Image, Node
from nasnet_search.builders.scope import Scope
from nasnet_search.builders.skeleton import placed_cells
from nasnet_search.builders.stems import add_stem
from nasnet_search.cells.architecture import Architecture


def stacked_cells(architecture: Architecture, config: NetworkConfig) -> Graph:
  """Returns the network that stacks an architecture's cells.

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
  return live_graph(scope, cells, outputs)


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
