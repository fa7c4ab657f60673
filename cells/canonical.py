"""The canonical form of a cell: one form for all ways to write it down.

Two cells have equal forms exactly if they are equal up to dead blocks, the
order of a block's two (input, operation) pairs, the order of the concat list
and the numbering of blocks. Swapping the inputs of a block that concatenates
permutes its filters, which the weights that read them absorb, so it counts
as equal too, as for a block that adds.

This is not the tree of what is computed: two blocks of equal wiring have
separate weights and differ from one block that is read twice.

The form is found as graph canonisation does it (McKay, "Practical graph
isomorphism", 1981): states get colours that do not depend on how blocks are
numbered, the colours are refined by those of the neighbours until nothing
changes, and a tie is broken by trying each of the tied blocks in turn and
keeping the least result.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from nasnet_search.cells.cell import INPUT_STATES, Cell

_Edges = list[tuple[int, str]]
_Colors = list[int]
"""A colour for each live state; the order of colours is part of the form.

The two inputs have the colours 0 and 1, blocks have those from 2 on. Once no
two are equal, the colours are the canonical numbers of the states.
"""
CanonicalForm = tuple[tuple[Any, ...], ...]
"""Blocks as (pairs, combination) in canonical order, then the concat list."""


def canonical_form(cell: Cell) -> CanonicalForm:
  """Returns the canonical form of a cell as nested tuples of plain data.

  Dead blocks are gone, the (input, operation) pairs of each block and the
  concat list are sorted, and states have their canonical numbers, by which
  a block still comes after what it reads.
  """
  graph = _Graph(cell)
  return graph.least_form(graph.refined(graph.first_colors()))


def digest(data: Any) -> str:
  """Returns a 128-bit digest of plain data as 32 hexadecimal digits.

  Runs keep these digests: equal data must have equal ones for ever.
  """
  text = json.dumps(data, sort_keys=True, separators=(',', ':'))
  return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


class _Graph:
  """The live states of a cell, numbered anew, with the edges between them.

  Attributes:
    combinations: The combination of each block, in the order of states.
    sources: For each block, what it reads: (state, operation) twice.
    readers: For each block, who reads it: (block state, operation).
    concat: The states that are concatenated.
  """

  def __init__(self, cell: Cell) -> None:
    live = cell.live_blocks()
    number = {0: 0, 1: 1}
    for index in live:
      number[INPUT_STATES + index] = len(number)
    self.combinations = [cell.blocks[index].combination for index in live]
    self.sources: list[_Edges] = [
      [(number[state], name) for state, name in cell.blocks[index].edges()]
      for index in live
    ]
    self.readers: list[_Edges] = [[] for _ in live]
    for reader, edges in enumerate(self.sources, start=INPUT_STATES):
      for source, name in edges:
        if source >= INPUT_STATES:
          self.readers[source - INPUT_STATES].append((reader, name))
    self.concat = [number[state] for state in cell.concat]

  def first_colors(self) -> _Colors:
    """Returns colours by depth, combination and membership in concat.

    Depth comes first, so that a block's number exceeds those of its inputs.
    """
    depths = [0, 0]
    for edges in self.sources:
      depths.append(1 + max(depths[source] for source, _ in edges))
    return _ranked(
      (depths[state], combination, state in self.concat)
      for state, combination in enumerate(self.combinations, INPUT_STATES)
    )

  def refined(self, colors: _Colors) -> _Colors:
    """Splits colours by those of sources and readers until nothing changes."""
    count = 0
    while len(set(colors)) > count:
      count = len(set(colors))
      colors = _ranked(
        (
          colors[state],
          sorted((colors[source], name) for source, name in sources),
          sorted((colors[reader], name) for reader, name in readers),
        )
        for state, (sources, readers) in enumerate(
          zip(self.sources, self.readers, strict=True), INPUT_STATES
        )
      )
    return colors

  def least_form(self, colors: _Colors) -> CanonicalForm:
    """Returns the least form over all ways to break ties of refined colours."""
    tied = _first_tie(colors)
    if not tied:
      return self._form(colors)
    forms: dict[CanonicalForm, CanonicalForm] = {}
    for state in tied:
      split = self._split(colors, state)
      # Two blocks that lead to one form, by whatever ties broken below, are
      # mapped onto each other by a symmetry of the cell. So are all forms
      # below them, and one of the two blocks is enough. Without this, ten
      # equal blocks would take 10! forms.
      some_form = self._some_form(split)
      if some_form not in forms:
        forms[some_form] = self.least_form(split)
    return min(forms.values())

  def _some_form(self, colors: _Colors) -> CanonicalForm:
    while tied := _first_tie(colors):
      colors = self._split(colors, tied[0])
    return self._form(colors)

  def _split(self, colors: _Colors, state: int) -> _Colors:
    # A colour between that of the tied blocks and the one below it.
    split = [2 * color for color in colors]
    split[state] -= 1
    return self.refined(_ranked(split[INPUT_STATES:]))

  def _form(self, colors: _Colors) -> CanonicalForm:
    order = sorted(
      range(len(self.sources)), key=colors[INPUT_STATES:].__getitem__
    )
    blocks = (
      (
        tuple(sorted((colors[s], name) for s, name in self.sources[index])),
        self.combinations[index],
      )
      for index in order
    )
    return (*blocks, tuple(sorted(colors[state] for state in self.concat)))


def _ranked(signatures: Iterable[Any]) -> _Colors:
  """Returns the colours of the inputs, then the ranks of the signatures."""
  listed = list(signatures)
  ordered: list[Any] = []
  for signature in sorted(listed):
    if not ordered or ordered[-1] != signature:
      ordered.append(signature)
  return [0, 1, *(INPUT_STATES + ordered.index(each) for each in listed)]


def _first_tie(colors: _Colors) -> list[int]:
  """Returns the states of the least colour that several states have."""
  for color in sorted(colors):
    states = [state for state, each in enumerate(colors) if each == color]
    if len(states) > 1:
      return states
  return []
