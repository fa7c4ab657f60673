"""The best architectures: cells drawn, others in words."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.architectures import AnyArchitecture, header
from nasnet_search.cells.cell import Cell
from nasnet_search.cells.conv_chain import ConvChain
from nasnet_search.report import wording
from nasnet_search.report.descriptions import Description, describe
from nasnet_search.report.markup import Element, element, table
from nasnet_search.report.sections.parts import (
  measures,
  note,
  section,
  values_of,
)
from nasnet_search.report.summary import Summary
from nasnet_search.report.svg import svg_element
from nasnet_search.runs.records import TrialRecord

if TYPE_CHECKING:
  from matplotlib.figure import Figure


def best_cells(summary: Summary, count: int) -> Element | None:
  """Returns drawings of the cells of the best trials.

  Args:
    summary: What the log says.
    count: How many trials; None is returned for 0.
  """
  best = summary.ranked()[:count]
  if not count:
    return None
  if not best:
    return section('cells', 'Best found', note('No trial is completed yet.'))
  return section(
    'cells',
    'Best found',
    *(_architecture(rank, trial) for rank, trial in enumerate(best, 1)),
  )


def _architecture(rank: int, trial: TrialRecord) -> Element:
  values = values_of(trial)
  facts = [
    f'{wording.title(name)} {wording.quantity(values.get(name))}'
    for name in measures([trial])
  ]
  return element(
    'article',
    element(
      'h3',
      f'{rank}. Trial {trial.trial_id}: reward {wording.reward(trial.reward)}',
    ),
    note(' · '.join(facts)) if facts else None,
    _shown(trial.architecture, rank),
    element(
      'details',
      element('summary', 'As an architecture file (JSON)'),
      element('pre', trial.architecture.to_json()),
    ),
  )


def _shown(architecture: AnyArchitecture, rank: int) -> Element:
  if isinstance(architecture, Architecture):
    drawings = [
      _drawing(cell, f'cell-{rank}-{name}', name)
      for name, cell in architecture.cells()
    ]
    return element('div', *drawings, class_='drawings')
  description = describe(architecture)
  if description is not None:
    drawing = (
      _drawing_of_chain(architecture, rank)
      if isinstance(architecture, ConvChain)
      else None
    )
    return element('div', drawing, *_in_words(description))
  data = architecture.to_dict()
  rest = {
    key: data[key] for key in data if key not in header(architecture.kind)
  }
  return table(['Choice', 'Value'], [list(row) for row in _flat(rest)])


def _in_words(description: Description) -> Iterator[Element]:
  if description.lines:
    yield element('pre', '\n'.join(description.lines))
  if description.legend:
    yield note(description.legend)
  if description.rows:
    yield table(description.headings, description.rows)


def _flat(data: Mapping[str, Any], path: str = '') -> Iterator[tuple[str, str]]:
  """Yields the leaves of nested plain data with their paths."""
  for key, value in data.items():
    if isinstance(value, Mapping):
      yield from _flat(value, f'{path}{key}/')
    else:
      yield f'{path}{key}', str(value)


def _drawing(cell: Cell, name: str, kind: str) -> Element:
  from nasnet_search.cells.drawing import draw_cell

  def draw(*, dark: bool) -> 'Figure':
    title, reduction = f'{kind.capitalize()} cell', kind == 'reduction'
    return draw_cell(cell, title, reduction=reduction, dark=dark)

  return _in_both_schemes(draw, name, f'The {kind} cell.')


def _drawing_of_chain(chain: ConvChain, rank: int) -> Element:
  from nasnet_search.cells.drawing import draw_chain

  def draw(*, dark: bool) -> 'Figure':
    return draw_chain(chain, dark=dark)

  drawing = _in_both_schemes(draw, f'chain-{rank}', 'Who reads whom.')
  return element('div', drawing, class_='drawings')


def _in_both_schemes(
  draw: Callable[..., 'Figure'], name: str, text: str
) -> Element:
  """Returns a drawing in two versions, of which a scheme shows one.

  Args:
    draw: Draws for a dark scheme or a light one.
    name: Begins the names of what is in the drawing.
    text: What it shows, for whoever cannot see it.
  """
  pictures = []
  for scheme in ('light', 'dark'):
    figure = draw(dark=scheme == 'dark')
    picture = svg_element(figure, f'{name}-{scheme}', text, follow_scheme=False)
    picture.set('class', f'figure drawing on-{scheme}')
    pictures.append(picture)
  natural = pictures[0].get('style')
  return element('div', *pictures, class_='scroll', style=natural, tabindex='0')
