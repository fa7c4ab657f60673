"""The part of `nasnet-train` that compares trainings: `--grid`."""

import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich import box, console
from rich.table import Table

from nasnet_search.benchmark.kept_rows import keep_rows
from nasnet_search.binaries import application
from nasnet_search.flags import format_flags
from nasnet_search.report import wording
from nasnet_search.tensorflow_setup import quiet
from nasnet_search.training.grid import (
  GridConfig,
  Member,
  check_grid,
  run_grid,
)

if TYPE_CHECKING:
  from nasnet_search.training.train import TrainResult


def train_grid(
  given: Mapping[str, Any], grid: GridConfig, terminal: console.Console
) -> int:
  """Trains every combination of a grid, and prints what each came to.

  With --format=json the standard output is a list of them, the best first.

  Args:
    given: The flags that were given, by name.
    grid: What varies.
    terminal: Where to print.

  Returns:
    The exit status.

  Raises:
    UserError: Something given is wrong.
  """
  from nasnet_search.training.subject import completed
  from nasnet_search.training.train import check, train

  check_grid(given, grid)
  for settings in grid.networks():
    check(completed({**given, **settings, 'model_dir': ''}))
  with quiet():  # Keras imports TensorFlow.
    from nasnet_search.binaries.train_display import make_display

  def one(values: dict[str, Any]) -> Mapping[str, float] | None:
    with make_display(terminal) as watch:
      result: TrainResult = train(completed(values), [watch])
    return None if result.trained is None else result.trained.measures

  members = run_grid(
    given,
    grid,
    one,
    lambda done, of, name: terminal.print(
      f'Training {done + 1} of {of}: {name}', markup=False, highlight=False
    ),
  )
  if members:
    _show(members, pathlib.Path(given['model_dir']), terminal)
  if format_flags.as_json():
    print(json.dumps([_data(member) for member in members], indent=2))
  if len(members) < len(grid.combinations()):
    terminal.print('Interrupted. To go on: the same command.')
    return application.INTERRUPTED
  return 0


def _show(
  members: Sequence[Member], folder: pathlib.Path, terminal: console.Console
) -> None:
  names = list(members[0].settings)
  heading = [*names, 'mean', *(f'seed {k}' for k in _seeds(members[0]))]
  rows = [
    [
      *(str(member.settings[name]) for name in names),
      *(f'{value:.4f}' for value in (member.mean, *member.accuracies)),
    ]
    for member in members
  ]
  keep_rows(folder / 'grid.csv', heading, rows)
  table = Table(
    box=box.SIMPLE,
    title='Validation accuracy, the best first',
    title_justify='left',
  )
  for column in heading:
    table.add_column(column, justify='right')
  for row in rows:
    table.add_row(*row)
  terminal.print(table)
  best = members[0]
  tested = [value for value in best.test if value == value]
  lines = [
    f'The best: {best.name()}',
    f'Its networks: {", ".join(str(path) for path in best.folders)}',
    f'The table: {folder / "grid.csv"}',
  ]
  if tested:
    mean = wording.reward(sum(tested) / len(tested))
    lines.insert(1, f'Its test accuracy: {mean}')
  for line in lines:
    terminal.print(line, markup=False, highlight=False, soft_wrap=True)


def _data(member: Member) -> dict[str, Any]:
  return {
    'settings': dict(member.settings),
    'validation_accuracy': member.mean,
    'model_dirs': [str(path) for path in member.folders],
  }


def _seeds(member: Member) -> list[str]:
  return [path.name.rpartition('seed=')[2] for path in member.folders]
