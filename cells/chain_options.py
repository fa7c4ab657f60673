"""What a space of chains offers: how many layers when, and what each can be.

The defaults are those of Zoph and Le 2017 (arXiv 1611.01578), section 4.1.
"""

import dataclasses
from typing import Any

from nasnet_search.cells.conv_chain import CONVOLUTION, MAX_POOL, OPERATIONS
from nasnet_search.cells.errors import UserError, check_choice


@dataclasses.dataclass(frozen=True)
class DepthSchedule:
  """How many layers chains have, by the index of the proposal.

  Attributes:
    first: Layers of the first proposals (paper, section 4.1: 6).
    added: Layers more after each interval (there: 2); 0 for none.
    interval: Proposals in an interval (there: 1,600).
    most: The greatest number of layers (12,800 proposals there make it 20).
  """

  first: int = 6
  added: int = 2
  interval: int = 1600
  most: int = 20

  def __post_init__(self) -> None:
    if min(self.first, self.interval) < 1 or self.added < 0:
      raise UserError(
        'Expected at least 1 layer and an interval of at least 1 proposal. '
        f'Received: {self.first} layers, {self.added} more after each '
        f'{self.interval} proposals.'
      )
    if self.most < self.first:
      raise UserError(
        f'Expected --chain_layers_most of at least {self.first}, which is how '
        f'many layers chains begin with (--chain_layers). Received: '
        f'{self.most}.'
      )

  def layers(self, index: int) -> int:
    """Returns how many layers the proposal of an index has."""
    # What nobody proposed has the index -1.
    passed = max(index, 0) // self.interval
    return min(self.first + passed * self.added, self.most)

  def all(self) -> tuple[int, ...]:
    """Returns all numbers of layers, ascending."""
    found = list(range(self.first, self.most + 1, self.added or self.most))
    # What the last interval adds may be cut off.
    if self.added and found[-1] < self.most:
      found.append(self.most)
    return tuple(found)


@dataclasses.dataclass(frozen=True)
class ChainOptions:
  """What can be chosen of a chain.

  Attributes:
    schedule: How many layers.
    filter_sizes: Heights and widths of filters (paper, section 4.1).
    filters: Numbers of filters (there).
    strides: Heights and widths of strides (there: 1, or 1, 2 and 3).
    types: What layers may be.
    skips: Whether layers choose which of the earlier ones they read.
  """

  schedule: DepthSchedule = DepthSchedule()
  filter_sizes: tuple[int, ...] = (1, 3, 5, 7)
  filters: tuple[int, ...] = (24, 36, 48, 64)
  strides: tuple[int, ...] = (1,)
  types: tuple[str, ...] = (CONVOLUTION,)
  skips: bool = True

  def __post_init__(self) -> None:
    for flag, values in (
      ('chain_filter_sizes', self.filter_sizes),
      ('chain_filters', self.filters),
      ('chain_strides', self.strides),
    ):
      if not values or min(values) < 1 or len(set(values)) < len(values):
        raise UserError(
          f'Expected --{flag} to be different whole numbers of at least 1. '
          f'Received: {listed(values)}.'
        )
    if 1 not in self.strides:
      raise UserError(
        'Expected --chain_strides to contain 1, since nothing else fits on a '
        f'map of one pixel. Received: {listed(self.strides)}.'
      )
    for name in self.types:
      check_choice('type of layer in --chain_types', name, OPERATIONS)
    twice = len(set(self.types)) < len(self.types)
    if self.types[:1] != (CONVOLUTION,) or twice:
      raise UserError(
        f'Expected --chain_types to begin with {CONVOLUTION} and to name each '
        f'type once. Received: {listed(self.types)}.'
      )
    if MAX_POOL in self.types and max(self.filter_sizes) == 1:
      raise UserError(
        'Expected --chain_filter_sizes with one above 1 for the windows of '
        f'pools. Received: {listed(self.filter_sizes)}.'
      )


def listed(values: tuple[Any, ...]) -> str:
  """Returns values as they are written in a message."""
  return ', '.join(map(str, values)) or 'none'
