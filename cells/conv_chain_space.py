"""The search space of Zoph and Le 2017 (arXiv 1611.01578), section 3.

First how many layers, which a schedule decides; then, layer after layer, its
type, filter height and width, stride height and width, number of filters, and
which of the layers before it are its inputs. Of a pool, what it does not have
is decided too, but between one outcome. Where there is one stride only, or one
type, nothing is decided about it.

Without skip connections it is known which map a layer reads, so that no
stride is allowed that the map is too small for. With them it is not, since
inputs are chosen last, as in the paper's Figure 4: there the builder refuses
such a layer.
"""

import copy
import dataclasses
import functools
from collections.abc import Iterator
from typing import Any

from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.cells.conv_chain import (
  CONVOLUTION,
  KIND,
  MAX_POOL,
  OPERATIONS,
  ChainLayer,
  ConvChain,
)
from nasnet_search.cells.errors import UserError, check_choice, located
from nasnet_search.cells.plain_data import shortened
from nasnet_search.cells.search_space import Choices, Decision

POOL_STRIDE = 2
"""Pools halve the image. The paper does not give the stride of its own."""


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
          f'Received: {_listed(values)}.'
        )
    if 1 not in self.strides:
      raise UserError(
        'Expected --chain_strides to contain 1, since nothing else fits on a '
        f'map of one pixel. Received: {_listed(self.strides)}.'
      )
    for name in self.types:
      check_choice('type of layer in --chain_types', name, OPERATIONS)
    if self.types[:1] != (CONVOLUTION,):
      raise UserError(
        f'Expected --chain_types to begin with {CONVOLUTION}. Received: '
        f'{_listed(self.types)}.'
      )
    if MAX_POOL in self.types and max(self.filter_sizes) == 1:
      raise UserError(
        'Expected --chain_filter_sizes with one above 1 for the windows of '
        f'pools. Received: {_listed(self.filter_sizes)}.'
      )


class ConvChainSpace:
  """Chains of layers.

  Args:
    options: What can be chosen.
    image: Height and width of the images, in pixels.
  """

  def __init__(
    self, options: ChainOptions, image: tuple[int, int] = (32, 32)
  ) -> None:
    self._options = options
    self._image = image
    self._depths = options.schedule.all()
    self._slots = tuple(_slots(options, self._depths[-1]))
    # Where each layer begins, and where the last one ends.
    self._begins = [1]
    for layer in range(self._depths[-1]):
      count = sum(slot.layer == layer for slot in self._slots)
      self._begins.append(self._begins[-1] + count)
    self._allowed_depths = (True,) * len(self._depths)
    # Shared by all spaces that `at` returns.
    self._decision = functools.cache(self._make_decision)
    self._narrowed: dict[int, ConvChainSpace] = {}

  def at(self, index: int) -> 'ConvChainSpace':
    """Returns the space of the proposal of an index; see `space_at`."""
    layers = self._options.schedule.layers(index)
    if layers not in self._narrowed:
      narrowed = copy.copy(self)
      narrowed._allowed_depths = tuple(d == layers for d in self._depths)
      self._narrowed[layers] = narrowed
    return self._narrowed[layers]

  def next_decision(self, choices: Choices) -> Decision | None:
    """Returns the decision that follows, or None if `choices` is complete."""
    if not choices:
      return self._decision(0, self._allowed_depths)
    position = len(choices)
    if position >= self._begins[self._depths[choices[0]]]:
      return None
    return self._decision(position, self._allowed(choices))

  def decode(self, choices: Choices) -> ConvChain:
    """Returns the chain of complete choices.

    Raises:
      UserError: The choices are not complete or not allowed.
    """
    for position, choice in enumerate(choices):
      decision = self.next_decision(tuple(choices[:position]))
      if decision is None:
        break
      # Of whatever depth: the schedule binds proposals only.
      allowed = decision.allowed if position else (True,) * decision.size
      if not (0 <= choice < decision.size and allowed[choice]):
        raise UserError(
          f'Expected a choice that {decision.name} allows. '
          f'Received: {choice!r}.'
        )
    end = self._begins[self._depths[choices[0]]] if choices else 1
    if len(choices) != end:
      raise UserError(
        f'Expected {end} choices, complete ones. Received: {len(choices)}.'
      )
    return ConvChain(
      tuple(self._layer(choices, k) for k in range(self._depths[choices[0]]))
    )

  def encode(self, architecture: AnyArchitecture) -> Choices:
    """Returns the choices whose decoding equals the architecture.

    Raises:
      UserError: The architecture is not in this space; the message says
        which part of it is not.
    """
    if not isinstance(architecture, ConvChain):
      raise UserError(
        f'Expected an architecture of kind {KIND!r}. Received: one of kind '
        f'{architecture.kind!r}.'
      )
    layers = architecture.layers
    choices = [_place('layers', len(layers), self._depths)]
    for position in range(1, self._begins[len(layers)]):
      slot = self._slots[position - 1]
      with located(f'layer_{slot.layer}'):
        choices.append(self._choice(slot, layers[slot.layer]))
    if self.decode(tuple(choices)) != architecture:
      raise UserError(
        'Expected a chain in which each layer reads the one before it'
        f'{" unless it chooses others" * self._options.skips}, strides are '
        f'among {_listed(self._options.strides)} and pools have strides of '
        f'{POOL_STRIDE}. Received: another one.'
      )
    return tuple(choices)

  def project(self, architecture: AnyArchitecture) -> AnyArchitecture:
    """Returns the architecture, which must be of this space already."""
    return self.decode(self.encode(architecture))

  def _make_decision(
    self, position: int, allowed: tuple[bool, ...]
  ) -> Decision:
    if not position:
      return Decision(
        'layers', 'layers', len(allowed), allowed, group=0, scheduled=True
      )
    slot = self._slots[position - 1]
    return Decision(
      name=f'layer_{slot.layer}/{slot.name}',
      kind=slot.kind,
      size=len(allowed),
      allowed=allowed,
      group=slot.step,
      refers_to=slot.refers_to,
    )

  def _allowed(self, choices: Choices) -> tuple[bool, ...]:
    """Returns what may be chosen next."""
    slot = self._slots[len(choices) - 1]
    options, values = self._options, slot.values
    if options.strides == (1,) and options.types == (CONVOLUTION,):
      return (True,) * len(values)
    begin = self._begins[slot.layer]
    chosen = dict(
      zip(
        (s.name for s in self._slots[begin - 1 :]),
        choices[begin:],
        strict=False,
      )
    )
    if options.types[chosen.get('type', 0)] == MAX_POOL:
      return _allowed_of_pool(slot, options, chosen)
    if options.skips or slot.name not in _SHRINKING:
      return (True,) * len(values)
    sides = self._map(choices, slot.layer)
    if slot.name == 'type':
      halved = min(sides) >= POOL_STRIDE
      return tuple(name == CONVOLUTION or halved for name in options.types)
    side = sides[_SHRINKING.index(slot.name)]
    return tuple(stride <= side for stride in options.strides)

  def _map(self, choices: Choices, layer: int) -> tuple[int, int]:
    """Returns height and width of what a layer of a plain chain reads."""
    sides = self._image
    for before in range(layer):
      sides = self._layer(choices, before).shape_of_output(*sides)
    return sides

  def _layer(self, choices: Choices, layer: int) -> ChainLayer:
    """Returns a layer all of whose choices are there."""
    begin, end = self._begins[layer], self._begins[layer + 1]
    slots = self._slots[begin - 1 : end - 1]
    value = {
      slot.name: slot.values[choice]
      for slot, choice in zip(slots, choices[begin:end], strict=True)
    }
    inputs = tuple(k for k in range(layer) if value.get(f'anchor_{k}'))
    if not self._options.skips:
      inputs = (layer - 1,) if layer else ()
    pool = value.get('type') == MAX_POOL
    strides = [
      POOL_STRIDE if pool else value.get(name, 1) for name in _SHRINKING[:2]
    ]
    return ChainLayer(
      filter_height=value['filter_height'],
      filter_width=value['filter_width'],
      filters=0 if pool else value['filters'],
      inputs=inputs,
      stride_height=strides[0],
      stride_width=strides[1],
      operation=value.get('type', CONVOLUTION),
    )

  def _choice(self, slot: '_Slot', layer: ChainLayer) -> int:
    if slot.refers_to:
      return int(slot.layer_referred in layer.inputs)
    if slot.name == 'type':
      return _place('type', layer.operation, slot.values)
    pool = layer.operation == MAX_POOL
    if pool and not slot.name.startswith('filter_'):
      return 0
    return _place(slot.name, getattr(layer, slot.name), slot.values)


@dataclasses.dataclass(frozen=True)
class _Slot:
  """A decision about a layer, before anything is chosen.

  Attributes:
    layer: The layer.
    name: What is decided.
    kind: The head that decides.
    values: What the outcomes stand for.
    step: The controller step it is taken in.
    refers_to: The steps of the layer that an anchor is about.
    layer_referred: That layer; -1 for none.
  """

  layer: int
  name: str
  kind: str
  values: tuple[Any, ...]
  step: int
  refers_to: tuple[int, ...] = ()
  layer_referred: int = -1


_SHRINKING = ('stride_height', 'stride_width', 'type')
"""The decisions that depend on the map; the strides by its dimension."""


def _slots(options: ChainOptions, layers: int) -> Iterator[_Slot]:
  """Yields all decisions about so many layers, in order."""
  heads: dict[str, tuple[Any, ...]] = {}
  if len(options.types) > 1:
    heads['type'] = options.types
  heads['filter_height'] = heads['filter_width'] = options.filter_sizes
  if options.strides != (1,):
    heads['stride_height'] = heads['stride_width'] = options.strides
  heads['filters'] = options.filters
  step = 0
  points: list[int] = []
  for layer in range(layers):
    for name, values in heads.items():
      step += 1
      yield _Slot(layer, name, name, values, step)
    if options.skips and layer:
      step += 1
      for earlier, point in enumerate(points):
        yield _Slot(
          layer,
          f'anchor_{earlier}',
          'anchor',
          (False, True),
          step,
          (point,),
          earlier,
        )
    # The anchor point of a layer; the first one has none of its own.
    points.append(step)


def _allowed_of_pool(
  slot: _Slot, options: ChainOptions, chosen: dict[str, int]
) -> tuple[bool, ...]:
  count = len(slot.values)
  if slot.refers_to:
    return (True,) * count
  if slot.name == 'filter_height':
    return tuple(size > 1 for size in options.filter_sizes)
  only = chosen['filter_height'] if slot.name == 'filter_width' else 0
  return tuple(outcome == only for outcome in range(count))


def _place(what: str, value: Any, known: tuple[Any, ...]) -> int:
  if value not in known:
    raise UserError(
      f'Expected {what} to be one of: {_listed(known)}. '
      f'Received: {shortened(value)}.'
    )
  return known.index(value)


def _listed(values: tuple[Any, ...]) -> str:
  return ', '.join(map(str, values)) or 'none'
