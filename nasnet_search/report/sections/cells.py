"""The best architectures: cells drawn, others as a table."""

from collections.abc import Iterator, Mapping
from typing import Any

from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.architectures import AnyArchitecture, header
from nasnet_search.cells.cell import Cell
from nasnet_search.cells.layer_graph import LayerGraph, type_name
from nasnet_search.report import wording
from nasnet_search.report.markup import Child, Element, element, table
from nasnet_search.report.sections.parts import (
  code,
  measures,
  note,
  section,
  values_of,
)
from nasnet_search.report.summary import Summary
from nasnet_search.report.svg import svg_element
from nasnet_search.runs.records import TrialRecord


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
    return section('cells', 'Best cells', note('No trial is completed yet.'))
  return section(
    'cells',
    'Best cells',
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
  if isinstance(architecture, LayerGraph):
    return _layers(architecture)
  data = architecture.to_dict()
  rest = {
    key: data[key] for key in data if key not in header(architecture.kind)
  }
  return table(['Choice', 'Value'], [list(row) for row in _flat(rest)])


def _layers(chain: LayerGraph) -> Element:
  rows: list[list[Child]] = [
    [
      str(index),
      wording.title(type_name(layer)),
      ', '.join(f'{name} {value}' for name, value in layer.numbers().items()),
    ]
    for index, layer in enumerate(chain.layers, 1)
  ]
  rows.append(['', wording.title(chain.termination), ''])
  return element(
    'div',
    element('p', code(chain.notation())),
    table(['Layer', 'Type', 'Parameters'], rows),
  )


def _flat(data: Mapping[str, Any], path: str = '') -> Iterator[tuple[str, str]]:
  """Yields the leaves of nested plain data with their paths."""
  for key, value in data.items():
    if isinstance(value, Mapping):
      yield from _flat(value, f'{path}{key}/')
    else:
      yield f'{path}{key}', str(value)


def _drawing(cell: Cell, name: str, kind: str) -> Element:
  """Returns a drawing in two versions, of which a scheme shows one."""
  from nasnet_search.cells.drawing import draw_cell

  pictures = []
  for scheme in ('light', 'dark'):
    figure = draw_cell(
      cell,
      f'{kind.capitalize()} cell',
      reduction=kind == 'reduction',
      dark=scheme == 'dark',
    )
    picture = svg_element(
      figure,
      f'{name}-{scheme}',
      f'The {kind} cell.',
      follow_scheme=False,
    )
    picture.set('class', f'figure drawing on-{scheme}')
    pictures.append(picture)
  natural = pictures[0].get('style')
  return element('div', *pictures, class_='scroll', style=natural, tabindex='0')
