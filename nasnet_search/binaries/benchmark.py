r"""Compares controllers on searches whose outcome is known, and proxies.

  nasnet-benchmark search --space=nasbench201 --table=nasbench201.csv.gz \
      --reward_column=c10_val_12ep --report_column=c10_test_200ep \
      --controllers=filter_random,evolution,random --seeds=60 --jobs=2
  nasnet-benchmark simulate ... --simulated_workers=1,64 --target=0.3
  nasnet-benchmark proxy --flagfile=cifar10_search --seeds=2 \
      --proxies=epochs=1,epochs=2,given,epochs=9

`search` compares controllers by what they have found after so many queries,
and leaves summary.csv, lead.csv and curves.png. `simulate` lets many workers
value at a time, on a clock of its own that the coordinator's time is charged
to, and leaves workers.csv: the share of the workers' time that is idle, and
queries and hours to a --target. `proxy` trains the same architectures in
several proxies, and leaves proxies.csv: what each costs, how noisy it is, and
how far its ranking agrees with that of the last one. Everything made is kept in
--out as CSV files; the same command goes on where it was stopped.
"""

import dataclasses
import pathlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from absl import flags

from nasnet_search.binaries import application
from nasnet_search.binaries.benchmark_proxies import compare_proxies
from nasnet_search.cells.errors import UserError, check_choice
from nasnet_search.config import SpaceConfig
from nasnet_search.data.config import DataConfig
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.flags import benchmark_flags, search_flags

if TYPE_CHECKING:
  from rich.console import Console

  from nasnet_search.benchmark.asynchrony import Asynchrony
  from nasnet_search.benchmark.study import Study

flags.adopt_module_key_flags(benchmark_flags)
# Of a search's flags those that say what is searched, and by which values.
for _part in (SpaceConfig, EvaluatorConfig, ProxyConfig, DataConfig):
  for _field in dataclasses.fields(_part):
    flags.declare_key_flag(_field.name)
for _name in ('plugin', 'best_by', 'workers', 'reward'):
  flags.declare_key_flag(_name)


def main(arguments: Sequence[str]) -> int:
  """Makes the comparison that the flags describe; returns the exit status."""
  check_choice('benchmark', arguments[0], ('search', 'simulate', 'proxy'))
  if arguments[0] == 'proxy':
    compare_proxies()
    return 0
  # Imported here, so that --help need not wait for them.
  from rich import console, progress

  from nasnet_search.benchmark.asynchrony import Asynchrony
  from nasnet_search.benchmark.study import Study

  terminal = console.Console(stderr=True)
  study = Study(
    config=search_flags.search_config(),
    controllers=tuple(dict.fromkeys(benchmark_flags.CONTROLLERS.value)),
    seeds=benchmark_flags.SEEDS.value,
    queries=benchmark_flags.QUERIES.value,
    relabel=benchmark_flags.RELABEL.value,
    folder=pathlib.Path(benchmark_flags.OUT.value),
  )
  if not study.controllers:
    raise UserError('Expected --controllers to name some. Received none.')
  simulated = Asynchrony(study, _workers())
  with progress.Progress(console=terminal, transient=True) as bar:
    task = bar.add_task('Searching', total=None)
    (study if arguments[0] == 'search' else simulated).run(
      benchmark_flags.JOBS.value,
      lambda done, of: bar.update(task, completed=done, total=of),
    )
  if arguments[0] == 'search':
    _show(study)
  else:
    _show_workers(simulated)
  return 0


def _workers() -> tuple[int, ...]:
  given = benchmark_flags.SIMULATED_WORKERS.value
  if not given or not all(number.isdecimal() for number in given):
    raise UserError(
      'Expected --simulated_workers to be whole numbers, such as 1,8,64. '
      f'Received: {",".join(given)!r}.'
    )
  return tuple(map(int, given))


def _show_workers(simulated: 'Asynchrony') -> None:
  from nasnet_search.benchmark import tables
  from nasnet_search.benchmark.study import known_best
  from nasnet_search.runs.directory import replace_text

  target, study = benchmark_flags.TARGET.value, simulated.study
  _, best_report = known_best(study.config)
  rows = [
    tables.worker_row(
      name, simulated.results(name, workers), target, best_report
    )
    for name in study.controllers
    for workers in simulated.workers
  ]
  heading = tables.worker_heading(target, regret=best_report is not None)
  replace_text(study.folder / 'workers.csv', tables.csv_text(heading, rows))
  _terminal().print(tables.rich_table(heading, rows))
  print(f'Table and every search: {study.folder}')


def _show(study: 'Study') -> None:
  from nasnet_search.benchmark import tables
  from nasnet_search.benchmark.comparison import standing
  from nasnet_search.benchmark.study import known_best
  from nasnet_search.runs.directory import replace_text

  best_reward, best_report = known_best(study.config)
  regret = best_report is not None
  standings = [
    standing(
      name,
      study.results(name),
      study.queries,
      best_reward,
      best_report,
      study.named(name),
    )
    for name in study.controllers
  ]
  terminal = _terminal()
  for file, make in (('summary', tables.rows_of), ('lead', tables.lead_rows)):
    heading, rows = make(standings, study.queries, regret=regret)
    replace_text(study.folder / f'{file}.csv', tables.csv_text(heading, rows))
    if rows:
      terminal.print(tables.rich_table(heading, rows))
  figure = tables.curve_figure(standings, regret=regret)
  tables.save_figure(figure, study.folder / 'curves.png')
  print(f'Tables, figure and every search: {study.folder}')


def _terminal() -> 'Console':
  """Returns where tables are printed: whole, if it is a file."""
  from rich import console

  return console.Console(width=None if sys.stdout.isatty() else 200)


def run() -> None:
  """Entry point of `nasnet-benchmark`."""
  application.run(
    sys.modules[__name__], main, operands=('search|simulate|proxy',)
  )
