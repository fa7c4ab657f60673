"""An architecture as a chain of whole layers, as MetaQNN searches them.

Layers one after another, without branches: convolutions and poolings on an
image, then fully connected layers on a vector, then a classifier (Baker et al.
2017, arXiv 1611.02167, Table 1). What a chain may look like here is what can be
computed; which chains are searched, `layer_graph_space` says.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from nasnet_search.cells import architectures, canonical
from nasnet_search.cells.errors import UserError, check_choice, located
from nasnet_search.cells.plain_data import (
  check_count,
  read_list,
  read_mapping,
  shortened,
)

KIND = 'layer_graph'
"""The kind of architecture that this module describes."""

GLOBAL_AVERAGE_POOL = 'global_average_pool'
SOFTMAX = 'softmax'
TERMINATIONS = (GLOBAL_AVERAGE_POOL, SOFTMAX)
"""How a chain ends: with a classifier of the mean of each channel, or of all
values there are."""

_NOTATION = {GLOBAL_AVERAGE_POOL: 'GAP', SOFTMAX: 'SM'}


@dataclasses.dataclass(frozen=True)
class _Layer:
  """A layer whose fields are whole numbers above 0."""

  def __post_init__(self) -> None:
    for name, value in self.numbers().items():
      check_count(name, value, 1)

  def numbers(self) -> dict[str, int]:
    """Returns the fields by name."""
    return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True)
class Convolution(_Layer):
  """A convolution of stride 1 that keeps height and width, then ReLU.

  Attributes:
    field: Side of the square receptive field.
    filters: Number of filters.
  """

  field: int
  filters: int

  def notation(self) -> str:
    """Returns it as in the paper's Appendix: filters, field, stride."""
    return f'C({self.filters},{self.field},1)'


@dataclasses.dataclass(frozen=True)
class Pooling(_Layer):
  """The maximum of a square window.

  Attributes:
    field: Side of the window.
    stride: Pixels from one window to the next.
  """

  field: int
  stride: int

  def notation(self) -> str:
    """Returns it as in the paper's Appendix: field, stride."""
    return f'P({self.field},{self.stride})'


@dataclasses.dataclass(frozen=True)
class FullyConnected(_Layer):
  """A matrix product of all values there are, then ReLU.

  Attributes:
    neurons: Number of neurons.
  """

  neurons: int

  def notation(self) -> str:
    """Returns it as in the paper's Appendix: neurons."""
    return f'FC({self.neurons})'


Layer: TypeAlias = Convolution | Pooling | FullyConnected

LAYERS: Mapping[str, type[Layer]] = {
  'convolution': Convolution,
  'pooling': Pooling,
  'fully_connected': FullyConnected,
}
"""The types of layers by the names that files have for them."""


def type_name(layer: Layer) -> str:
  """Returns the name of a layer's type."""
  return next(name for name, kind in LAYERS.items() if type(layer) is kind)


@dataclasses.dataclass(frozen=True)
class LayerGraph:
  """A chain of layers and the way it ends.

  Attributes:
    layers: From the image on; there may be none.
    termination: One of `TERMINATIONS`.

  Raises:
    UserError: A fully connected layer stands before one that needs an image.
  """

  layers: tuple[Layer, ...]
  termination: str

  def __post_init__(self) -> None:
    check_choice('termination', self.termination, TERMINATIONS)
    flat = False
    for place, layer in enumerate(self.layers):
      if not isinstance(layer, tuple(LAYERS.values())):
        raise UserError(
          f'Expected layer {place} to be a layer. Received: {shortened(layer)}.'
        )
      dense = isinstance(layer, FullyConnected)
      if flat and not dense:
        raise UserError(
          f'Expected layer {place} to be fully_connected, since the one before '
          f'it leaves no image. Received: {type_name(layer)}.'
        )
      flat = dense
    if flat and self.termination == GLOBAL_AVERAGE_POOL:
      raise UserError(
        f'Expected the termination {SOFTMAX} after a fully connected layer, '
        f'which leaves no image. Received: {self.termination}.'
      )

  @property
  def kind(self) -> str:
    """The name under which this class is found."""
    return KIND

  def notation(self) -> str:
    """Returns the chain in a line, such as `C(64,3,1) P(2,2) SM`."""
    words = [layer.notation() for layer in self.layers]
    return ' '.join([*words, _NOTATION[self.termination]])

  def canonical_key(self) -> str:
    """Returns a digest that is equal for equal chains."""
    layers = [
      [type_name(layer), *layer.numbers().values()] for layer in self.layers
    ]
    return canonical.digest([KIND, layers, self.termination])

  def to_dict(self) -> dict[str, Any]:
    """Returns the architecture as plain data, with its format version."""
    return {
      **architectures.header(KIND),
      'layers': [
        {'type': type_name(layer), **layer.numbers()} for layer in self.layers
      ],
      'termination': self.termination,
    }

  def to_json(self) -> str:
    """Returns the architecture as JSON text that ends in a newline."""
    return architectures.to_text(self.to_dict())

  @classmethod
  def from_dict(cls, data: Any) -> 'LayerGraph':
    """Returns the architecture of what `to_dict` returned.

    Raises:
      UserError: The data are not such a chain; the message says what is wrong
        and where.
    """
    architectures.check_kind(architectures.read_header(data), KIND)
    layers, termination = read_mapping(
      data, ('layers', 'termination'), others=True
    )
    if not isinstance(termination, str):
      raise UserError(
        f'Expected the termination to be a name. Received: '
        f'{shortened(termination)}.'
      )
    return cls(_read_layers(read_list('layers', layers)), termination)


def _read_layers(items: Sequence[Any]) -> tuple[Layer, ...]:
  layers = []
  for place, item in enumerate(items):
    with located(f'layer {place}'):
      (name,) = read_mapping(item, ('type',), others=True)
      check_choice('type of layer', name, LAYERS)
      kind = LAYERS[name]
      names = [field.name for field in dataclasses.fields(kind)]
      values = read_mapping(item, ('type', *names))
      layers.append(kind(*values[1:]))
  return tuple(layers)


def layer_graph_of(architecture: architectures.AnyArchitecture) -> LayerGraph:
  """Returns an architecture as a chain of layers.

  Raises:
    UserError: It is of another kind.
  """
  if isinstance(architecture, LayerGraph):
    return architecture
  raise UserError(
    f'Expected an architecture of kind {KIND!r}. Received: one of kind '
    f'{architecture.kind!r}. Choose a --space that fits it.'
  )
