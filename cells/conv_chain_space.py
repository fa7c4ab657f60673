"""The search space of Zoph and Le 2017 (arXiv 1611.01578), section 3.

First how many layers, which a schedule decides; then, layer after layer, its
type, filter height and width, stride height and width, number of filters, and
which of the layers before it are its inputs. Of a pool, what it does not have
is decided too, but between one outcome. Where there is one stride only, or one
type, nothing is decided about it.

Without skip connections it is known which map a layer reads, so that no
stride is allowed that the map is too small for. With them it is not, since
inputs are chosen last, when it is known what the layer is (the paper does not
give the order): there the builder refuses such a layer.
"""

import copy
import functools
from typing import Any

from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.cells.chain_options import ChainOptions, listed
from nasnet_search.cells.chain_slots import Slot, slots_of
from nasnet_search.cells.conv_chain import (
  CONVOLUTION,
  KIND,
  MAX_POOL,
  ChainLayer,
  ConvChain,
)
from nasnet_search.cells.errors import UserError, located
from nasnet_search.cells.plain_data import shortened
from nasnet_search.cells.search_space import (
  Choices,
  Decision,
  checked_decisions,
)

POOL_STRIDE = 2
"""Pools halve the image. The paper does not give the stride of its own."""


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
    self._slots = tuple(slots_of(options, self._depths[-1]))
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
    checked_decisions(self, choices)
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
        f'among {listed(self._options.strides)} and pools have strides of '
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

  def _choice(self, slot: Slot, layer: ChainLayer) -> int:
    if slot.refers_to:
      return int(slot.layer_referred in layer.inputs)
    if slot.name == 'type':
      return _place('type', layer.operation, slot.values)
    pool = layer.operation == MAX_POOL
    if pool and not slot.name.startswith('filter_'):
      return 0
    return _place(slot.name, getattr(layer, slot.name), slot.values)


_SHRINKING = ('stride_height', 'stride_width', 'type')
"""The decisions that depend on the map; the strides by its dimension."""


def _allowed_of_pool(
  slot: Slot, options: ChainOptions, chosen: dict[str, int]
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
      f'Expected {what} to be one of: {listed(known)}. '
      f'Received: {shortened(value)}.'
    )
  return known.index(value)
