"""A recurrent cell as a tree, as frozen data.

Source: Zoph and Le, Neural Architecture Search with Reinforcement Learning
(2017, arXiv 1611.01578), section 3.4. The tree is full and binary. Its leaves
merge the input x and the hidden state h of the step before, each multiplied
by weights of the leaf's own; every other node merges its two children and has
no weights. To merge is to combine two values and to activate the result. The
root's output is the new hidden state.

Nodes are numbered from the leaves to the root, level by level, as in figure 5:
the leaves 0 to n - 1, then the parents of 0 and 1, of 2 and 3, and so on. n,
the number of leaves, is the base number.

Besides h there is a memory state c. Of the paper's two "cell indices" the
first names the node whose combination, before its activation, is the new c,
and the second the node at whose output the old c is injected (so figure 5,
where they are 1 and 0). Both may be any node, the root too: only so are there
about 6e16 cells of base number 8, as section 4.2 says (8^16 * 15^2).

This module must not import TensorFlow.
"""

import dataclasses
from typing import Any

from nasnet_search.cells import architectures, canonical
from nasnet_search.cells.errors import UserError, check_choice, located
from nasnet_search.cells.plain_data import read_list, read_mapping, shortened
from nasnet_search.cells.recurrent_form import recurrent_form

KIND = 'recurrent_cell'
"""The kind of architecture that this module describes."""
COMBINATIONS = ('add', 'multiply')
"""How two values become one, element by element."""
ACTIVATIONS = ('identity', 'tanh', 'sigmoid', 'relu')
MAX_BASE_NUMBER = 64
"""Leaves; the parameters of a cell grow with their number."""


@dataclasses.dataclass(frozen=True)
class Merge:
  """How two values become one.

  Attributes:
    combination: One of `COMBINATIONS`.
    activation: What is applied to it, one of `ACTIVATIONS`.
  """

  combination: str
  activation: str

  def __post_init__(self) -> None:
    check_choice('combination', self.combination, COMBINATIONS)
    check_choice('activation', self.activation, ACTIVATIONS)

  @classmethod
  def from_dict(cls, data: Any) -> 'Merge':
    """Returns the merge of plain data; raises `UserError` if they are none."""
    return cls(*read_mapping(data, ('combination', 'activation')))


@dataclasses.dataclass(frozen=True)
class RecurrentCell:
  """A tree of merges, and how the memory state goes through it.

  Attributes:
    nodes: The merge of every node, from the leaves to the root.
    inject: How the old memory state is merged with a node's output.
    memory_source: The node whose combination is the new memory state: the
      first of the paper's cell indices.
    inject_node: The node at whose output the old memory state is injected:
      the second of them.
  """

  nodes: tuple[Merge, ...]
  inject: Merge
  memory_source: int
  inject_node: int

  def __post_init__(self) -> None:
    check_base_number((len(self.nodes) + 1) / 2, 'a tree of')
    for merge in (*self.nodes, self.inject):
      if not isinstance(merge, Merge):
        raise UserError(
          'Expected every node to have a combination and an activation. '
          f'Received: {shortened(merge)}.'
        )
    for name in ('memory_source', 'inject_node'):
      value = getattr(self, name)
      whole = isinstance(value, int) and not isinstance(value, bool)
      if not whole or not 0 <= value < len(self.nodes):
        raise UserError(
          f'Expected {name} to be a node, from 0 to {len(self.nodes) - 1}. '
          f'Received: {shortened(value)}.'
        )

  @property
  def kind(self) -> str:
    """The name under which this class is found."""
    return KIND

  @property
  def base_number(self) -> int:
    """The number of leaves."""
    return (len(self.nodes) + 1) // 2

  @property
  def root(self) -> int:
    """The node whose output is the new hidden state."""
    return len(self.nodes) - 1

  def children(self, node: int) -> tuple[int, int] | None:
    """Returns the two nodes that a node merges, None for a leaf."""
    first = 2 * (node - self.base_number)
    return None if first < 0 else (first, first + 1)

  def canonical_key(self) -> str:
    """Returns a digest that is equal for cells that are equal.

    It is equal exactly for cells that compute the same new states of every
    input, state and weights, but for which leaf has which weights; see
    `recurrent_form`.
    """
    return canonical.digest([KIND, self.base_number, recurrent_form(self)])

  def to_dict(self) -> dict[str, Any]:
    """Returns the architecture as plain data, with its format version."""
    fields = dataclasses.asdict(self)
    return {**architectures.header(KIND), **fields, 'nodes': [*fields['nodes']]}

  def to_json(self) -> str:
    """Returns the architecture as JSON text that ends in a newline."""
    return architectures.to_text(self.to_dict())

  @classmethod
  def from_dict(cls, data: Any) -> 'RecurrentCell':
    """Returns the architecture of what `to_dict` returned.

    Raises:
      UserError: The data are not a valid cell, or of a newer version.
    """
    architectures.check_kind(architectures.read_header(data), KIND)
    nodes, inject, source, node = read_mapping(
      data, ('nodes', 'inject', 'memory_source', 'inject_node'), others=True
    )
    merges = []
    for index, each in enumerate(read_list('nodes', nodes)):
      with located(f'node {index}'):
        merges.append(Merge.from_dict(each))
    with located('inject'):
      injected = Merge.from_dict(inject)
    return cls(tuple(merges), injected, source, node)


def check_base_number(base: float, what: str = '--base_number') -> None:
  """Raises `UserError` unless a full binary tree has so many leaves."""
  powers = [2**level for level in range(1, MAX_BASE_NUMBER.bit_length())]
  if base not in powers:
    raise UserError(
      f'Expected {what} a number of leaves that a full binary tree has: '
      f'{", ".join(map(str, powers))}. Received: {base:g}.'
    )


def recurrent_cell_of(
  architecture: architectures.AnyArchitecture,
) -> RecurrentCell:
  """Returns an architecture as a recurrent cell.

  Raises:
    UserError: It is of another kind.
  """
  if isinstance(architecture, RecurrentCell):
    return architecture
  raise UserError(
    f'Expected an architecture of kind {KIND!r}. Received: one of kind '
    f'{architecture.kind!r}. Choose an --evaluator and a --space that fit each '
    'other.'
  )
