"""What a predictor sees of choices, for whatever space.

Features are counts of tokens, in groups:

- `decisions`: what was chosen at each decision (one-hot);
- `counts`: how often each outcome of a kind was chosen, wherever;
- `paths`: the sequences of operations from input to output;
- `steps`: the pairs of operations that follow each other.

The last two need a space that says what its choices are wired to (`graphs`).
Nothing depends on what an operation is called or in which order decisions
come, so relabelling changes nothing. Must not import TensorFlow.
"""

import collections
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import sparse

from nasnet_search.cells.labelled_graphs import LabelledGraph
from nasnet_search.cells.search_space import (
  Choices,
  SearchSpace,
  random_choices,
)
from nasnet_search.randomness import generator

GROUPS = ('decisions', 'counts', 'paths', 'steps')
SCALE_SAMPLES = 200
"""Random architectures whose mean distance is the unit of distances."""
MOST_KNOWN = 20_000
"""Architectures whose features are kept; more would fill the memory."""
MOST_DENSE = 512
"""Columns up to which a group is kept as a dense matrix, which is quicker."""

Row = tuple[np.ndarray, np.ndarray]
"""The columns of an architecture's tokens, and how often each occurs."""


class Features:
  """Distances between the choices of a space, group by group.

  Args:
    space: The space.
    seed: Seed of the random choices that distances are measured by.

  Attributes:
    groups: The groups in which the architectures of the space differ.
  """

  def __init__(self, space: SearchSpace, seed: int) -> None:
    self._space = space
    self._banks = {group: _Bank() for group in GROUPS}
    self._places: dict[Choices, int] = {}
    sample = [
      random_choices(space, generator(seed, 'feature scale', index))
      for index in range(SCALE_SAMPLES)
    ]
    half = SCALE_SAMPLES // 2
    one, other = self._known(sample[:half], sample[half:])
    scales = {
      group: float(bank.distances(one, other).mean())
      for group, bank in self._banks.items()
    }
    self._scales = {group: scales[group] for group in GROUPS if scales[group]}
    self.groups = tuple(self._scales)

  def distances(
    self, one: Sequence[Choices], other: Sequence[Choices]
  ) -> dict[str, np.ndarray]:
    """Returns squared distances; random choices are 1 apart in the mean.

    Args:
      one: Complete choices.
      other: Complete choices.

    Returns:
      For each group, an array of shape `[one, other]`.
    """
    rows, columns = self._known(one, other)
    return {
      group: self._banks[group].distances(rows, columns) / scale
      for group, scale in self._scales.items()
    }

  def matrix(self, many: Sequence[Choices]) -> np.ndarray:
    """Returns all features of choices as numbers.

    Args:
      many: Complete choices.

    Returns:
      Counts, those of a group divided by its unit of distance, of shape
      `[many, features]`. Other choices may have other features.
    """
    (rows,) = self._known(many)
    return np.concatenate(
      [
        self._banks[group].sparse(rows).toarray() / scale**0.5
        for group, scale in self._scales.items()
      ],
      axis=1,
    )

  def _known(self, *lists: Sequence[Choices]) -> list[np.ndarray]:
    """Returns where the features of choices are kept."""
    if len(self._places) + sum(map(len, lists)) > MOST_KNOWN:
      self._places.clear()
      for bank in self._banks.values():
        bank.clear()
    return [
      np.array([self._place(choices) for choices in many], np.int64)
      for many in lists
    ]

  def _place(self, choices: Choices) -> int:
    place = self._places.get(choices)
    if place is None:
      counters: dict[str, collections.Counter[Hashable]] = {
        group: collections.Counter() for group in GROUPS
      }
      for group, token in _tokens_of(self._space, choices):
        counters[group][token] += 1
      for group, bank in self._banks.items():
        bank.add(counters[group])
      place = self._places[choices] = len(self._places)
    return place


class _Bank:
  """The features of one group, a row for each architecture.

  All are whole numbers. So distances are exact, in whatever order they are
  added up, and columns may be numbered as tokens come.
  """

  def __init__(self) -> None:
    self._columns: dict[Hashable, int] = {}
    self._rows: list[Row] = []
    self._dense = np.zeros((256, 32), np.float32)

  def clear(self) -> None:
    """Forgets all rows."""
    self._rows = []
    self._dense[:] = 0

  def add(self, counter: Mapping[Hashable, int]) -> None:
    """Appends a row."""
    columns = [
      self._columns.setdefault(token, len(self._columns)) for token in counter
    ]
    counts = np.array(list(counter.values()), np.float64)
    self._rows.append((np.array(columns, np.int64), counts))
    if len(self._columns) <= MOST_DENSE:
      self._make_room()
      self._dense[len(self._rows) - 1, columns] = counts

  def distances(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Returns squared distances between rows, `[one, other]`."""
    if len(self._columns) <= MOST_DENSE:
      left, right = self._dense[one], self._dense[other]
      squares = [(part * part).sum(1) for part in (left, right)]
      product = left @ right.T
    else:
      left, right = self.sparse(one), self.sparse(other)
      squares = [
        np.asarray(part.multiply(part).sum(1)).ravel() for part in (left, right)
      ]
      product = (left @ right.T).toarray()
    result = squares[0][:, None] + squares[1][None] - 2 * product
    return np.asarray(result, np.float64)

  def _make_room(self) -> None:
    """Doubles the dense matrix until all rows and columns fit."""
    before = height, width = self._dense.shape
    while height < len(self._rows):
      height *= 2
    # One row may bring many columns: long choices have many tokens.
    while width < len(self._columns):
      width *= 2
    if (height, width) != before:
      more = (0, height - before[0]), (0, width - before[1])
      self._dense = np.pad(self._dense, more)

  def sparse(self, places: np.ndarray) -> Any:
    """Returns rows as a sparse matrix, `[places, columns]`."""
    rows = [self._rows[place] for place in places.tolist()]
    ends = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    columns = np.concatenate([np.array([], np.int64), *(c for c, _ in rows)])
    counts = np.concatenate([np.array([]), *(counts for _, counts in rows)])
    shape = (len(rows), max(1, len(self._columns)))
    return sparse.csr_matrix((counts, columns, ends), shape=shape)


def _tokens_of(
  space: SearchSpace, choices: Choices
) -> Iterator[tuple[str, Hashable]]:
  graphs = getattr(space, 'graphs', None)
  for position, choice in enumerate(choices):
    decision = space.next_decision(choices[:position])
    if decision is None:
      return
    yield 'decisions', (decision.name, choice)
    if graphs is None:
      yield 'counts', (decision.kind, choice)
  if graphs is not None:
    for graph in graphs(choices):
      yield from _tokens_of_graph(graph)


def _tokens_of_graph(graph: LabelledGraph) -> Iterator[tuple[str, Hashable]]:
  for _, middle, first in graph.edges:
    yield 'counts', (graph.name, first)
    for source, _, second in graph.edges:
      if source == middle:
        yield 'steps', (graph.name, first, second)
  for path in graph.paths():
    yield 'paths', (graph.name, path)
