"""The grid that settles how a found architecture is trained in the end.

Zoph and Le 2017 (arXiv 1611.01578), section 4.1: once an architecture is
found, "a small grid search over learning rate, weight decay, batchnorm epsilon
and what epoch to decay the learning rate". Every combination of the values
given is a training of its own, with each of a few seeds, in a folder of its
own, so the grid goes on where it was stopped. What is best is told by the
validation images alone; each training looks at the test images once, at its
end. Importing this module must not import TensorFlow.
"""

import dataclasses
import itertools
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from nasnet_search.cells.errors import UserError, check_choice
from nasnet_search.settings import check_settings, read_value, setting
from nasnet_search.training.config import TrainConfig
from nasnet_search.training.recipe_config import RecipeConfig
from nasnet_search.training.stack_config import StackConfig

MEASURE = 'validation_accuracy'
"""What the best is told by, at the end of a training."""

Train = Callable[[dict[str, Any]], Mapping[str, float] | None]
"""From settings by flag name to what was measured at the end of that training;
None if it was interrupted."""


@dataclasses.dataclass(frozen=True)
class GridConfig:
  """Which trainings `nasnet-train --grid` compares."""

  grid: tuple[str, ...] = setting(
    (),
    'Trains with every combination of values of some settings, and names the '
    'best, such as learning_rate=0.05/0.1,weight_decay=1e-4/5e-4, whatever '
    'flags and flagfiles say of these; Zoph and Le '
    '(2017) try learning_rate, weight_decay, batch_norm_epsilon and, with '
    '--schedule=exponential, decay_epochs. Empty for one training.',
  )
  grid_seeds: int = setting(
    1,
    '--grid: trainings of each combination, of seeds from --seed on.',
    lower=1,
  )

  def __post_init__(self) -> None:
    check_settings(self)
    if self.grid_seeds > 1 and not self.grid:
      raise UserError(
        'Expected --grid with --grid_seeds. Received none. Name settings to '
        'compare, or leave --grid_seeds out.'
      )

  def combinations(self) -> list[dict[str, Any]]:
    """Returns the settings of every combination, by flag name.

    Raises:
      UserError: A setting is unknown, or a value of it is none.
    """
    known = {
      field.name: field.default
      for part in (StackConfig, RecipeConfig)
      for field in dataclasses.fields(part)
    }
    axes: dict[str, list[Any]] = {}
    for item in self.grid:
      name, _, values = item.partition('=')
      check_choice('setting of --grid', name, known)
      read = [read_value(name, text, known[name]) for text in values.split('/')]
      if name in axes or len(set(read)) < len(read):
        raise UserError(
          'Expected --grid to name each setting and each of its values once. '
          f'Received: {item}.'
        )
      axes[name] = read
    return [
      dict(zip(axes, values, strict=True))
      for values in itertools.product(*axes.values())
    ]

  def networks(self) -> list[dict[str, Any]]:
    """Returns the first combination of each network that differs.

    Raises:
      UserError: A setting is unknown, or a value of it is none.
    """
    sizes = {field.name for field in dataclasses.fields(StackConfig)}
    first: dict[tuple[Any, ...], dict[str, Any]] = {}
    for settings in self.combinations():
      stack = [value for name, value in settings.items() if name in sizes]
      first.setdefault(tuple(stack), settings)
    return list(first.values())


@dataclasses.dataclass(frozen=True)
class Member:
  """A combination of the grid, as far as it was trained.

  Attributes:
    settings: Its settings, by flag name.
    folders: The model directory of each seed.
    accuracies: Validation accuracy of each seed.
    test: Test accuracy of each seed; NaN where there are no test images.
  """

  settings: Mapping[str, Any]
  folders: tuple[pathlib.Path, ...]
  accuracies: tuple[float, ...]
  test: tuple[float, ...]

  @property
  def mean(self) -> float:
    """The mean validation accuracy."""
    return float(np.mean(self.accuracies))

  def name(self) -> str:
    """Returns the settings as they are given on a command line."""
    return ' '.join(f'--{name}={v}' for name, v in self.settings.items())


def check_grid(given: Mapping[str, Any], grid: GridConfig) -> None:
  """Checks a grid before anything is trained.

  Args:
    given: The settings of all trainings, by flag name.
    grid: What varies.

  Raises:
    UserError: A combination is no training, nothing would be validated, or
      a setting would change nothing.
  """
  if not given.get('model_dir'):
    raise UserError(
      'Expected --model_dir with --grid, the folder of all its trainings. '
      'Received none.'
    )
  if given.get('train_on_validation'):
    raise UserError(
      'Expected --grid without --train_on_validation: the best is told by the '
      'validation images. Received both.'
    )
  for settings in grid.combinations():
    recipe = TrainConfig.of({**given, **settings}).recipe
    decays = [name for name in settings if name.startswith('decay_')]
    if decays and recipe.schedule != 'exponential':
      raise UserError(
        f'Expected --schedule=exponential with {decays[0]} in --grid. '
        f'Received: {recipe.schedule}, which does not look at it.'
      )


def run_grid(
  given: Mapping[str, Any],
  grid: GridConfig,
  train: Train,
  watch: Callable[[int, int, str], object],
) -> list[Member]:
  """Trains every combination, and returns them, the best first.

  Args:
    given: The settings of all trainings, by flag name.
    grid: What varies.
    train: Trains, or goes on, or reads what was trained before.
    watch: Is told how many of how many have ended, and what comes next.

  Returns:
    The combinations all of whose seeds are trained; fewer than there are if
    a training was interrupted, which ends the grid.
  """
  folder, first = pathlib.Path(given['model_dir']), given.get('seed', 0)
  seeds = range(first, first + grid.grid_seeds)
  combinations = grid.combinations()
  done, members = 0, list[Member]()
  for settings in combinations:
    folders, measured = [], []
    for seed in seeds:
      own = folder / _folder_name({**settings, 'seed': seed})
      watch(done, len(combinations) * len(seeds), own.name)
      values = {**given, **settings, 'seed': seed, 'model_dir': str(own)}
      measures = train(values)
      if measures is None:
        return _ranked(members)
      done += 1
      folders.append(own)
      measured.append(measures)
    members.append(
      Member(
        settings,
        tuple(folders),
        tuple(float(each[MEASURE]) for each in measured),
        tuple(float(each.get('test_accuracy', 'nan')) for each in measured),
      )
    )
  return _ranked(members)


def _ranked(members: Sequence[Member]) -> list[Member]:
  return sorted(members, key=lambda member: -member.mean)


def _folder_name(settings: Mapping[str, Any]) -> str:
  return ','.join(f'{name}={value}' for name, value in settings.items())
