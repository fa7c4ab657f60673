"""What many searches say about their controllers, with how sure that is.

The *report* of a search after so many queries is that of the architecture
with the best reward so far, or of the one named best by prediction: what
somebody would get who stopped there. The regret is how far that is below the
best report there is.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from nasnet_search.benchmark.search_run import Query
from nasnet_search.estimates import Estimate, estimate

BUDGETS = (25, 50, 100, 150, 200, 300)
"""Queries after which searches are compared."""


@dataclasses.dataclass(frozen=True)
class Standing:
  """How a controller did.

  Attributes:
    controller: Which one.
    searches: How many searches it made.
    curves: What is reported after 1, 2, 3, … queries; regret where the best
      is known and the report itself elsewhere; `[searches, queries]`.
    to_best: Median queries until the best reward was found, None if fewer
      than half found it or nobody knows the best.
    reached: Share of searches that found it, None likewise.
    proposals: Proposals for a query, in the mean.
    milliseconds: Processor time of the controller for a query, in the mean.
    outside: Share of queries of which nothing was known.
  """

  controller: str
  searches: int
  curves: np.ndarray
  to_best: float | None
  reached: float | None
  proposals: float
  milliseconds: float
  outside: float

  def at(self, budget: int) -> Estimate:
    """Returns what is reported after some queries."""
    return estimate(self.curves[:, budget - 1])


def standing(
  controller: str,
  searches: Sequence[Sequence[Query]],
  queries: int,
  best_reward: float | None = None,
  best_report: float | None = None,
  named: Sequence[Mapping[int, int]] | None = None,
) -> Standing:
  """Returns how a controller did.

  Args:
    controller: Its name.
    searches: What each search valued; one that ended early stays where it was.
    queries: Queries of a search.
    best_reward: The best reward there is, if known.
    best_report: The best report there is, if known.
    named: For each search, the queries (from 0) that were named best after so
      many; what is named stays until the next is. None to name the best by
      its reward.
  """
  reports = np.array([_best_so_far(search, queries) for search in searches])
  for row, search, names in zip(reports, searches, named or (), strict=False):
    for after in sorted(names):
      row[after - 1 :] = search[names[after]].report
  curves = reports if best_report is None else best_report - reports
  needed = np.array([_queries_to(search, best_reward) for search in searches])
  median = float(np.median(needed))
  known = best_reward is not None
  valued = [query for search in searches for query in search]
  last = [search[-1] for search in searches]
  return Standing(
    controller=controller,
    searches=len(searches),
    curves=curves,
    to_best=median if known and np.isfinite(median) else None,
    reached=float(np.isfinite(needed).mean()) if known else None,
    proposals=sum(query.proposals for query in last) / len(valued),
    milliseconds=1000 * sum(query.seconds for query in last) / len(valued),
    outside=sum(query.outside for query in valued) / len(valued),
  )


def lead(
  one: Standing, other: Standing, budget: int, *, regret: bool
) -> Estimate:
  """Returns how far one controller is ahead of another, seed by seed.

  Args:
    one: Who may be ahead.
    other: Who it is compared with, on the same seeds.
    budget: After how many queries.
    regret: Whether curves are regrets, of which less is better.
  """
  count = min(one.searches, other.searches)
  difference = one.curves[:count, budget - 1] - other.curves[:count, budget - 1]
  return estimate(-difference if regret else difference)


def budgets_of(queries: int) -> list[int]:
  """Returns the budgets that searches of so many queries reach."""
  return [budget for budget in BUDGETS if budget <= queries] or [queries]


def _best_so_far(search: Sequence[Query], queries: int) -> np.ndarray:
  rewards = np.array([query.reward for query in search])
  reports = np.array([query.report for query in search])
  # The first of equal rewards, as the search loop keeps it.
  better = np.r_[True, rewards[1:] > np.maximum.accumulate(rewards)[:-1]]
  place = np.maximum.accumulate(np.where(better, np.arange(len(rewards)), 0))
  curve = reports[place]
  return np.pad(curve, (0, queries - len(curve)), mode='edge')


def _queries_to(search: Sequence[Query], best: float | None) -> float:
  for number, query in enumerate(search, start=1):
    if best is not None and query.reward >= best:
      return number
  return np.inf
