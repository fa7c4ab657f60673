"""A comparison of proxies: what each costs, and how far its ranking is right.

A proxy is worth as much as its ranking of architectures agrees with that of a
fuller training, for what it costs. The same architectures, each with the same
few seeds, are trained in every proxy, so that what differs is the proxy. Each
child that was trained is kept at once: the study goes on where it was stopped.
"""

import dataclasses
import pathlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from nasnet_search.benchmark.kept_rows import keep_rows, read_rows
from nasnet_search.benchmark.kept_settings import keep_settings
from nasnet_search.benchmark.proxy_children import (
  COLUMNS,
  Child,
  child_of,
  outcomes,
  read_child,
)
from nasnet_search.cells import zoo
from nasnet_search.cells.architecture import KIND
from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.cells.errors import UserError, check_choice
from nasnet_search.cells.search_space import random_choices
from nasnet_search.config import SearchConfig
from nasnet_search.data.config import DataConfig
from nasnet_search.data.text_config import TextConfig
from nasnet_search.evaluators.config import ProxyConfig
from nasnet_search.evaluators.language_config import LanguageModelConfig
from nasnet_search.evaluators.protocol import Evaluator, Refused
from nasnet_search.evaluators.rewards import compute_reward
from nasnet_search.randomness import derived_seed, generator
from nasnet_search.runs.first_trials import REFERENCE_CELL
from nasnet_search.settings import read_value
from nasnet_search.spaces import make_space
from nasnet_search.trials import Trial
from nasnet_search.workers.child_process import EvaluatorSpec
from nasnet_search.workers.factory import make_workers

AS_GIVEN = 'given'
"""The name of the proxy that the flags describe."""

_MOST_DRAWS = 1000


@dataclasses.dataclass(frozen=True)
class ProxyStudy:
  """What is compared, on what.

  Attributes:
    config: Space, evaluator, data and workers, and the proxy as given.
    proxies: Proxies: settings that differ from the given ones, such as
      `epochs=1:train_images=2500`, or `AS_GIVEN`. The last is the fullest.
    cells: Names of the zoo.
    random_cells: Random architectures of the space besides.
    seeds: Children of each architecture in each proxy.
    folder: Where the children are kept.
  """

  config: SearchConfig
  proxies: tuple[str, ...]
  cells: tuple[str, ...]
  random_cells: int
  seeds: int
  folder: pathlib.Path

  def run(self, watch: Callable[[int, int], None]) -> None:
    """Trains the children that have not been trained.

    Args:
      watch: Is told how many of how many are done.

    Raises:
      UserError: A proxy, a cell or the data cannot be used, or the folder
        holds another study.
    """
    configs = {proxy: self.config_of(proxy) for proxy in self.proxies}
    architectures = self.architectures()
    self._keep_settings()
    total = len(self.proxies) * len(architectures) * self.seeds
    done = sum(len(self.children(proxy)) for proxy in self.proxies)
    watch(done, total)
    for proxy, config in configs.items():
      missing = self._missing(proxy, architectures)
      for found in self._trained(config, architectures, missing):
        self._keep(proxy, found)
        done += 1
        watch(done, total)

  def config_of(self, proxy: str) -> SearchConfig:
    """Returns the configuration of a proxy.

    Raises:
      UserError: A setting is unknown or its value is not one.
    """
    if proxy == AS_GIVEN:
      return self.config
    settings: dict[type, dict[str, Any]] = {
      ProxyConfig: {},
      DataConfig: {},
      TextConfig: {},
      LanguageModelConfig: {},
    }
    defaults = {
      field.name: (kind, field.default)
      for kind in settings
      for field in dataclasses.fields(kind)
    }
    for item in proxy.split(':'):
      name, _, text = item.partition('=')
      check_choice('setting of a proxy', name, defaults)
      kind, default = defaults[name]
      settings[kind][name] = read_value(name, text, default)
    return dataclasses.replace(
      self.config,
      proxy=dataclasses.replace(self.config.proxy, **settings[ProxyConfig]),
      data=dataclasses.replace(self.config.data, **settings[DataConfig]),
      text=dataclasses.replace(self.config.text, **settings[TextConfig]),
      language_model=dataclasses.replace(
        self.config.language_model, **settings[LanguageModelConfig]
      ),
    )

  def architectures(self) -> dict[str, AnyArchitecture]:
    """Returns the architectures by name; each can be built in every proxy.

    Raises:
      UserError: A cell cannot, or too few random architectures can.
    """
    found: dict[str, AnyArchitecture] = {
      name: zoo.entry(name).architecture for name in self.cells
    }
    space = make_space(self.config)
    evaluators = [_spec(self.config_of(proxy)).make() for proxy in self.proxies]
    for name, architecture in found.items():
      _check(evaluators, architecture, name)
    keys = {x.canonical_key() for x in found.values()}
    for draw in range(_MOST_DRAWS):
      if len(found) == len(self.cells) + self.random_cells:
        return found
      draws = generator(self.config.goal.seed, 'proxy study', draw)
      architecture = space.decode(random_choices(space, draws))
      try:
        for evaluator in evaluators:
          evaluator.check(architecture)
      except Refused:
        continue
      if architecture.canonical_key() not in keys:
        keys.add(architecture.canonical_key())
        found[f'random_{draw:03d}'] = architecture
    raise UserError(
      f'Expected {self.random_cells} random architectures that every proxy '
      f'allows. Received {len(found) - len(self.cells)} in {_MOST_DRAWS} '
      'draws. Ask for fewer, or raise the limits for children.'
    )

  def children(self, proxy: str) -> list[Child]:
    """Returns the children trained in a proxy so far."""
    path = self._path(proxy)
    return read_rows(path, read_child) if path.exists() else []

  def _missing(
    self, proxy: str, architectures: Mapping[str, AnyArchitecture]
  ) -> list[tuple[str, int]]:
    made = {(child.architecture, child.seed) for child in self.children(proxy)}
    return [
      (name, seed)
      for seed in range(self.seeds)
      for name in architectures
      if (name, seed) not in made
    ]

  def _trained(
    self,
    config: SearchConfig,
    architectures: Mapping[str, AnyArchitecture],
    missing: Sequence[tuple[str, int]],
  ) -> Iterator[Child]:
    if not missing:
      return
    spec = _spec(config)
    evaluator = spec.make()
    reward = config.goal.reward or evaluator.default_reward
    chance = compute_reward(reward, evaluator.chance())
    workers = make_workers(spec, config.workers)
    try:
      for outcome in outcomes(workers, self._trials(architectures, missing)):
        name, seed = missing[outcome.trial.trial_id]
        yield child_of(name, seed, outcome, reward, chance)
    finally:
      workers.close()

  def _trials(
    self,
    architectures: Mapping[str, AnyArchitecture],
    missing: Sequence[tuple[str, int]],
  ) -> Iterator[Trial]:
    names = list(architectures)
    for place, (name, seed) in enumerate(missing):
      yield Trial(
        trial_id=place,
        attempt=1,
        architecture=architectures[name],
        # The same in every proxy, so that the weights start alike.
        seed=derived_seed(
          self.config.goal.seed, 'proxy study', names.index(name), seed
        ),
        purpose='study',
      )

  def _keep(self, proxy: str, child: Child) -> None:
    rows = [
      dataclasses.astuple(each) for each in [*self.children(proxy), child]
    ]
    keep_rows(self._path(proxy), COLUMNS, rows)

  def _path(self, proxy: str) -> pathlib.Path:
    return self.folder / f'{proxy.replace(":", " ")}.csv'

  def _keep_settings(self) -> None:
    """Checks that the folder holds this study, or none, and names it.

    More proxies and seeds cost only themselves, so they may differ.
    """
    settings = {
      **self.config.defining(),
      'cells': self.cells,
      'random_cells': self.random_cells,
    }
    keep_settings(
      self.folder, settings, 'a study of the same architectures and settings'
    )


def usual_cells(config: SearchConfig) -> tuple[str, ...]:
  """Returns the published cells that are trained if nobody names others.

  Args:
    config: Its space; of what is not made of cells none is published.
  """
  space = make_space(config)
  draws = generator(config.goal.seed, 'proxy study', 0)
  architecture = space.decode(random_choices(space, draws))
  return (REFERENCE_CELL,) if architecture.kind == KIND else ()


def _check(
  evaluators: Sequence[Evaluator], architecture: AnyArchitecture, name: str
) -> None:
  try:
    for evaluator in evaluators:
      evaluator.check(architecture)
  except (Refused, UserError) as error:
    raise UserError(
      f'Expected --cells that every proxy can train. Received: {name}. {error}'
    ) from error


def _spec(config: SearchConfig) -> EvaluatorSpec:
  return EvaluatorSpec(
    config.evaluator,
    config.proxy,
    config.data,
    config.goal.plugin,
    config.text,
    config.language_model,
  )
