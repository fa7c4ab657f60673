"""The trials that come before the controller's own.

In this order: NASNet-A, where cells are searched, and a random architecture,
so that every report can compare what was found with them under the same
proxy; the settled trials of an earlier run, which cost nothing; and the
architectures that the user wants valued.
"""

import pathlib
from collections.abc import Iterator, Sequence

from nasnet_search.cells import zoo
from nasnet_search.cells.architecture import KIND
from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.search_space import (
  Choices,
  SearchSpace,
  random_choices,
  space_at,
)
from nasnet_search.config import GoalConfig
from nasnet_search.evaluators.protocol import Evaluator, Refused
from nasnet_search.randomness import generator
from nasnet_search.runs.directory import RunDirectory
from nasnet_search.runs.proposing import new_trial
from nasnet_search.runs.records import TrialRecord
from nasnet_search.runs.warm_start import warm_start_trials
from nasnet_search.trials import Origin

REFERENCE_CELL = 'nasnet_a'
"""The published cell that every search of cells also values, under its own
proxy."""
_MOST_DRAWS = 1000
"""Random cells looked at, to find one that keeps the limits of the search."""


def first_trials(
  config: GoalConfig, space: SearchSpace, evaluator: Evaluator, reward: str
) -> list[TrialRecord]:
  """Returns the first trials of a new run.

  Args:
    config: The seed of the run and what it starts from.
    space: The search space.
    evaluator: Refuses what it cannot value.
    reward: Name of the reward.

  Raises:
    UserError: A cell or run that the user named is not there, is not of the
      space, or is refused; or nothing at all can be valued.
  """
  known = [
    (Origin.REFERENCE, architecture, None)
    for architecture in _references(space, evaluator, config.seed)
  ]
  warm = warm_start_trials(config.warm_start, space, reward, len(known))
  included = list(_included(config.include_cells, space, evaluator))
  first = len(known) + len(warm)
  return [
    *_trials(known, 0, config.seed),
    *warm,
    *_trials(included, first, config.seed),
  ]


def _trials(
  items: Sequence[tuple[Origin, AnyArchitecture, Choices | None]],
  first: int,
  seed: int,
) -> list[TrialRecord]:
  return [
    new_trial(first + offset, origin, architecture, seed, choices)
    for offset, (origin, architecture, choices) in enumerate(items)
  ]


def _references(
  space: SearchSpace, evaluator: Evaluator, seed: int
) -> Iterator[AnyArchitecture]:
  rng = generator(seed, 'reference')
  reason: Refused | None = None
  part = space_at(space, 0)
  for _ in range(_MOST_DRAWS):
    architecture = space.decode(random_choices(part, rng))
    try:
      evaluator.check(architecture)
    except Refused as error:
      reason = error
    else:
      # Of another kind of architecture nothing is published that fits.
      if architecture.kind == KIND:
        yield zoo.load(REFERENCE_CELL)
      yield architecture
      return
  raise UserError(
    'Expected limits that leave something to search. Received ones that '
    f'{_MOST_DRAWS} random choices of the space do not keep, the last because: '
    f'{reason}'
  )


def _included(
  names: Sequence[str], space: SearchSpace, evaluator: Evaluator
) -> Iterator[tuple[Origin, AnyArchitecture, Choices]]:
  keys = set()
  for name in names:
    architecture = space.project(load_cell(name))
    _check(evaluator, architecture, name)
    if architecture.canonical_key() in keys:
      raise UserError(
        'Expected --include_cells to name different cells. Received: '
        f'{name!r}, which equals one before it. Leave it out.'
      )
    keys.add(architecture.canonical_key())
    yield Origin.INCLUDED, architecture, space.encode(architecture)


def load_cell(name: str) -> AnyArchitecture:
  """Returns a zoo cell, an architecture file's, or the best one of a run.

  Raises:
    UserError: It is none of them.
  """
  if pathlib.Path(name).is_dir():
    directory = RunDirectory(name)
    if not directory.best_architecture.is_file():
      raise UserError(
        f'Expected a run that has a best architecture. Received: {name}, '
        f'which has no {directory.best_architecture.name}.'
      )
    name = str(directory.best_architecture)
  return zoo.load_architecture(name)


def _check(
  evaluator: Evaluator, architecture: AnyArchitecture, name: str
) -> None:
  try:
    evaluator.check(architecture)
  except Refused as error:
    raise UserError(
      f'Expected {name} to be within the limits of the search. Received: '
      f'{error}'
    ) from error
