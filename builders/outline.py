"""A network in a few parts, to be drawn at a glance.

Importing this module must not import TensorFlow.
"""

import dataclasses
from collections.abc import Iterator

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.graph import Graph, network_graph
from nasnet_search.builders.heads import AUXILIARY
from nasnet_search.builders.primitives import GlobalAveragePool, Node
from nasnet_search.builders.skeleton import placed_cells
from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.cells.drawing import Part

_STEMS = {
  'cifar': 'conv 3x3',
  'imagenet': 'conv 3x3\nstride 2',
  'darts_imagenet': '3 conv 3x3\nstride 2',
}


def network_parts(
  architecture: AnyArchitecture, config: NetworkConfig
) -> tuple[Part, ...]:
  """Returns the parts of the network that `build_network` would build.

  Equal cells in a row are one part, as `repeats` says, unless the auxiliary
  head reads one of them: it follows the part that ends with that cell.
  """
  graph = network_graph(architecture, config)
  stem = [node for node in graph.nodes if node.name.startswith('stem.')]
  pool = next(n for n in graph.nodes if n.primitive == GlobalAveragePool())
  return (
    Part('image', 'image', graph.nodes[0].shape),
    Part('stem', _STEMS[config.skeleton], stem[-1].shape),
    *_cell_parts(graph, config),
    Part('pool', 'global\naverage pool', pool.shape),
    Part('classifier', 'classifier', graph.output.shape),
  )


def _cell_parts(graph: Graph, config: NetworkConfig) -> Iterator[Part]:
  head = _cell_read_by_head(graph)
  part: Part | None = None
  for placed, node in zip(placed_cells(config), graph.cells, strict=True):
    one = Part(placed.kind, f'{placed.kind}\ncell', node.shape)
    if part is not None and dataclasses.replace(part, repeats=1) == one:
      part = dataclasses.replace(part, repeats=part.repeats + 1)
    else:
      if part is not None:
        yield part
      part = one
    if node == head:
      yield part
      yield Part('head', 'auxiliary head\n(training only)', graph.output.shape)
      part = None
  if part is not None:
    yield part


def _cell_read_by_head(graph: Graph) -> Node | None:
  """Returns the cell that the auxiliary head reads; None without one."""
  if graph.auxiliary_output is None:
    return None
  nodes = {node.name: node for node in graph.nodes}
  cells = {cell.name: cell for cell in graph.cells}
  name = next(name for name in nodes if name.startswith(f'{AUXILIARY}.'))
  while name not in cells:
    name = nodes[name].inputs[0]
  return cells[name]
