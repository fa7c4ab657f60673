"""The curves of a run, drawn by Matplotlib.

Matplotlib is imported only while something is drawn, and its global state is
left alone. What the lines mean is told by keys in the page, not in here.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nasnet_search.report.palette import LIGHT
from nasnet_search.report.summary import NASNET_A, RANDOM_CHOICE
from nasnet_search.report.wording import clean
from nasnet_search.runs.records import TrialRecord

if TYPE_CHECKING:
  from matplotlib.axes import Axes
  from matplotlib.figure import Figure

WIDE = (11.0, 3.9)
"""Size of a figure over the whole width of a page, in inches."""
NARROW = (4.6, 3.3)
"""Size of a figure on a telephone, or beside others, in inches."""

SERIES: dict[str, tuple[str, str]] = {
  'Best found': ('orange', '-'),
  'Best so far': ('orange', '-'),
  NASNET_A: ('green', '--'),
  RANDOM_CHOICE: ('purple', ':'),
  'Moving average': ('blue', '-'),
  'Baseline': ('ink', '--'),
}
"""Colour and line style of series that are not in the background."""

MAX_POINTS = 1200
"""Points in one series; more could not be told apart."""
_MANY_FAILURES = 100


def reward_figure(
  trials: Sequence[TrialRecord],
  references: Mapping[str, float],
  ylabel: str,
  size: tuple[float, float],
) -> 'Figure':
  """Draws the rewards of trials, their average and the best one so far.

  Args:
    trials: Charged trials that have settled, in the order of settling.
    references: The rewards of the reference cells by name.
    ylabel: Name of the rewards.
    size: Width and height in inches.
  """
  figure, axes = _axes(size, 'Trials, in the order they settled', ylabel)
  places = np.arange(1, len(trials) + 1)
  failed = np.array([trial.status.failed for trial in trials], dtype=bool)
  rewards = np.array(
    [math.nan if trial.reward is None else trial.reward for trial in trials],
    dtype=float,
  )
  good = ~failed & ~np.isnan(rewards)
  _scatter(axes, places[good], rewards[good])
  _mark_failures(axes, places[failed])
  for name, reward in references.items():
    color, style = SERIES[name]
    axes.axhline(reward, color=LIGHT[color], linestyle=style, linewidth=1.6)
  _line(axes, places[good], moving_average(rewards[good]), 'Moving average')
  best = np.maximum.accumulate(rewards[good])
  _line(axes, places[good], best, 'Best so far', drawstyle='steps-post')
  axes.set_xlim(0, len(trials) + 1)
  return figure


def curve_figure(
  curves: Iterable[tuple[str, Sequence[float]]], xlabel: str
) -> 'Figure':
  """Draws curves over 1, 2, 3, …: epochs or policy updates.

  Args:
    curves: The name of a series and its values. Series not in `SERIES` are
      in the background.
    xlabel: What is counted.
  """
  figure, axes = _axes(NARROW, xlabel)
  for order, (name, values) in enumerate(curves):
    color, style = SERIES.get(name, ('sky', '-'))
    axes.plot(
      *_thinned(np.arange(1, len(values) + 1), np.asarray(values, float)),
      color=LIGHT[color],
      linestyle=style,
      marker='o' if len(values) <= 25 else None,
      markersize=3.5,
      linewidth=1.8 if name in SERIES else 1.1,
      zorder=order + (10 if name in SERIES else 2),
    )
  _whole_numbers(axes)
  return figure


def moving_average(values: np.ndarray) -> np.ndarray:
  """Returns the mean of each value and those before it, over a window.

  The window is a tenth of all values, but at least 5 and at most 200.
  """
  window = min(200, max(5, len(values) // 10))
  sums = np.concatenate([[0.0], np.cumsum(values)])
  ends = np.arange(1, len(values) + 1)
  starts = np.maximum(0, ends - window)
  return (sums[ends] - sums[starts]) / (ends - starts)


def _axes(
  size: tuple[float, float], xlabel: str, ylabel: str = ''
) -> tuple['Figure', 'Axes']:
  from matplotlib.figure import Figure

  figure = Figure(figsize=size, layout='constrained')
  axes = figure.add_subplot()
  axes.set_xlabel(xlabel, color=LIGHT['muted'], fontsize=10)
  # The name of a reward may be anything: not mathematics between dollars.
  axes.set_ylabel(
    clean(ylabel), color=LIGHT['muted'], fontsize=10, parse_math=False
  )
  axes.tick_params(
    colors=LIGHT['line'], labelcolor=LIGHT['muted'], labelsize=10
  )
  axes.spines[['top', 'right', 'left']].set_visible(False)
  axes.spines['bottom'].set_color(LIGHT['line'])
  axes.grid(axis='y', color=LIGHT['line'], linewidth=0.8)
  axes.set_axisbelow(True)
  axes.tick_params(axis='y', length=0)
  _whole_numbers(axes)
  return figure, axes


def _whole_numbers(axes: 'Axes') -> None:
  from matplotlib.ticker import MaxNLocator

  # With fewer ticks allowed than two, one epoch is no reason for fractions.
  axes.xaxis.set_major_locator(
    MaxNLocator(nbins=8, integer=True, min_n_ticks=1)
  )


def _scatter(axes: 'Axes', places: np.ndarray, rewards: np.ndarray) -> None:
  many = len(places) > MAX_POINTS
  axes.plot(
    *_thinned(places, rewards),
    color=LIGHT['sky'],
    linestyle='',
    marker='o',
    markersize=2.5 if many else 4.5,
    markeredgewidth=0,
    alpha=0.55,
    zorder=3,
  )


def _mark_failures(axes: 'Axes', places: np.ndarray) -> None:
  """Marks failures at the bottom: their rewards are chance level or none."""
  axes.plot(
    _thinned(places)[0],
    np.full(min(len(places), MAX_POINTS), 0.015),
    color=LIGHT['muted'],
    linestyle='',
    marker='x',
    markersize=5 if len(places) <= _MANY_FAILURES else 2.5,
    markeredgewidth=1.2 if len(places) <= _MANY_FAILURES else 0.8,
    transform=axes.get_xaxis_transform(),
    clip_on=False,
    zorder=4,
  )


def _line(
  axes: 'Axes', places: np.ndarray, values: np.ndarray, name: str, **style: Any
) -> None:
  color, line = SERIES[name]
  axes.plot(
    *_thinned(places, values),
    color=LIGHT[color],
    linestyle=line,
    linewidth=2.0,
    zorder=6,
    **style,
  )


def _thinned(*series: np.ndarray) -> tuple[np.ndarray, ...]:
  """Returns every n-th entry of series of equal length, and the last one."""
  count = len(series[0])
  if count <= MAX_POINTS:
    return series
  kept = np.unique(np.linspace(0, count - 1, MAX_POINTS).astype(int))
  return tuple(values[kept] for values in series)
