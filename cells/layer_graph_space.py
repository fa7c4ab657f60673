"""The search space of MetaQNN (Baker et al. 2017, arXiv 1611.02167).

An agent builds a network layer by layer. Each decision is the next layer with
its parameters, or the end: one outcome for each. What is allowed follows from
the layers before it, and so does the *state* that a value table knows a place
by: it holds the last layer, how deep it is and the size of the image that is
left (Table 1).

Where the paper is silent, the authors' code (bowenbaker/metaqnn) is followed
unless said otherwise.
"""

import dataclasses
import functools
from collections.abc import Sequence

from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.layer_graph import (
  GLOBAL_AVERAGE_POOL,
  SOFTMAX,
  TERMINATIONS,
  Convolution,
  FullyConnected,
  Layer,
  LayerGraph,
  Pooling,
  layer_graph_of,
)
from nasnet_search.cells.search_space import (
  Choices,
  Decision,
  checked_decisions,
)

FIELDS = (1, 3, 5)
"""Receptive fields of convolutions (Table 1)."""
POOLINGS = ((5, 3), (3, 2), (2, 2))
"""Field and stride of poolings (Table 1)."""
MOST_FULLY_CONNECTED = 2
"""Consecutive fully connected layers (Table 1: fewer than 3)."""
BINS = (8, 4, 1)
"""Least representation size of each bin. The paper's bins are half open,
(inf, 8], (8, 4], (4, 1], and leave open where 8 and 4 belong; the code begins
a bin with them."""
LARGEST_TO_CONNECT = 7
"""Greatest representation size before a fully connected layer: that of the
bins (8, 4] and (4, 1]."""

Outcome = Layer | str
"""A layer, or one of the terminations."""
State = tuple[int, int, int, int]
"""Depth, last outcome (-1 before the first layer), bin of the representation
size (0 after a fully connected layer, which leaves no image), consecutive
fully connected layers."""

_CACHE = 2**16


def outcomes(
  filters: Sequence[int], neurons: Sequence[int]
) -> tuple[Outcome, ...]:
  """Returns what can be chosen anywhere in a space, in order.

  Args:
    filters: Numbers of filters of a convolution.
    neurons: Numbers of neurons of a fully connected layer.
  """
  return (
    *(Convolution(field, count) for field in FIELDS for count in filters),
    *(Pooling(*pooling) for pooling in POOLINGS),
    *(FullyConnected(count) for count in neurons),
    *TERMINATIONS,
  )


def pooled_side(side: int, pooling: Pooling) -> int:
  """Returns the side of an image after a pooling without padding."""
  return (side - pooling.field) // pooling.stride + 1


@dataclasses.dataclass(frozen=True)
class _Place:
  """Where an agent stands.

  Attributes:
    depth: Layers so far.
    last: The last outcome, as a position; -1 before the first.
    side: Shorter side of the image that is left; 0 if none is.
    connected: Consecutive fully connected layers.
  """

  depth: int
  last: int
  side: int
  connected: int


class LayerGraphSpace:
  """Chains of layers for images of one size.

  All decisions have the kind `layer`; their outcomes are the positions in
  `outcomes`.

  Args:
    side: Shorter side of the images, in pixels: the representation size of a
      chain without layers.
    depth: Most layers of a chain, the termination not counted.
    filters: Numbers of filters to choose from.
    neurons: Numbers of neurons to choose from; none for chains without fully
      connected layers.

  Attributes:
    outcomes: What can be chosen, in order.

  Raises:
    UserError: A number is out of range or given twice, or there are no
      filters.
  """

  def __init__(
    self,
    side: int,
    depth: int = 12,
    filters: Sequence[int] = (64, 128, 256, 512),
    neurons: Sequence[int] = (512, 256, 128),
  ) -> None:
    _check_distinct('filters', filters, least=1)
    _check_distinct('neurons', neurons, least=0)
    for name, value in (('side', side), ('depth', depth)):
      if value < 1:
        raise UserError(
          f'Expected the {name} of a layer graph to be at least 1. '
          f'Received: {value}.'
        )
    self.outcomes = outcomes(filters, neurons)
    self._side = side
    self._depth = depth
    self._decision = functools.cache(self._make_decision)
    # Many prefixes of many chains: only the newest are kept.
    self._place = functools.lru_cache(_CACHE)(self._find_place)

  def next_decision(self, choices: Choices) -> Decision | None:
    """Returns the decision that follows, or None if `choices` is complete."""
    if choices and isinstance(self.outcomes[choices[-1]], str):
      return None
    place = self._place(tuple(choices))
    allowed = tuple(self._allows(place, outcome) for outcome in self.outcomes)
    return self._decision(place.depth, allowed)

  def state(self, choices: Choices) -> State:
    """Returns what a value table knows a place by.

    Args:
      choices: The choices before the place; not complete ones.
    """
    place = self._place(tuple(choices))
    return place.depth, place.last, _bin(place.side), place.connected

  def decode(self, choices: Choices) -> LayerGraph:
    """Returns the architecture of complete choices.

    Raises:
      UserError: The choices are not complete, or one is not allowed.
    """
    checked_decisions(self, choices)
    chosen = [self.outcomes[choice] for choice in choices]
    layers = tuple(each for each in chosen if not isinstance(each, str))
    return LayerGraph(layers, str(chosen[-1]))

  def encode(self, architecture: AnyArchitecture) -> Choices:
    """Returns the choices whose decoding equals the architecture.

    Raises:
      UserError: The architecture is not in this space; the message says
        which layer is not.
    """
    chain = layer_graph_of(architecture)
    choices: Choices = ()
    for outcome in (*chain.layers, chain.termination):
      decision = self.next_decision(choices)
      place = self.outcomes.index(outcome) if outcome in self.outcomes else -1
      if decision is None or place < 0 or not decision.allowed[place]:
        raise UserError(
          f'Expected a chain of this space. Received {outcome} as its part '
          f'{len(choices)}, which the space does not allow there. Change '
          '--layer_graph_depth, --layer_graph_filters or '
          '--layer_graph_neurons.'
        )
      choices += (place,)
    return choices

  def project(self, architecture: AnyArchitecture) -> AnyArchitecture:
    """Returns the architecture, which must be of this space already."""
    return self.decode(self.encode(architecture))

  def _find_place(self, choices: Choices) -> _Place:
    if not choices:
      return _Place(0, -1, self._side, 0)
    before = self._place(choices[:-1])
    place = dataclasses.replace(
      before, depth=before.depth + 1, last=choices[-1]
    )
    match self.outcomes[choices[-1]]:
      case Pooling() as pooling:
        side = pooled_side(place.side, pooling)
        return dataclasses.replace(place, side=side)
      case FullyConnected():
        return dataclasses.replace(
          place, side=0, connected=before.connected + 1
        )
    return place

  def _allows(self, place: _Place, outcome: Outcome) -> bool:
    """Returns whether an outcome may follow (paper, section 4.1 and App. B)."""
    last = self.outcomes[place.last] if place.last >= 0 else None
    if outcome == SOFTMAX:
      return True  # At any depth, before the first layer too.
    if outcome == GLOBAL_AVERAGE_POOL:
      # At the greatest depth, too; the code counts it as one more layer.
      return place.side > 0
    if place.depth == self._depth:
      return False
    match outcome:
      case Convolution(field):
        # The code asks for less than the least size of the place's bin, which
        # leaves no convolution at all on images of 3 pixels and fewer.
        return field <= place.side
      case Pooling(field):
        # As first layer too, which the code forbids and the paper does not.
        return field <= place.side and not isinstance(last, Pooling)
      case FullyConnected(neurons):
        if isinstance(last, FullyConnected):
          fewer = neurons <= last.neurons
          return fewer and place.connected < MOST_FULLY_CONNECTED
        return 0 < place.side <= LARGEST_TO_CONNECT
    return False

  def _make_decision(self, depth: int, allowed: tuple[bool, ...]) -> Decision:
    return Decision(
      name=f'layer_{depth}',
      kind='layer',
      size=len(allowed),
      allowed=allowed,
      group=depth,
    )


def _bin(side: int) -> int:
  return next((least for least in BINS if side >= least), 0)


def _check_distinct(what: str, numbers: Sequence[int], least: int) -> None:
  if len(numbers) < least:
    raise UserError(
      f'Expected at least {least} number of {what} to choose from. Received '
      f'none. Set --layer_graph_{what}, such as 16,32.'
    )
  if any(number < 1 for number in numbers) or len(set(numbers)) < len(numbers):
    raise UserError(
      f'Expected different numbers of {what} above 0. Received: '
      f'{", ".join(map(str, numbers))}.'
    )
