"""A comparison for people: tables, and a figure of curves with bands."""

import csv
import io
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from rich import box
from rich.table import Table

from nasnet_search.benchmark.asynchrony import median_of, reached
from nasnet_search.benchmark.comparison import Standing, budgets_of, lead
from nasnet_search.benchmark.proxy_children import rewards_of
from nasnet_search.benchmark.proxy_quality import quality
from nasnet_search.benchmark.simulation import Simulated
from nasnet_search.estimates import estimate
from nasnet_search.report.palette import LIGHT

if TYPE_CHECKING:
  from matplotlib.figure import Figure

  from nasnet_search.benchmark.proxies import ProxyStudy

_COLORS = ('orange', 'blue', 'green', 'purple', 'ink', 'sky')
_LINES = ('-', '--', ':', '-.')
_UNKNOWN = '–'  # noqa: RUF001


def rows_of(
  standings: Sequence[Standing], queries: int, *, regret: bool
) -> tuple[list[str], list[list[str]]]:
  """Returns the heading and the rows of the table.

  Args:
    standings: How each controller did.
    queries: Queries of a search.
    regret: Whether curves are regrets.
  """
  what = 'regret' if regret else 'report'
  heading = ['controller', 'seeds']
  heading += [f'{what} @{budget}' for budget in budgets_of(queries)]
  heading += [
    'queries to best',
    'reached',
    'proposals/query',
    'ms/query',
    'outside',
  ]
  rows = []
  for standing in standings:
    row = [standing.controller, str(standing.searches)]
    for budget in budgets_of(queries):
      at = standing.at(budget)
      row.append(f'{at.mean:.3f} ± {at.half_width:.3f} (sd {at.deviation:.2f})')
    if standing.reached is None:
      row += [_UNKNOWN, _UNKNOWN]
    else:
      needed = standing.to_best
      row.append(f'>{queries}' if needed is None else f'{needed:g}')
      row.append(f'{standing.reached:.0%}')
    row += [f'{standing.proposals:.2f}', f'{standing.milliseconds:.1f}']
    rows.append([*row, f'{standing.outside:.0%}'])
  return heading, rows


def lead_rows(
  standings: Sequence[Standing], queries: int, *, regret: bool
) -> tuple[list[str], list[list[str]]]:
  """Returns how far the first controller is ahead of each other one.

  Args:
    standings: How each controller did.
    queries: Queries of a search.
    regret: Whether curves are regrets.
  """
  first, *others = standings
  heading = [f'lead of {first.controller} over']
  heading += [f'@{budget}' for budget in budgets_of(queries)]
  rows = []
  for other in others:
    row = [other.controller]
    for budget in budgets_of(queries):
      ahead = lead(first, other, budget, regret=regret)
      mark = ' *' if ahead.above_zero else ''
      row.append(f'{ahead.mean:+.3f} ± {ahead.half_width:.3f}{mark}')
    rows.append(row)
  return heading, rows


def worker_row(
  controller: str,
  searches: Sequence[Simulated],
  target: float,
  best_report: float | None,
) -> list[str]:
  """Returns the row of a controller with so many workers.

  Args:
    controller: Which one.
    searches: Its searches, one a seed.
    target: The regret or the report to reach.
    best_report: The best report there is, if known.
  """
  times = [reached(search, target, best_report) for search in searches]
  own = [1000 * _own_seconds(search) for search in searches]
  row = [controller, str(searches[0].workers), str(len(searches))]
  for values in (
    [search.idle for search in searches],
    [search.idle_before_end for search in searches],
  ):
    share = estimate(values)
    row.append(f'{share.mean:.2%} ± {share.half_width:.2%}')
  queries = median_of([time.queries for time in times])
  hours = median_of([time.seconds / 3600 for time in times])
  row += [
    _UNKNOWN if queries is None else f'{queries:g}',
    _UNKNOWN if hours is None else f'{hours:.3g}',
    f'{np.mean([np.isfinite(time.queries) for time in times]):.0%}',
    f'{estimate([max(s.finished) / 3600 for s in searches]).mean:.3g}',
    f'{estimate(own).mean:.1f}',
  ]
  return row


def worker_heading(target: float, *, regret: bool) -> list[str]:
  """Returns the heading of the table of numbers of workers."""
  goal = f'{"regret" if regret else "report"} {target:g}'
  return [
    'controller',
    'workers',
    'seeds',
    'idle',
    'idle before the end',
    f'queries to {goal}',
    'hours to it',
    'reached',
    'hours in all',
    'ms/query',
  ]


def proxy_rows(study: 'ProxyStudy') -> tuple[list[str], list[list[str]]]:
  """Returns the heading and the rows of a table of proxies.

  Args:
    study: A study that has been made.
  """
  heading = ['proxy', 'architectures', 'seeds', 's/child', 'cost', 'reward']
  heading += ['noise', 'spread', 'tau of seeds', 'tau with fullest']
  names = list(study.architectures())
  children = {proxy: study.children(proxy) for proxy in study.proxies}
  rewards = {
    proxy: rewards_of(children[proxy], names, study.seeds)
    for proxy in study.proxies
  }
  fullest = study.proxies[-1]
  found = {
    proxy: quality(
      np.array([child.seconds for child in children[proxy]]),
      rewards[proxy],
      rewards[fullest],
    )
    for proxy in study.proxies
  }
  rows = []
  for proxy, worth in found.items():
    cost = worth.seconds / found[fullest].seconds
    tau = worth.with_fullest
    numbers = (worth.mean, worth.noise, worth.spread)
    row = [proxy, str(len(names)), str(study.seeds)]
    row += [f'{worth.seconds:.2f}', f'{cost:.0%}']
    row += [_UNKNOWN if np.isnan(x) else f'{x:.4f}' for x in numbers]
    between = worth.between_seeds
    row.append(_UNKNOWN if np.isnan(between) else f'{between:.2f}')
    row.append(f'{tau.tau:.2f} ({tau.lower:.2f} to {tau.upper:.2f})')
    rows.append(row)
  return heading, rows


def rich_table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
  """Returns a table for a terminal."""
  table = Table(box=box.SIMPLE)
  for number, name in enumerate(heading):
    table.add_column(name, justify='right' if number else 'left')
  for row in rows:
    table.add_row(*row)
  return table


def csv_text(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
  """Returns a table as the text of a CSV file."""
  text = io.StringIO()
  csv.writer(text, lineterminator='\n').writerows([heading, *rows])
  return text.getvalue()


def curve_figure(standings: Sequence[Standing], *, regret: bool) -> 'Figure':
  """Draws the mean of each controller with the 95 % band of the mean.

  Args:
    standings: How each controller did.
    regret: Whether curves are regrets.
  """
  from matplotlib.figure import Figure

  figure = Figure(figsize=(8, 5), layout='constrained')
  axes = figure.add_subplot(
    xlabel='Queries', ylabel='Regret' if regret else 'Report of the best'
  )
  for number, standing in enumerate(standings):
    color = LIGHT[_COLORS[number % len(_COLORS)]]
    places = np.arange(1, standing.curves.shape[1] + 1)
    points = [standing.at(place) for place in places]
    mean = np.array([point.mean for point in points])
    half = np.array([point.half_width for point in points])
    line = _LINES[number // len(_COLORS) % len(_LINES)]
    axes.plot(places, mean, line, color=color, label=standing.controller)
    axes.fill_between(
      places, mean - half, mean + half, color=color, alpha=0.15, linewidth=0
    )
  if regret:
    axes.set_ylim(bottom=0)
  axes.legend()
  return figure


def save_figure(figure: 'Figure', path: pathlib.Path) -> None:
  """Saves a figure as PNG and SVG beside each other."""
  for suffix in ('.png', '.svg'):
    figure.savefig(path.with_suffix(suffix), dpi=150)


def _own_seconds(search: Simulated) -> float:
  """Returns the coordinator's time for a query."""
  return max(query.seconds for query in search.queries) / len(search.queries)
