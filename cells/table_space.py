"""A search space as a table lists it: rows of what can be chosen.

The rows need not be all combinations. What is allowed at a decision follows
from the rows that begin with the choices before it, so that nothing outside
of the table is ever proposed.
"""

import functools
from collections.abc import Sequence

import numpy as np

from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.cells.errors import UserError, check_choice
from nasnet_search.cells.named_choices import NamedChoices
from nasnet_search.cells.plain_data import shortened
from nasnet_search.cells.search_space import (
  Choices,
  Decision,
  checked_decisions,
)

_CACHE = 2**16


class TableSpace:
  """The combinations of values that some rows have.

  Decisions with equal values share a kind, named after the first of them.

  Args:
    names: Names of the decisions, in order.
    values: What can be chosen at each of them.
    rows: The combinations that exist, as positions in `values`, integers
      `[rows, decisions]`; None for all of them.

  Attributes:
    names: As given.
    values: As given.
  """

  def __init__(
    self,
    names: Sequence[str],
    values: Sequence[Sequence[str]],
    rows: np.ndarray | None = None,
  ) -> None:
    self.names = tuple(names)
    self.values = tuple(map(tuple, values))
    kinds: dict[tuple[str, ...], str] = {}
    self._kinds = [
      kinds.setdefault(options, name)
      for name, options in zip(self.names, self.values, strict=True)
    ]
    if rows is not None:
      rows = np.unique(np.asarray(rows), axis=0)
      if len(rows) == np.prod([float(len(v)) for v in self.values]):
        rows = None
    self._rows = rows
    self._decision = functools.cache(self._make_decision)
    # Many prefixes of many rows: only the newest are kept.
    self._allowed = functools.lru_cache(_CACHE)(self._find_allowed)

  def next_decision(self, choices: Choices) -> Decision | None:
    """Returns the decision that follows, or None if `choices` is complete."""
    if len(choices) >= len(self.names):
      return None
    return self._decision(len(choices), self._allowed(choices))

  def decode(self, choices: Choices) -> NamedChoices:
    """Returns the architecture of complete choices.

    Raises:
      UserError: The choices are not complete, or no row has them.
    """
    checked_decisions(self, choices)
    chosen = [
      options[choice]
      for options, choice in zip(self.values, choices, strict=True)
    ]
    return NamedChoices(tuple(zip(self.names, chosen, strict=True)))

  def encode(self, architecture: AnyArchitecture) -> Choices:
    """Returns the choices whose decoding equals the architecture.

    Raises:
      UserError: The architecture is not in this space; the message says why.
    """
    given = self._named(architecture)
    choices = []
    for name, options in zip(self.names, self.values, strict=True):
      check_choice(f'value of {name}', given[name], options)
      choices.append(options.index(given[name]))
    self.decode(tuple(choices))
    return tuple(choices)

  def project(self, architecture: AnyArchitecture) -> AnyArchitecture:
    """Returns the architecture, which must be of this space already."""
    return self.decode(self.encode(architecture))

  def _named(self, architecture: AnyArchitecture) -> dict[str, str]:
    items = getattr(architecture, 'items', ())
    given = dict(items) if isinstance(architecture, NamedChoices) else {}
    if set(given) != set(self.names):
      raise UserError(
        f'Expected choices for {", ".join(self.names)}. Received an '
        f'architecture of kind {architecture.kind!r} with choices for '
        f'{shortened(list(given))}.'
      )
    return given

  def _make_decision(
    self, position: int, allowed: tuple[bool, ...]
  ) -> Decision:
    return Decision(
      name=self.names[position],
      kind=self._kinds[position],
      size=len(allowed),
      allowed=allowed,
      group=position,
    )

  def _find_allowed(self, choices: Choices) -> tuple[bool, ...]:
    size = len(self.values[len(choices)])
    if self._rows is None:
      return (True,) * size
    first, last = 0, len(self._rows)
    for position, choice in enumerate(choices):
      # Rows are sorted, so those that begin alike lie together.
      column = self._rows[first:last, position]
      first, last = (
        first + int(np.searchsorted(column, choice, 'left')),
        first + int(np.searchsorted(column, choice, 'right')),
      )
    if first == last:
      raise UserError(
        'Expected choices that a row of the table begins with. '
        f'Received: {shortened(choices)}.'
      )
    present = np.zeros(size, bool)
    present[self._rows[first:last, len(choices)]] = True
    return tuple(present.tolist())
