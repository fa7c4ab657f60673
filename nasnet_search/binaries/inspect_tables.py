"""What `nasnet-inspect` shows of cells and the zoo: tables, or plain data."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.cell import INPUT_STATES, Cell
from nasnet_search.cells.zoo import PublishedNetwork, ZooEntry
from nasnet_search.report import wording


def table(title: str, *columns: str) -> Table:
  """Returns an empty table, whose first columns are as wide as they need."""
  rows = Table(box=box.SIMPLE, title=title, title_justify='left')
  for column in columns:
    rows.add_column(column, overflow='fold')
  return rows


def zoo_table(entries: Iterable[ZooEntry]) -> Table:
  """Returns the architectures of the zoo, a line for each."""
  rows = table('Published cells', 'CELL', 'name', 'blocks', 'networks')
  for entry in entries:
    rows.add_row(
      entry.name,
      entry.title,
      str(len(entry.architecture.normal.blocks)),
      '\n'.join(f'{each.name} ({each.data})' for each in entry.networks),
    )
  return rows


def zoo_data(entries: Iterable[ZooEntry]) -> list[dict[str, Any]]:
  """Returns what is known about architectures of the zoo, as plain data."""
  return [
    {
      'cell': entry.name,
      'title': entry.title,
      'blocks': len(entry.architecture.normal.blocks),
      **known_data(entry),
    }
    for entry in entries
  ]


def known_data(entry: ZooEntry) -> dict[str, Any]:
  """Returns what is known about a published architecture, as plain data."""
  return {
    'source': entry.source,
    'notes': list(entry.notes),
    'networks': [dataclasses.asdict(network) for network in entry.networks],
    'published': [dict(figures) for figures in entry.published],
  }


def cell_table(cell: Cell, title: str) -> Table:
  """Returns the blocks of a cell, two lines for each, and its concat list."""
  rows = table(title, 'block', 'input', 'operation', 'joined by')
  live = cell.live_blocks()
  for index, block in enumerate(cell.blocks):
    note = '' if index in live else ' (not built)'
    (first, *names), others = block.edges()
    rows.add_row(f'{index}{note}', state_name(first), *names, block.combination)
    rows.add_row('', state_name(others[0]), others[1])
  names = [state_name(state) for state in cell.concat]
  rows.caption = Text(f'Concatenated: {", ".join(names)}')
  rows.caption_justify = 'left'
  return rows


def state_name(state: int) -> str:
  """Returns what a state is called: `h_i`, `h_{i-1}`, or its block."""
  if state < INPUT_STATES:
    return ('h_i', 'h_{i-1}')[state]
  return f'block {state - INPUT_STATES}'


def networks_table(networks: Iterable[PublishedNetwork]) -> Table:
  """Returns the published networks of an architecture, a line for each."""
  columns = ('network', 'data', 'skeleton', 'N', 'F', 'pixels', 'trainable')
  rows = table('Published networks', *columns)
  for column in rows.columns[3:]:
    column.justify = 'right'
  for network in networks:
    rows.add_row(
      network.name,
      network.data,
      network.skeleton,
      str(network.repeats),
      str(network.filters),
      str(network.image_size),
      wording.quantity(network.counts.get('trainable_parameters')),
    )
  return rows


def known_lines(entry: ZooEntry) -> list[str]:
  """Returns what else is known about a published architecture, as lines."""
  return [
    f'Published as {entry.title}',
    f'Source: {entry.source}',
    *(f'Note: {note}' for note in entry.notes),
    *(
      f'Printed for {network.name} ({network.data}): {_figures(figures)}'
      for network in entry.networks
      for figures in network.published
    ),
    *(f'Printed: {_figures(figures)}' for figures in entry.published),
  ]


def architecture_data(
  architecture: Architecture, entry: ZooEntry | None
) -> dict[str, Any]:
  """Returns an architecture file as plain data, with what is known of it."""
  known = {} if entry is None else {'name': entry.title, **known_data(entry)}
  return {
    **architecture.to_dict(),
    'canonical_key': architecture.canonical_key(),
    **known,
  }


def _figures(figures: Mapping[str, Any]) -> str:
  return ', '.join(
    f'{name.replace("_", " ")} {value}' for name, value in figures.items()
  )
