"""What `nasnet-inspect` shows of chains of layers."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from rich.table import Table

from nasnet_search.binaries.inspect_networks import Asked
from nasnet_search.binaries.inspect_tables import table
from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.cost import network_cost
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.layer_graph import LayerGraph, type_name
from nasnet_search.report import wording


def layers_table(chain: LayerGraph) -> Table:
  """Returns the layers of a chain, a line for each, and how it ends."""
  rows = table('Layers', 'layer', 'type', 'parameters', 'as in the paper')
  for index, layer in enumerate(chain.layers):
    parameters = ', '.join(
      f'{name} {value}' for name, value in layer.numbers().items()
    )
    name = wording.title(type_name(layer))
    rows.add_row(str(index), name, parameters, layer.notation())
  rows.add_row('end', wording.title(chain.termination), '', '')
  return rows


def layers_data(chain: LayerGraph) -> dict[str, Any]:
  """Returns the architecture file of a chain as plain data, with its key."""
  return {
    **chain.to_dict(),
    'canonical_key': chain.canonical_key(),
    'notation': chain.notation(),
  }


def layers_cost(
  chain: LayerGraph, asked: Asked, batch_size: int
) -> dict[str, Any]:
  """Returns what the network of a chain costs, as plain data.

  Args:
    chain: The layers.
    asked: What the flags say: only the images and classes matter.
    batch_size: Images that the memory is for.

  Raises:
    UserError: The images or classes are missing, or do not fit.
  """
  classes, size = asked.options.get('classes'), asked.image_size
  if classes is None or size is None:
    raise UserError(
      'Expected --image_size and --classes of a network of layers. Received '
      'none.'
    )
  shape = (size, size, 3)
  config = NetworkConfig(image_shape=shape, classes=classes)
  cost = network_cost(chain, config, batch_size=batch_size)
  return {
    'network': chain.notation(),
    'batch_size': batch_size,
    **{
      name: value
      for name, value in dataclasses.asdict(cost).items()
      if not isinstance(value, Mapping) and not name.startswith('auxiliary')
    },
    'options': {'image_shape': shape, 'classes': classes},
  }
