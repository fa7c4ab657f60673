"""The network that `nasnet-inspect` is asked about, and what it costs.

What flags leave open comes from the published network of the same skeleton,
repeats and filters, then from the reading of the published cell.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from rich.table import Table

from nasnet_search.binaries.inspect_tables import table
from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.cost import network_cost
from nasnet_search.builders.penultimate import (
  filters_of_penultimate,
  penultimate_filters,
)
from nasnet_search.builders.published import READINGS, published_config
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.zoo import PublishedNetwork, ZooEntry
from nasnet_search.report import wording

_DEFAULTS = {
  field.name: field.default for field in dataclasses.fields(NetworkConfig)
}

_OTHERS_READING = 'slim'
"""Whose code the options follow for cells that nobody published."""


@dataclasses.dataclass(frozen=True)
class Asked:
  """What the flags say about a network.

  Attributes:
    options: Fields of `NetworkConfig`, as far as given.
    penultimate: P of the name `N @ P`; None if not given.
    image_size: Height and width of an image; None if not given.
    reading: One of `READINGS`; None for that of the published cell.
  """

  options: Mapping[str, Any]
  penultimate: int | None = None
  image_size: int | None = None
  reading: str | None = None


def network_config(
  architecture: Architecture, entry: ZooEntry | None, asked: Asked
) -> NetworkConfig:
  """Returns the configuration of the network that is asked about.

  Args:
    architecture: The cells.
    entry: The published cell that they are, if any.
    asked: What the flags say.

  Raises:
    UserError: Something is missing or out of range.
  """
  options = dict(asked.options)
  filters = options.get('filters', asked.penultimate)
  named = {
    '--repeats': options.get('repeats'),
    '--penultimate_filters': filters,
  }
  _require(entry, named)
  options['filters'] = _filters(architecture, asked)
  if asked.image_size is not None:
    options['image_shape'] = (asked.image_size, asked.image_size, 3)
  options.setdefault('skeleton', _DEFAULTS['skeleton'])
  if entry is None or _published(entry, options) is None:
    images = options.get('image_shape')
    named = {'--image_size': images, '--classes': options.get('classes')}
    _require(entry, named)
  reading = asked.reading or (entry.reading if entry else _OTHERS_READING)
  if entry is not None:
    return published_config(entry, reading=reading, **options)
  return NetworkConfig(**{**READINGS[reading], **options})


def cost_data(
  architecture: Architecture,
  entry: ZooEntry | None,
  config: NetworkConfig,
  batch_size: int,
) -> dict[str, Any]:
  """Returns the cost of a network and the options used, as plain data.

  Args:
    architecture: The cells.
    entry: Their entry in the zoo, if they are published.
    config: How often and how wide they are stacked.
    batch_size: Images that the memory is for.
  """
  cost = network_cost(architecture, config, batch_size=batch_size)
  options = {**dataclasses.asdict(config), 'stem_filters': config.stem}
  filters = penultimate_filters(architecture, config.filters, config.reductions)
  published = entry and _published(entry, options)
  return {
    'network': f'{config.repeats} @ {filters}',
    'published_network': published.name if published else None,
    'batch_size': batch_size,
    # What each layer puts out is no figure of the whole.
    **{
      name: value
      for name, value in dataclasses.asdict(cost).items()
      if not isinstance(value, Mapping)
    },
    'options': options,
  }


def cost_table(data: Mapping[str, Any]) -> Table:
  """Returns what `cost_data` returned, as a table."""
  rows = table(f'Network {data["network"]}', 'what', 'value')
  rows.columns[1].justify = 'right'
  for name, value in data.items():
    if name not in ('network', 'options'):
      rows.add_row(wording.title(name), _shown(name, value))
  rows.add_section()
  for name, value in data['options'].items():
    rows.add_row(wording.title(name), _shown(name, value))
  return rows


def cost_line(data: Mapping[str, Any]) -> str:
  """Returns the figures of `cost_data` that stand under a drawing."""
  names = ('trainable_parameters', 'multiply_adds')
  return '   '.join(
    f'{wording.title(name)}: {wording.quantity(data[name])}' for name in names
  )


def _published(
  entry: ZooEntry, options: Mapping[str, Any]
) -> PublishedNetwork | None:
  names = ('skeleton', 'repeats', 'filters')
  return entry.network(*(options[name] for name in names))


def _require(entry: ZooEntry | None, given: Mapping[str, Any]) -> None:
  missing = [flag for flag, value in given.items() if value is None]
  if not missing:
    return
  known = '' if entry is None else f' Published are {_names(entry)}.'
  raise UserError(
    f'Expected {" and ".join(missing)} of a network. Received none.{known}'
  )


def _filters(architecture: Architecture, asked: Asked) -> int:
  if asked.penultimate is None:
    return asked.options['filters']
  reductions = asked.options.get('reductions', _DEFAULTS['reductions'])
  filters = filters_of_penultimate(architecture, asked.penultimate, reductions)
  if asked.options.get('filters', filters) != filters:
    raise UserError(
      f'Expected --filters={filters}, which --penultimate_filters='
      f'{asked.penultimate} means. Received: {asked.options["filters"]}. '
      'Leave one of them out.'
    )
  return filters


def _names(entry: ZooEntry) -> str:
  return '; '.join(
    f'{each.name} (--skeleton={each.skeleton} --repeats={each.repeats} '
    f'--filters={each.filters})'
    for each in entry.networks
  )


def _shown(name: str, value: Any) -> str:
  if value is None:
    return wording.ABSENT
  if isinstance(value, bool):
    return 'yes' if value else 'no'
  if isinstance(value, int | float):
    if name.endswith('_bytes'):
      return f'{value / 2**20:,.1f} MiB'
    return wording.quantity(value)
  if isinstance(value, tuple | list):
    return 'x'.join(map(str, value))
  return str(value)
