"""What `nasnet-inspect` shows of architectures that are not of cells."""

import dataclasses
import textwrap
from collections.abc import Mapping
from typing import Any

from rich import box, console
from rich.table import Table

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.cost import network_cost
from nasnet_search.builders.graph import network_graph
from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.cells.errors import UserError
from nasnet_search.report import wording
from nasnet_search.report.descriptions import Description

_WIDTH = 79


def described_data(
  architecture: AnyArchitecture, description: Description
) -> dict[str, Any]:
  """Returns an architecture as plain data, with what follows from it."""
  return {
    **architecture.to_dict(),
    'canonical_key': architecture.canonical_key(),
    **description.data,
  }


def show_described(
  architecture: AnyArchitecture,
  description: Description,
  terminal: console.Console,
) -> None:
  """Prints an architecture in words.

  Args:
    architecture: What it is of.
    description: What `describe` returned.
    terminal: Where to print.
  """
  if description.rows:
    rows = _table(description.title)
    for heading in description.headings:
      rows.add_column(heading, overflow='fold')
    for row in description.rows:
      rows.add_row(*row)
    terminal.print(rows)
  else:
    terminal.print(description.title, '', sep='\n')
  for line in (
    *description.lines,
    *textwrap.wrap(description.legend, _WIDTH),
    f'Canonical key: {architecture.canonical_key()}',
  ):
    terminal.print(line, markup=False, highlight=False, soft_wrap=True)


def whole_cost(
  architecture: AnyArchitecture,
  options: Mapping[str, Any],
  size: int | None,
  batch: int,
) -> dict[str, Any]:
  """Returns what an architecture that is a whole network costs.

  Args:
    architecture: The layers.
    options: Fields of `NetworkConfig`, as far as given.
    size: Height and width of an image, in pixels; None if not given.
    batch: Images that the memory is for.

  Returns:
    Plain data.

  Raises:
    UserError: Something is missing, or is about cells.
  """
  about_cells = [name for name in options if name != 'classes']
  if about_cells:
    raise UserError(
      'Expected --image_size and --classes only, since these layers are a '
      f'whole network. Received: --{about_cells[0]}. Leave it out.'
    )
  if size is None or 'classes' not in options:
    raise UserError(
      'Expected --image_size and --classes. Received: '
      f'{"no --classes" if size else "no --image_size"}.'
    )
  config = NetworkConfig((size, size, 3), options['classes'])
  cost = network_cost(architecture, config, batch_size=batch)
  layers = network_graph(architecture, config).cells
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


def whole_cost_table(data: Mapping[str, Any]) -> Table:
  """Returns what `whole_cost` returned, as a table."""
  rows = _table('Network')
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
