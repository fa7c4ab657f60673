"""The part of `nasnet-benchmark` that compares proxies."""

import pathlib

from nasnet_search.cells.errors import UserError
from nasnet_search.flags import benchmark_flags, search_flags

_WIDTH = 130
"""Characters of the table at least."""


def compare_proxies() -> None:
  """Trains what is missing of a study, and prints what each proxy is worth.

  Raises:
    UserError: The study cannot be made as the flags describe it.
  """
  from rich import console, progress

  from nasnet_search.benchmark import proxies, tables
  from nasnet_search.runs.directory import replace_text

  names = tuple(dict.fromkeys(benchmark_flags.PROXIES.value))
  if not names:
    raise UserError('Expected --proxies to name some. Received none.')
  config = search_flags.search_config()
  study = proxies.ProxyStudy(
    config=config,
    proxies=names,
    cells=tuple(dict.fromkeys(benchmark_flags.CELLS.value))
    if benchmark_flags.CELLS.present
    else proxies.usual_cells(config),
    random_cells=benchmark_flags.RANDOM_CELLS.value,
    seeds=benchmark_flags.SEEDS.value,
    folder=pathlib.Path(benchmark_flags.OUT.value),
  )
  bar = progress.Progress(
    *progress.Progress.get_default_columns(),
    progress.MofNCompleteColumn(),
    console=console.Console(stderr=True),
    transient=True,
  )
  with bar:
    task = bar.add_task('Training', total=None)
    study.run(lambda done, of: bar.update(task, completed=done, total=of))
  heading, rows = tables.proxy_rows(study)
  replace_text(study.folder / 'proxies.csv', tables.csv_text(heading, rows))
  terminal = console.Console()
  # Cells that are broken over lines cannot be compared.
  wide = console.Console(width=max(terminal.width, _WIDTH))
  wide.print(tables.rich_table(heading, rows))
  print(f'Table and every child: {study.folder}')
