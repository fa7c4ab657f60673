"""A run as one HTML page that needs nothing else: no script, no network.

The same log makes the same page. It holds no time of its own making: what
is newest in the log says how far it goes.
"""

import importlib.resources
import pathlib

from nasnet_search.cells.errors import UserError
from nasnet_search.report import palette, wording
from nasnet_search.report.markup import Element, element, to_html
from nasnet_search.report.sections import (
  cells,
  confirmed,
  curves,
  origin,
  overview,
  preferences,
  trials,
)
from nasnet_search.report.summary import Summary
from nasnet_search.runs.directory import replace_text
from nasnet_search.version import __version__


def make_page(summary: Summary, best_cells: int = 3) -> str:
  """Returns a report as an HTML document.

  Args:
    summary: What the log says.
    best_cells: How many of the best trials have their cells drawn.
  """
  sections = [
    overview.comparison(summary),
    confirmed.confirmations(summary),
    curves.rewards(summary),
    curves.policy(summary),
    preferences.preferences(summary),
    curves.learning(summary),
    cells.best_cells(summary, best_cells),
    trials.failures(summary),
    trials.all_trials(summary),
    origin.configuration(summary),
    origin.data(summary),
    origin.history(summary),
  ]
  shown = [section for section in sections if section is not None]
  body = element(
    'body',
    _header(summary),
    element('main', overview.headline(summary), _contents(shown), *shown),
    element('footer', f'Written by nasnet-report {__version__}.'),
  )
  return to_html(element('html', _head(summary), body, lang='en'))


def write_page(path: pathlib.Path, text: str) -> None:
  """Writes a page, whole or not at all.

  Raises:
    UserError: The file cannot be written.
  """
  try:
    replace_text(path, text)
  except OSError as error:
    raise UserError(
      'Expected the page to go to a file that can be written. Received: '
      f'{path}: {error.strerror}. Name another one with --output.'
    ) from error


def _head(summary: Summary) -> Element:
  light = palette.variables(palette.LIGHT)
  dark = palette.variables(palette.DARK)
  rules = (
    importlib.resources.files('nasnet_search.report')
    .joinpath('page.css')
    .read_text(encoding='utf-8')
  )
  style = (
    f':root{{{light}}}\n'
    f'@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n'
    f'{rules}'
  )
  return element(
    'head',
    element('meta', charset='utf-8'),
    element(
      'meta', name='viewport', content='width=device-width, initial-scale=1'
    ),
    element('meta', name='color-scheme', content='light dark'),
    element('title', f'{summary.name}: nasnet_search'),
    element('style', style),
  )


def _header(summary: Summary) -> Element:
  standing, defining = summary.standing, summary.defining
  what = ' · '.join(
    f'{label} {_setting(summary, name)}'
    for label, name in (
      ('Space', 'space'),
      ('controller', 'controller'),
      ('evaluator', 'evaluator'),
      ('data', 'data'),
      ('seed', 'seed'),
    )
    # A search without children has a setting for the data, but none.
    if name in defining and (name != 'data' or summary.dataset is not None)
  )
  return element(
    'header',
    element(
      'div',
      element('h1', summary.name),
      element(
        'span', standing.state.value, class_=f'state {standing.state.value}'
      ),
    ),
    element('p', f'{what} · reward {summary.reward}', class_='what'),
    element('p', standing.reason, ' ', _as_of(summary), class_='what'),
  )


def _setting(summary: Summary, name: str) -> str:
  # Text is not named by the setting for images.
  record = summary.dataset if name == 'data' else None
  return str((record or {}).get('name', summary.defining[name]))


def _as_of(summary: Summary) -> str | None:
  times = [start['last_seen_at'] for start in summary.starts]
  times += [trial.settled_at for trial in summary.trials if trial.settled_at]
  return f'Last entry: {wording.moment(max(times))}.' if times else None


def _contents(sections: list[Element]) -> Element:
  links = [
    element('a', section[0].text, href=f'#{section.get("id")}')
    for section in sections
  ]
  return element('nav', *links, aria_label='Contents')
