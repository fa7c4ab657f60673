r"""Shows cells and what their networks cost, without building them.

  nasnet-inspect list                   the published cells
  nasnet-inspect show nasnet_a          a cell, block by block
  nasnet-inspect show RUN_DIR           the best of a run; recurrent: formulas
  nasnet-inspect draw nasnet_a --output=nasnet_a.svg
  nasnet-inspect draw nasnet_a --output=network.png --network --repeats=6 \
      --penultimate_filters=768
  nasnet-inspect convert genotype.txt --to=nasnet_search --output=cell.json
  nasnet-inspect convert darts_v2 --to=darts
  nasnet-inspect cost RUN --image_size=32 --classes=10      a conv_chain run
  nasnet-inspect cost nasnet_a --skeleton=imagenet --repeats=4 \
      --penultimate_filters=1056 --format=json

CELL is the name of a published cell, an architecture file, the directory of a
run, whose best cell it then is, or a file in another notation. A network with
the skeleton, repeats and filters of a published one takes the options that it
was published with; a flag overrides them.
"""

import json
import pathlib
import sys
from collections.abc import Callable, Sequence
from typing import Any

from absl import flags
from rich import console

from nasnet_search.binaries import application
from nasnet_search.binaries.inspect_files import (
  read_any,
  write_whole,
)
from nasnet_search.binaries.inspect_networks import (
  Asked,
  cost_data,
  cost_line,
  cost_table,
  network_config,
)
from nasnet_search.binaries.inspect_others import (
  described_data,
  show_described,
  whole_cost,
  whole_cost_table,
)
from nasnet_search.binaries.inspect_tables import (
  architecture_data,
  cell_table,
  known_lines,
  networks_table,
  zoo_data,
  zoo_table,
)
from nasnet_search.builders.graph import is_buildable
from nasnet_search.cells import zoo
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.cells.conv_chain import ConvChain
from nasnet_search.cells.errors import UserError, check_choice
from nasnet_search.cells.notations import NOTATIONS, write_notation
from nasnet_search.cells.zoo import ZooEntry
from nasnet_search.flags import format_flags, inspect_flags
from nasnet_search.report.descriptions import describe

flags.adopt_module_key_flags(format_flags)


def main(arguments: Sequence[str]) -> None:
  """Does what the first argument says with the cell that the second names."""
  command, *cells = arguments
  commands: dict[str, Callable[[str], None]] = {
    'show': _show,
    'draw': _draw,
    'convert': _convert,
    'cost': _cost,
  }
  check_choice('command', command, ('list', *commands))
  if len(cells) != (command != 'list'):
    raise UserError(
      f'Expected {"no CELL" if cells else "a CELL"} after {command}. '
      f'Received: {" ".join(cells) or "none"}.'
    )
  if command == 'list':
    _list()
  else:
    commands[command](cells[0])


def _list() -> None:
  entries = [zoo.entry(name) for name in zoo.names()]
  if format_flags.as_json():
    _print_json(zoo_data(entries))
  else:
    console.Console().print(zoo_table(entries))


def _show(name: str) -> None:
  named = read_any(name, inspect_flags.FROM.value or '')
  description = describe(named)
  if description is not None:
    if format_flags.as_json():
      _print_json(described_data(named, description))
    else:
      show_described(named, description, console.Console())
    return
  architecture = _cells(named, 'show')
  entry = zoo.find(architecture)
  if format_flags.as_json():
    _print_json(architecture_data(architecture, entry))
    return
  terminal = console.Console()
  for kind, cell in architecture.cells():
    terminal.print(cell_table(cell, f'{kind.title()} cell'))
  lines = [f'Canonical key: {architecture.canonical_key()}']
  if entry is not None:
    terminal.print(networks_table(entry.networks))
    lines += known_lines(entry)
  for line in lines:
    terminal.print(line, markup=False, highlight=False)


def _draw(name: str) -> None:
  from nasnet_search.cells.drawing import draw_chain, save_figure

  output = inspect_flags.OUTPUT.value
  if not output:
    raise UserError(
      'Expected --output, the file to draw to, which ends in .svg or .png. '
      'Received none.'
    )
  named = read_any(name, inspect_flags.FROM.value or '')
  if isinstance(named, ConvChain):
    title = _title(name, None)
    figure = draw_chain(named, title, dark=inspect_flags.DARK.value)
  elif inspect_flags.NETWORK.value:
    figure = _network_figure(name, _cells(named, 'draw'))
  else:
    figure = _cells_figure(name, _cells(named, 'draw'))
  write_whole(output, lambda draft: save_figure(figure, draft))
  print(f'Written: {output}')


def _cells_figure(name: str, architecture: Architecture) -> Any:
  from nasnet_search.cells.drawing import draw_architecture

  title = _title(name, zoo.find(architecture))
  return draw_architecture(architecture, title, dark=inspect_flags.DARK.value)


def _network_figure(name: str, architecture: Architecture) -> Any:
  from nasnet_search.builders.outline import network_parts
  from nasnet_search.cells.drawing import draw_network

  entry = zoo.find(architecture)
  config = network_config(architecture, entry, _asked())
  data = cost_data(architecture, entry, config, inspect_flags.BATCH_SIZE.value)
  return draw_network(
    network_parts(architecture, config),
    f'{_title(name, entry)} {data["network"]}',
    [cost_line(data)],
    dark=inspect_flags.DARK.value,
  )


def _convert(name: str) -> None:
  notation = inspect_flags.TO.value
  if not notation:
    raise UserError(
      'Expected --to, the notation to write: '
      f'{", ".join(NOTATIONS)}. Received none.'
    )
  named = read_any(name, inspect_flags.FROM.value or '')
  text = write_notation(_cells(named, 'convert'), notation)
  output = inspect_flags.OUTPUT.value
  if not output:
    print(text, end='')
    return
  write_whole(output, lambda draft: draft.write_text(text, encoding='utf-8'))
  print(f'Written: {output}')


def _cost(name: str) -> None:
  named = read_any(name, inspect_flags.FROM.value or '')
  if is_buildable(named) and not isinstance(named, Architecture):
    _cost_of_whole(named)
    return
  architecture = _cells(named, 'cost')
  entry = zoo.find(architecture)
  config = network_config(architecture, entry, _asked())
  data = cost_data(architecture, entry, config, inspect_flags.BATCH_SIZE.value)
  if format_flags.as_json():
    _print_json(data)
  else:
    console.Console().print(cost_table(data))


def _cost_of_whole(architecture: AnyArchitecture) -> None:
  data = whole_cost(
    architecture,
    inspect_flags.network_options(),
    inspect_flags.IMAGE_SIZE.value,
    inspect_flags.BATCH_SIZE.value,
  )
  if format_flags.as_json():
    _print_json(data)
  else:
    console.Console().print(whole_cost_table(data))


def _cells(named: AnyArchitecture, command: str) -> Architecture:
  if isinstance(named, Architecture):
    return named
  raise UserError(
    f'Expected cells of image networks to {command}. Received: an architecture '
    f'of kind {named.kind!r}, which nasnet-inspect show prints.'
  )


def _title(name: str, entry: ZooEntry | None) -> str:
  return entry.title if entry else pathlib.Path(name).stem


def _asked() -> Asked:
  return Asked(
    options=inspect_flags.network_options(),
    penultimate=inspect_flags.PENULTIMATE_FILTERS.value,
    image_size=inspect_flags.IMAGE_SIZE.value,
    reading=inspect_flags.READING.value,
  )


def _print_json(data: Any) -> None:
  print(json.dumps(data, indent=2))


def run() -> None:
  """Entry point of `nasnet-inspect`."""
  inspect_flags.adopt(__name__)
  application.run(sys.modules[__name__], main, operands=('COMMAND', '[CELL]'))
