r"""Exports a trained network to files that need nothing of this project.

  nasnet-export --model_dir=models/photos --output=photos_network
  nasnet-export --model_dir=models/photos --output=photos_network \
      --formats=keras,saved_model,onnx,litert,litert_int8

Every file is loaded again in a process without this project, and compared
with the trained network on images that it was not trained on. If one does not
give the same, nothing is written. What the network is, how it was trained and
how the files compare is told in model_card.md.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from absl import flags
from rich import console
from rich.table import Table

from nasnet_search.binaries import application
from nasnet_search.flags import export_flags, format_flags

flags.adopt_module_key_flags(format_flags)


def main(arguments: Sequence[str]) -> None:
  """Exports the network that the flags name, and prints how it compares."""
  del arguments
  config = export_flags.export_config()
  # Imported here, so that --help need not wait for it.
  from nasnet_search.export.exporting import export

  terminal = console.Console(stderr=format_flags.as_json())

  def show(line: str) -> None:
    terminal.print(line, markup=False, highlight=False, soft_wrap=True)

  card = export(config, lambda line: show(f'{line} ...'))
  if format_flags.as_json():
    print(json.dumps(card, indent=2))
    return
  terminal.print(_files_table(card))
  found = card['comparison']
  show(
    f'Compared on {found["images"]:,} images that were not trained on; the '
    f'trained network classifies {found["accuracy"]:.2%} of them correctly.'
  )
  show(f'Written: {config.output} (model_card.md tells all)')


def _files_table(card: Mapping[str, Any]) -> Table:
  from nasnet_search.binaries.inspect_tables import table

  rows = table(
    'Exported files', 'file', 'input', 'MiB', 'ms',
    'difference', 'same class', 'accuracy',
  )  # fmt: skip
  rows.columns[0].no_wrap = True
  for column in rows.columns[2:]:
    column.justify = 'right'
  for each in card['files']:
    rows.add_row(
      each['file'],
      each['input'],
      f'{each["bytes"] / 2**20:.2f}',
      f'{each["latency_ms"]:.3g}',
      f'{each["largest_difference"]:.1e}',
      f'{each["top_1_agreement"]:.2%}',
      f'{each["accuracy"]:.2%}',
    )
  return rows


def run() -> None:
  """Entry point of `nasnet-export`."""
  export_flags.adopt(__name__)
  application.run(sys.modules[__name__], main)
