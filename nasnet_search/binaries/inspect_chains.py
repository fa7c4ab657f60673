"""What `nasnet-inspect` shows of chains of layers.

A chain is a whole network: of the flags only those about the images and the
classes concern it.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from rich import box
from rich.table import Table

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.cost import network_cost
from nasnet_search.builders.graph import network_graph
from nasnet_search.cells.conv_chain import ConvChain
from nasnet_search.cells.errors import UserError
from nasnet_search.report import wording
from nasnet_search.report.chains import HEADINGS, chain_rows


def chain_table(chain: ConvChain) -> Table:
  """Returns the layers of a chain, a line for each."""
  rows = _table('Chain of layers')
  for heading in HEADINGS:
    rows.add_column(heading, overflow='fold')
  for row in chain_rows(chain):
    rows.add_row(*row)
  return rows


def chain_cost(
  chain: ConvChain, options: Mapping[str, Any], size: int | None, batch: int
) -> dict[str, Any]:
  """Returns what the network of a chain costs, as plain data.

  Args:
    chain: The layers.
    options: Fields of `NetworkConfig`, as far as given.
    size: Height and width of an image, in pixels; None if not given.
    batch: Images that the memory is for.

  Raises:
    UserError: Something is missing, or is about cells.
  """
  about_cells = [name for name in options if name != 'classes']
  if about_cells:
    raise UserError(
      'Expected --image_size and --classes only, since a chain is a whole '
      f'network. Received: --{about_cells[0]}. Leave it out.'
    )
  if size is None or 'classes' not in options:
    raise UserError(
      'Expected --image_size and --classes. Received: '
      f'{"no --classes" if size else "no --image_size"}.'
    )
  config = NetworkConfig((size, size, 3), options['classes'])
  cost = network_cost(chain, config, batch_size=batch)
  layers = network_graph(chain, config).cells
  return {
    'images': f'{size}x{size}x3',
    'classes': config.classes,
    'batch_size': batch,
    'layers': ['x'.join(map(str, node.shape)) for node in layers],
    **{
      name: value
      for name, value in dataclasses.asdict(cost).items()
      if isinstance(value, int) and not name.startswith('auxiliary')
    },
  }


def chain_cost_table(data: Mapping[str, Any]) -> Table:
  """Returns what `chain_cost` returned, as a table."""
  rows = _table('Network of the chain')
  rows.add_column('what')
  rows.add_column('value', justify='right')
  for name, value in data.items():
    if isinstance(value, list):
      for number, shape in enumerate(value):
        rows.add_row(f'output of layer {number}', shape)
    else:
      shown = wording.quantity(value) if isinstance(value, int) else value
      rows.add_row(name.replace('_', ' '), shown)
  return rows


def _table(title: str) -> Table:
  return Table(box=box.SIMPLE, title=title, title_justify='left')
