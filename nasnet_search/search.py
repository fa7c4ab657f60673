"""A whole search as one call: `search(config)`.

Example:
  from nasnet_search.config import RunConfig, SearchConfig
  from nasnet_search.search import search

  result = search(SearchConfig(run=RunConfig(run_dir='my_run', trials=40)))
  print(result.best.reward, result.best.architecture.to_json())

The call checks everything it was given before it writes anything. An
existing run directory is continued. Worker processes do not import the main
module: what a script registers, they know from `--plugin` modules only.
"""

import contextlib
import dataclasses
import pathlib
import time
from collections.abc import Sequence
from typing import Any

from nasnet_search.cells.search_space import SearchSpace
from nasnet_search.config import SearchConfig
from nasnet_search.controllers.protocol import Controller
from nasnet_search.controllers.registry import (
  CONTROLLERS,
  make_steady_controller,
)
from nasnet_search.evaluators.protocol import Evaluator
from nasnet_search.evaluators.rewards import check_reward
from nasnet_search.registry import load_plugins
from nasnet_search.runs import opening
from nasnet_search.runs.best import BestArchitecture
from nasnet_search.runs.confirmations import Confirmed
from nasnet_search.runs.directory import RunDirectory
from nasnet_search.runs.first_trials import first_trials
from nasnet_search.runs.log_file import unwritable
from nasnet_search.runs.loop import Parts, SearchLoop
from nasnet_search.runs.observer import Began, Event, Observer, Told
from nasnet_search.runs.progress import Progress
from nasnet_search.runs.records import TrialRecord
from nasnet_search.runs.replay import digest_of
from nasnet_search.runs.scalars import Scalars
from nasnet_search.runs.text_log import TextLog
from nasnet_search.spaces import make_space
from nasnet_search.workers.child_process import EvaluatorSpec
from nasnet_search.workers.factory import make_workers


@dataclasses.dataclass(frozen=True)
class SearchResult:
  """What a search has found.

  Attributes:
    run_dir: Where everything about it is kept.
    reason: Why it ended, as a sentence.
    interrupted: Whether it ended because somebody interrupted it.
    best: The trial that found the best architecture: the best by the mean of
      its confirmations or, where there are none, by its reward; None if none
      was completed.
    confirmed: What was valued again, the best first.
    references: NASNet-A and a random choice, valued under the same proxy.
    progress: Where the search stands.
  """

  run_dir: pathlib.Path
  reason: str
  interrupted: bool
  best: TrialRecord | None
  confirmed: tuple[Confirmed, ...]
  references: tuple[TrialRecord, ...]
  progress: Progress


def search(
  config: SearchConfig, observers: Sequence[Observer] = ()
) -> SearchResult:
  """Runs a search, or goes on with one.

  Args:
    config: Everything about the search.
    observers: Who is told of each step, besides the run's own files.

  Returns:
    What it found.

  Raises:
    UserError: Something given is wrong; nothing was changed on disk.
    KeyboardInterrupt: It was interrupted twice; what had settled is kept.
  """
  setup = _set_up(config)
  directory = setup.directory
  with contextlib.ExitStack() as stack:
    directory.create()
    directory.acquire()
    stack.callback(directory.release)
    run = _open(setup, config)
    stack.callback(run.store.close)
    scalars = Scalars(directory.tensorboard)
    stack.callback(scalars.close)
    watching = [*_files(directory, scalars), *observers]
    news: list[Event] = [
      Began(config.run.trials, str(directory.path)),
      *(Told(notice) for notice in run.notices),
    ]
    for watch in watching:
      for event in news:
        watch(event, run.progress)
    workers = make_workers(setup.spec, config.workers)
    stack.callback(workers.close)
    parts = Parts(
      space=setup.space,
      controller=setup.controller,
      evaluator=setup.evaluator,
      workers=workers,
      store=run.store,
      reward=setup.facts['reward'],
      seed=config.goal.seed,
      proxy=config.proxy,
    )
    loop = SearchLoop(parts, config.run, run, watching)
    reason = loop.run()
  return SearchResult(
    run_dir=directory.path,
    reason=reason,
    interrupted=loop.interrupted,
    best=run.progress.best,
    confirmed=tuple(run.progress.confirmations.ranked()),
    references=tuple(run.progress.references.values()),
    progress=run.progress,
  )


@dataclasses.dataclass(frozen=True)
class _Setup:
  """What a search is made of, checked, before anything is written."""

  directory: RunDirectory
  space: SearchSpace
  spec: EvaluatorSpec
  evaluator: Evaluator
  controller: Controller
  facts: dict[str, Any]
  first_trials: list[TrialRecord]


def _open(setup: _Setup, config: SearchConfig) -> opening.OpenRun:
  """Opens the run in the directory, which is acquired; a new one if need be."""
  # Another search may have begun and ended there meanwhile.
  if not setup.directory.exists:
    digest = {'initial_digest': digest_of(setup.controller)}
    opening.create(
      setup.directory, config, {**setup.facts, **digest}, setup.first_trials
    )
  return opening.open_run(
    setup.directory, config, setup.facts, setup.controller
  )


def _files(directory: RunDirectory, scalars: Scalars) -> list[Observer]:
  """Returns the observers that keep the files of a run."""
  files: tuple[Observer, ...] = (
    TextLog(directory.text_log),
    BestArchitecture(directory),
    scalars,
  )
  return [_Written(each, directory) for each in files]


class _Written:
  """An observer whose files may not be writable any more.

  Args:
    observer: The observer.
    directory: Where its files are.
  """

  def __init__(self, observer: Observer, directory: RunDirectory) -> None:
    self._observer = observer
    self._directory = directory

  def __call__(self, event: Event, progress: Progress) -> None:
    """Passes an event on."""
    try:
      self._observer(event, progress)
    except OSError as error:
      raise unwritable(self._directory.path, error) from error


def _set_up(config: SearchConfig) -> _Setup:
  load_plugins(config.goal.plugin)
  spec = EvaluatorSpec(
    config.evaluator,
    config.proxy,
    config.data,
    config.goal.plugin,
    config.text,
    config.language_model,
  )
  evaluator = spec.make()
  reward = config.goal.reward or evaluator.default_reward
  check_reward(reward, evaluator)
  CONTROLLERS.check(config.controller.controller)
  space = make_space(config)
  directory = RunDirectory(config.run.run_dir or _new_name())
  trials: list[TrialRecord] = []
  directory.check_no_links()
  if not directory.exists:
    directory.check_free()
    trials = first_trials(config.goal, space, evaluator, reward)
  facts = {'reward': reward, **evaluator.facts()}
  controller = make_steady_controller(
    space,
    config.controller,
    config.goal.seed,
    hide_gpus=config.workers.workers > 0,
  )
  return _Setup(directory, space, spec, evaluator, controller, facts, trials)


def _new_name() -> str:
  return time.strftime('runs/%Y%m%d-%H%M%S')
