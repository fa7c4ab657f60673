"""What Q-learning has come to prefer: the values of layers by their depth.

Read from the newest snapshot of the controller, as plain data: nothing of the
run is executed, and no data set is looked for.
"""

import collections
import contextlib
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from nasnet_search.cells.errors import UserError
from nasnet_search.cells.layer_graph import type_name
from nasnet_search.cells.layer_graph_space import outcomes
from nasnet_search.controllers import state
from nasnet_search.controllers.value_table import read_rows
from nasnet_search.report import wording
from nasnet_search.report.markup import Element, element
from nasnet_search.report.sections.parts import note, section
from nasnet_search.report.summary import Summary
from nasnet_search.runs.reading import RunReader

_TERMINATION = 'termination'
_STRONGEST = 60
"""Per cent of the colour of the greatest value: text stays readable on it."""

Means = Mapping[str, Mapping[int, float]]
"""By type of layer and by depth."""


def preferences(summary: Summary) -> Element | None:
  """Returns the mean values of a table, by type of layer and depth.

  Args:
    summary: What the log says; None is returned for other controllers and
      other spaces, and before there is a snapshot.
  """
  defining = summary.defining
  if (defining.get('controller'), defining.get('space')) != (
    'q_learning',
    'layer_graph',
  ):
    return None
  updates, saved = _newest_snapshot(summary)
  try:
    means = mean_values(saved, defining)
  except (UserError, ValueError, IndexError):
    return None  # Damaged, or made with other settings than those logged.
  if not means:
    return None
  return section(
    'preferences',
    'Learned preferences',
    note(
      'What choosing a layer is worth: the mean value of all choices of its '
      'type that were learned, by their place in the chain, after '
      f'{wording.counted(updates, "update")}. The stronger the colour, the '
      'greater.'
    ),
    _table(means),
  )


def mean_values(saved: bytes, defining: Mapping[str, Any]) -> Means:
  """Returns the mean values of a saved table by type of layer and depth.

  Args:
    saved: The state of a Q-learning controller; empty for none.
    defining: Settings of the run, which tell what its choices mean.

  Raises:
    UserError: The state cannot be read.
    ValueError: A setting is no list of numbers.
    IndexError: The state is of another space.
  """
  if not saved:
    return {}
  known = outcomes(
    *(
      tuple(map(int, defining[f'layer_graph_{name}']))
      for name in ('filters', 'neurons')
    )
  )
  names = [
    _TERMINATION if isinstance(each, str) else type_name(each) for each in known
  ]
  values: dict[str, dict[int, list[float]]] = collections.defaultdict(
    lambda: collections.defaultdict(list)
  )
  _, arrays = state.unpack(saved, 'q_learning')
  for (depth, *_), outcome, value in read_rows(arrays):
    values[names[outcome]][depth].append(value)
  return {
    name: {depth: statistics.fmean(each) for depth, each in of_name.items()}
    for name, of_name in sorted(values.items(), key=lambda x: names.index(x[0]))
  }


def _newest_snapshot(summary: Summary) -> tuple[int, bytes]:
  reader = RunReader(summary.directory.log)
  with contextlib.closing(reader):
    snapshots = reader.snapshots()
  updates = max(snapshots, default=0)
  return updates, snapshots.get(updates, b'')


def _table(means: Means) -> Element:
  depths = range(1 + max(depth for each in means.values() for depth in each))
  flat = [value for each in means.values() for value in each.values()]
  head = element('tr', element('th', 'Layer'), *_headings(depths))
  rows = [
    element(
      'tr',
      element('td', wording.title(name)),
      *(_cell(each.get(depth), min(flat), max(flat)) for depth in depths),
    )
    for name, each in means.items()
  ]
  shown = element('table', element('thead', head), element('tbody', *rows))
  return element('div', shown, class_='scroll', tabindex='0')


def _headings(depths: Sequence[int]) -> list[Element]:
  return [element('th', str(depth + 1), class_='number') for depth in depths]


def _cell(value: float | None, least: float, greatest: float) -> Element:
  if value is None:
    return element('td', wording.ABSENT, class_='number')
  share = (value - least) / (greatest - least) if greatest > least else 0.0
  return element(
    'td',
    f'{value:.3f}',
    class_='number value',
    style=f'--share:{share * _STRONGEST:.0f}%',
  )
