"""A comparison of numbers of workers: simulated searches, each kept.

What many workers cost: time in which they do nothing, because the coordinator
is busy or nothing is left to do; and queries, because a controller has learned
less when it proposes.
"""

import dataclasses
import functools
import pathlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from nasnet_search.benchmark.kept_rows import (
  QUERY_COLUMNS,
  keep_rows,
  query_row,
  read_query,
  read_rows,
)
from nasnet_search.benchmark.processes import in_processes
from nasnet_search.benchmark.search_run import Query
from nasnet_search.benchmark.simulation import Simulated, simulate
from nasnet_search.benchmark.study import Study
from nasnet_search.cells.errors import UserError

_TIMES = ['begun', 'finished']


@dataclasses.dataclass(frozen=True)
class Asynchrony:
  """Searches by every controller with every number of workers.

  Attributes:
    study: Space, values, controllers, seeds and queries.
    workers: Numbers of workers.
  """

  study: Study
  workers: tuple[int, ...]

  def run(self, jobs: int, watch: Callable[[int, int], None]) -> None:
    """Makes the searches that have not been made; see `Study.run`.

    Raises:
      UserError: There are more workers than queries, or as `Study.run`.
    """
    for workers in self.workers:
      if not 1 <= workers <= self.study.queries:
        raise UserError(
          'Expected --simulated_workers from 1 to the number of --queries, '
          f'{self.study.queries}. Received: {workers}. More would never have '
          'anything to do.'
        )
    self.study.check()
    tasks = [
      functools.partial(self.search, controller, workers, seed)
      for seed in range(self.study.seeds)
      for controller in self.study.controllers
      for workers in self.workers
      if not self._path(controller, workers, seed).exists()
    ]
    total = self.study.seeds * len(self.study.controllers) * len(self.workers)
    in_processes(tasks, total, jobs, watch)

  def search(self, controller: str, workers: int, seed: int) -> None:
    """Simulates a search and keeps it."""
    parts = self.study.parts(controller, seed)
    done = simulate(*parts, seed, self.study.queries, workers)
    rows = zip(done.queries, done.begun, done.finished, strict=True)
    keep_rows(
      self._path(controller, workers, seed),
      [*QUERY_COLUMNS, *_TIMES],
      [(*query_row(query), *times) for query, *times in rows],
    )

  def results(self, controller: str, workers: int) -> list[Simulated]:
    """Returns the searches of a controller with so many workers."""
    found = []
    for seed in range(self.study.seeds):
      rows = read_rows(self._path(controller, workers, seed), _read)
      queries, begun, finished = zip(*rows, strict=True)
      found.append(Simulated(workers, queries, begun, finished))
    return found

  def _path(self, controller: str, workers: int, seed: int) -> pathlib.Path:
    # Other than in a comparison of controllers, a search of fewer queries is
    # no beginning of a longer one: its end is part of it.
    what = f'{self.study.queries} queries, {workers} workers'
    folder = self.study.folder / controller.replace(':', ' ') / what
    return folder / f'seed_{seed:03d}.csv'


@dataclasses.dataclass(frozen=True)
class Reached:
  """When a search had found something good enough.

  Attributes:
    queries: Queries that had settled by then, infinite if it never had.
    seconds: Simulated seconds until then, infinite likewise.
  """

  queries: float
  seconds: float


def reached(
  done: Simulated, target: float, best_report: float | None
) -> Reached:
  """Returns when a search had found something good enough.

  Args:
    done: The search.
    target: The regret to reach, or the report where the best is not known.
    best_report: The best report there is, if known.
  """
  reward = -np.inf
  for number, query in enumerate(done.queries, start=1):
    if query.reward > reward:
      reward = query.reward
      good = (
        query.report >= target
        if best_report is None
        else best_report - query.report <= target
      )
      if good:
        return Reached(number, done.finished[number - 1])
  return Reached(np.inf, np.inf)


def median_of(values: Sequence[float]) -> float | None:
  """Returns the median, None if that is infinite."""
  median = float(np.median(values))
  return median if np.isfinite(median) else None


def _read(row: Mapping[str, str]) -> tuple[Query, float, float]:
  return read_query(row), float(row['begun']), float(row['finished'])
