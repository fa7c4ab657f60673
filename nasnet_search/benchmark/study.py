"""A comparison of controllers: many searches, side by side, each kept.

Every search leaves a file of its own, whole or not at all. So a comparison
that was stopped goes on where it was, and more controllers, seeds or queries
cost only themselves.
"""

import dataclasses
import functools
import pathlib
from collections.abc import Callable

from nasnet_search.benchmark.comparison import budgets_of
from nasnet_search.benchmark.kept_rows import (
  QUERY_COLUMNS,
  keep_rows,
  query_row,
  read_queries,
  read_rows,
)
from nasnet_search.benchmark.kept_settings import keep_settings
from nasnet_search.benchmark.presets import read_controller
from nasnet_search.benchmark.processes import in_processes
from nasnet_search.benchmark.relabelled import RelabelledSpace
from nasnet_search.benchmark.search_run import Query, run_search
from nasnet_search.cells.search_space import SearchSpace
from nasnet_search.config import SearchConfig
from nasnet_search.controllers.naming import best_by_prediction
from nasnet_search.controllers.protocol import Controller
from nasnet_search.controllers.registry import make_steady_controller
from nasnet_search.evaluators.protocol import Evaluator
from nasnet_search.evaluators.registry import make_evaluator
from nasnet_search.registry import load_plugins
from nasnet_search.runs.naming import BY_PREDICTION
from nasnet_search.spaces import make_space


@dataclasses.dataclass(frozen=True)
class Study:
  """What is compared, on what.

  Attributes:
    config: Space, evaluator and plugins; the rest of it is not used.
    controllers: Presets with their settings; see `presets`.
    seeds: Seeds from 0 on, each a search by each controller.
    queries: Architectures valued in each search.
    relabel: Whether each seed relabels the space.
    folder: Where the searches are kept.
  """

  config: SearchConfig
  controllers: tuple[str, ...]
  seeds: int
  queries: int
  relabel: bool
  folder: pathlib.Path

  def results(self, controller: str) -> list[list[Query]]:
    """Returns the searches of a controller, as far as they have been made."""
    return [
      read_queries(path)[: self.queries]
      for seed in range(self.seeds)
      if (path := self._path(controller, seed)).exists()
    ]

  def run(self, jobs: int, watch: Callable[[int, int], None]) -> None:
    """Makes the searches that have not been made.

    Args:
      jobs: Processes.
      watch: Is told how many of how many are done.

    Raises:
      UserError: The folder holds another comparison, or a controller or the
        space is not there.
    """
    self.check()
    missing = [
      functools.partial(self.search, controller, seed)
      for seed in range(self.seeds)
      for controller in self.controllers
      if not self._made(controller, seed)
    ]
    total = self.seeds * len(self.controllers)
    in_processes(missing, total, jobs, watch)
    if self.config.run.best_by == BY_PREDICTION:
      unnamed = [
        functools.partial(self.name, controller, seed)
        for seed in range(self.seeds)
        for controller in self.controllers
        if len(self._names(controller, seed)) < len(budgets_of(self.queries))
      ]
      in_processes(unnamed, total, jobs, watch)

  def search(self, controller: str, seed: int) -> None:
    """Makes a search and keeps it."""
    space, made, evaluator = self.parts(controller, seed)
    found = run_search(space, made, evaluator, seed, self.queries)
    keep_rows(
      self._path(controller, seed),
      QUERY_COLUMNS,
      [query_row(query) for query in found],
    )

  def name(self, controller: str, seed: int) -> None:
    """Names the best by prediction after each budget, and keeps it."""
    space, *_ = self.parts(controller, seed)
    queries = read_queries(self._path(controller, seed))
    choices = [query.choices for query in queries]
    rewards = [query.reward for query in queries]
    keep_rows(
      self._names_path(controller, seed),
      ('queries', 'best'),
      [
        (
          budget,
          best_by_prediction(space, seed, choices[:budget], rewards[:budget]),
        )
        for budget in budgets_of(self.queries)
      ],
    )

  def named(self, controller: str) -> list[dict[int, int]] | None:
    """Returns the queries named best after budgets, for each search.

    None if the best is named by its reward.
    """
    if self.config.run.best_by != BY_PREDICTION:
      return None
    return [self._names(controller, seed) for seed in range(self.seeds)]

  def _names(self, controller: str, seed: int) -> dict[int, int]:
    path = self._names_path(controller, seed)
    if not path.exists():
      return {}
    return dict(
      read_rows(path, lambda row: (int(row['queries']), int(row['best'])))
    )

  def _names_path(self, controller: str, seed: int) -> pathlib.Path:
    return self._path(controller, seed).with_name(f'seed_{seed:03d}_best.csv')

  def parts(
    self, controller: str, seed: int
  ) -> tuple[SearchSpace, Controller, Evaluator]:
    """Returns what a search is made of."""
    load_plugins(self.config.goal.plugin)
    space = make_space(self.config)
    if self.relabel:
      space = RelabelledSpace(space, seed)
    made = make_steady_controller(
      space, read_controller(controller), seed, hide_gpus=True
    )
    return space, made, _evaluator(self.config)

  def _path(self, controller: str, seed: int) -> pathlib.Path:
    return self.folder / controller.replace(':', ' ') / f'seed_{seed:03d}.csv'

  def _made(self, controller: str, seed: int) -> bool:
    path = self._path(controller, seed)
    return path.exists() and len(read_queries(path)) >= self.queries

  def check(self) -> None:
    """Checks everything that the searches need, and keeps the settings.

    Raises:
      UserError: As `run` does.
    """
    load_plugins(self.config.goal.plugin)
    for controller in self.controllers:
      read_controller(controller)
    space = make_space(self.config)
    if self.relabel:
      RelabelledSpace(space, 0)
    _evaluator(self.config).facts()
    settings = {
      'relabel': self.relabel,
      'plugin': self.config.goal.plugin,
      **dataclasses.asdict(self.config.space),
      **dataclasses.asdict(self.config.evaluator),
    }
    keep_settings(
      self.folder, settings, 'a comparison on the same space and values'
    )


def known_best(config: SearchConfig) -> tuple[float | None, float | None]:
  """Returns the best reward and the best report there is, as far as known."""
  facts = _evaluator(config).facts()
  return facts.get('best_reward'), facts.get('best_report')


@functools.lru_cache(1)
def _evaluator(config: SearchConfig) -> Evaluator:
  return make_evaluator(
    config.evaluator,
    config.proxy,
    config.data,
    config.text,
    config.language_model,
  )
