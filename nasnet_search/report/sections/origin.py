"""How a run came about: its configuration, its data, its starts."""

import json
from collections.abc import Mapping
from typing import Any

from nasnet_search.flags import flagfiles
from nasnet_search.report import wording
from nasnet_search.report.markup import (
  Child,
  Element,
  definitions,
  element,
  table,
)
from nasnet_search.report.sections.parts import code, note, section
from nasnet_search.report.summary import Summary

_MAX_NAMES = 20
_MAX_EVENTS = 100


def configuration(summary: Summary) -> Element:
  """Returns every setting, and how to start the same search again."""
  flagfile = summary.directory.flagfile
  return section(
    'configuration',
    'Configuration',
    note(
      'These settings define the run. To start the same search again, save '
      'them as a file, or take ',
      code(flagfile.name),
      " of the run's directory:",
    ),
    element(
      'pre',
      f'nasnet-search --flagfile={flagfile} --run_dir=ANOTHER_DIRECTORY',
    ),
    element('pre', flagfiles.render(summary.defining), class_='tall'),
    element(
      'details',
      element('summary', 'Settings that may differ between starts (newest)'),
      element('pre', flagfiles.render(summary.operational)),
    ),
  )


def data(summary: Summary) -> Element | None:
  """Returns the record of the data set, if there is one."""
  if summary.dataset is None:
    return None
  pairs: list[tuple[str, Child]] = [
    (wording.title(name), _shown(value))
    for name, value in summary.dataset.items()
    if name not in ('format', 'format_version')
  ]
  return section('data', 'Data set', definitions(pairs))


def history(summary: Summary) -> Element:
  """Returns the starts, what changed between them, and the versions."""
  rows: list[list[Child]] = [
    [
      str(start['start']),
      wording.moment(start['started_at']),
      wording.moment(start['last_seen_at']),
      _versions(start['versions']),
    ]
    for start in summary.starts
  ]
  return section(
    'history',
    'Starts and versions',
    table(
      ['Start', 'Began', 'Last entry', 'Versions'],
      rows,
      numbers=frozenset({0}),
    ),
    _events(summary),
    note(
      'SHA-256 of the saved state of the controller: ',
      code(summary.controller_digest or wording.ABSENT),
    ),
  )


def _events(summary: Summary) -> Element | None:
  rows: list[list[Child]] = [
    [
      wording.moment(event['happened_at']),
      wording.title(event['kind']),
      _event(event['detail']),
    ]
    for event in summary.events[-_MAX_EVENTS:]
  ]
  return table(['When', 'What', 'Details'], rows) if rows else None


def _event(detail: Mapping[str, Any]) -> str:
  return wording.shortened(
    ', '.join(f'{name}: {_shown(value)}' for name, value in detail.items()),
    400,
  )


def _versions(versions: Mapping[str, str]) -> str:
  return ', '.join(f'{name} {value}' for name, value in versions.items())


def _shown(value: Any) -> str:
  """Returns a value of a record for people; long lists are cut."""
  if isinstance(value, list):
    text = ', '.join(_shown(item) for item in value[:_MAX_NAMES])
    more = len(value) - _MAX_NAMES
    return f'{text} and {more:,} more' if more > 0 else text or 'none'
  if isinstance(value, float):
    return f'{value:.6g}'
  return value if isinstance(value, str) else json.dumps(value)
