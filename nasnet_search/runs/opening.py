"""Opens the log of a new run, or of one to be continued.

A run to be continued must have the same defining settings; the first
difference would make another search of it. Operational settings may differ,
and each change is logged.
"""

import contextlib
import dataclasses
import importlib.metadata
import json
import platform
from collections.abc import Mapping
from typing import Any

from nasnet_search import version
from nasnet_search.cells.errors import UserError
from nasnet_search.config import SearchConfig
from nasnet_search.controllers.protocol import Controller
from nasnet_search.runs import naming, schema
from nasnet_search.runs.directory import RunDirectory
from nasnet_search.runs.progress import Progress
from nasnet_search.runs.records import TrialRecord, dump_json
from nasnet_search.runs.replay import replay
from nasnet_search.runs.store import RunStore
from nasnet_search.trials import Status


@dataclasses.dataclass(frozen=True)
class OpenRun:
  """A run that is open for searching.

  Attributes:
    store: The log.
    progress: Where the search stands.
    learned: Learn calls so far.
    hours_used: Hours that earlier starts have used.
    notices: What a person should know about the continuation.
  """

  store: RunStore
  progress: Progress
  learned: int
  hours_used: float
  notices: tuple[str, ...] = ()


def versions() -> dict[str, str]:
  """Returns the versions that the numbers of a run may depend on."""
  packages = ('numpy', 'keras', 'tensorflow')
  return {
    'nasnet_search': version.__version__,
    'python': platform.python_version(),
    'machine': platform.machine(),
    **{name: importlib.metadata.version(name) for name in packages},
  }


def changed_versions(logged: Mapping[str, Any]) -> list[str]:
  """Returns how today's versions differ from those of an earlier start."""
  return [
    f'{name} was {logged.get(name)}, is now {value}'
    for name, value in versions().items()
    if logged.get(name) != value
  ]


def check_same(store: RunStore, config: SearchConfig) -> None:
  """Raises unless a run has the defining settings of a configuration.

  Raises:
    UserError: They differ; the message names every difference.
  """
  # A run of an older version knows nothing of newer flags, whose defaults
  # stand for how it was before there was a choice.
  defaults = _plain(SearchConfig().defining())
  logged = {**defaults, **store.facts().get('defining', {})}
  differences = [
    f'--{name}: {_shown(logged[name])} in the run, {_shown(value)} now'
    for name, value in _plain(config.defining()).items()
    if logged[name] != value
  ]
  if differences:
    raise UserError(
      'Expected the defining settings of the run that is to be continued, '
      f'{store.path.parent}. Received others: {"; ".join(differences)}. '
      'Start with --flagfile='
      + str(RunDirectory(store.path.parent).flagfile)
      + ' or name another --run_dir.'
    )


def check_facts(store: RunStore, facts: Mapping[str, Any]) -> None:
  """Raises unless a run has the same facts, such as the same data set.

  Raises:
    UserError: A fact has changed; the message names it.
  """
  logged = store.facts()
  for name, value in facts.items():
    if logged.get(name) != json.loads(dump_json(value)):
      raise UserError(
        f'Expected the {name} to be as when {store.path.parent} was begun. '
        f'Received another one: it has changed since. Bring the old one back, '
        'or name another --run_dir.'
      )


def create(
  directory: RunDirectory,
  config: SearchConfig,
  facts: Mapping[str, Any],
  trials: list[TrialRecord],
) -> None:
  """Creates the log of a new run.

  Args:
    directory: An empty directory.
    config: The configuration.
    facts: What else the run is, by name.
    trials: The trials that come before the controller's own.
  """
  store = RunStore.create(
    directory.log,
    {'defining': _plain(config.defining()), **facts},
    trials,
  )
  store.close()


def open_run(
  directory: RunDirectory,
  config: SearchConfig,
  facts: Mapping[str, Any],
  controller: Controller,
) -> OpenRun:
  """Opens a run and brings the controller to where its log ends.

  The newest snapshot saves time; what the controller learned after it is
  learned again from the log. Nothing is proposed again.

  Args:
    directory: The directory, acquired by this process.
    config: The configuration.
    facts: What else the run is, by name, as for `create`.
    controller: A new controller of this configuration.

  Raises:
    UserError: The run has other defining settings, or its log is damaged.
  """
  store = RunStore(directory.log)
  with contextlib.ExitStack() as stack:
    stack.callback(store.close)
    # All that may be refused comes before the first thing that is written.
    store.check()
    check_same(store, config)
    check_facts(store, facts)
    notices = replay(store, controller)
    run = _continue(store, config, notices)
    directory.write_flagfile(config.defining())
    stack.pop_all()
  return run


def _continue(
  store: RunStore, config: SearchConfig, notices: list[str]
) -> OpenRun:
  progress, lessons = _restored(store)
  progress.named = naming.named_in(store, config.run.best_by)
  earlier = store.starts()
  operational = _plain(config.operational())
  notices = [*(_changes(earlier[-1], operational) if earlier else ()), *notices]
  older = store.upgrade()
  if older is not None:
    notices.append(
      f'The log was of version {older}. It is of version {schema.VERSION} now, '
      'which older versions of nasnet_search do not read.'
    )
  store.add_start(operational, versions())
  for notice in notices:
    store.add_event('changed', {'what': notice})
  seconds = sum(each['last_seen_at'] - each['started_at'] for each in earlier)
  return OpenRun(store, progress, lessons, seconds / 3600, tuple(notices))


def _restored(store: RunStore) -> tuple[Progress, int]:
  """Returns where the search stands, and the number of learn calls."""
  lessons = store.lessons()
  progress = Progress()
  progress.restore(
    # What was running when the last coordinator ended is to be started again.
    (
      dataclasses.replace(record, status=Status.QUEUED)
      if record.status is Status.RUNNING
      else record
      for record in store.trials()
    ),
    (trial for lesson in lessons for trial in lesson['trials']),
  )
  return progress, len(lessons)


def _changes(
  before: Mapping[str, Any], operational: Mapping[str, Any]
) -> list[str]:
  # As for defining settings, defaults stand for what there was no choice of.
  logged = {**_plain(SearchConfig().operational()), **before['operational']}
  changes = [
    f'--{name} was {_shown(logged[name])}, is now {_shown(value)}'
    for name, value in operational.items()
    if logged[name] != value
  ]
  return changes + [
    f'{change}: numbers may differ in their last digits; the log is continued '
    'all the same'
    for change in changed_versions(before['versions'])
  ]


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
  """Returns settings as JSON gives them back."""
  return {
    name: list(value) if isinstance(value, tuple) else value
    for name, value in settings.items()
  }


def _shown(value: Any) -> str:
  return ','.join(value) if isinstance(value, list) else repr(value)
