"""What several sections consist of: headings, keys, measured values."""

from collections.abc import Iterable, Sequence

from nasnet_search.report.figures import SERIES
from nasnet_search.report.markup import Child, Element, element
from nasnet_search.runs.records import TrialRecord

_LINES = {'-': 'solid', '--': 'dashed', ':': 'dotted'}
_PREFERRED = (
  'validation_perplexity',
  'validation_accuracy',
  'validation_loss',
  'parameters',
  'multiply_adds',
  'seconds',
)
_MOST_MEASURES = 5


def section(identifier: str, heading: str, *children: Child) -> Element:
  """Returns a section of the page.

  Args:
    identifier: What links to it name it.
    heading: Its heading.
    *children: What is in it.
  """
  return element('section', element('h2', heading), *children, id=identifier)


def note(*children: Child) -> Element:
  """Returns a paragraph of explanation."""
  return element('p', *children, class_='note')


def code(text: str) -> Element:
  """Returns text as a program reads it."""
  return element('code', text)


def keys(names: Iterable[str], others: str | None = None) -> Element:
  """Returns what the lines and points of figures mean.

  Args:
    names: Series that are shown, of those in `SERIES`.
    others: What the other lines are; None if there are none.
  """
  shown = [(name, *SERIES[name]) for name in names]
  if others is not None:
    shown.append((others, 'sky', '-'))
  return _keys([_key(name, color, _LINES[line]) for name, color, line in shown])


def reward_keys(names: Iterable[str], *, failures: bool) -> Element:
  """Returns the keys of the figure of rewards, points included.

  Args:
    names: Series that are shown, of those in `SERIES`.
    failures: Whether failures are marked.
  """
  items = [element('li', 'Trial', class_='key point')]
  if failures:
    items.append(element('li', 'Failed trial', class_='key cross'))
  return _keys(
    items
    + [_key(name, SERIES[name][0], _LINES[SERIES[name][1]]) for name in names]
  )


def measures(trials: Sequence[TrialRecord]) -> list[str]:
  """Returns the names of the measured values worth showing, in order.

  Those that equal the reward in all trials are left out, since the reward
  stands beside them.

  Args:
    trials: The trials whose values will be shown.
  """
  measured = [trial for trial in trials if trial.measurement is not None]
  names = {
    name
    for trial in measured
    for name, value in values_of(trial).items()
    if value != trial.reward
  }
  preferred = [name for name in _PREFERRED if name in names]
  # A measurement of an evaluator that this program does not know.
  return (preferred or sorted(names))[:_MOST_MEASURES]


def values_of(trial: TrialRecord) -> dict[str, float]:
  """Returns the measured values of a trial, none if it has none."""
  return {} if trial.measurement is None else dict(trial.measurement.values)


def _keys(items: list[Element]) -> Element:
  return element('ul', *items, class_='keys')


def _key(name: str, color: str, line: str) -> Element:
  style = f'--color:var(--{color});--line:{line}'
  return element('li', name, class_='key', style=style)
