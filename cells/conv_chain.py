"""Convolutional networks as chains of layers (Zoph and Le 2017).

Neural Architecture Search with Reinforcement Learning (arXiv 1611.01578),
section 3.1: layer after layer with its own filter, stride and number of
filters. With skip connections (section 3.3) a layer reads any of those before
it; one that reads none reads the image, and what nobody reads goes to the
classifier. Every layer counts, so there are none to leave out.
"""

import dataclasses
from typing import Any

from nasnet_search.cells import architectures, canonical
from nasnet_search.cells.chain_order import canonical_order
from nasnet_search.cells.errors import UserError, check_choice, located
from nasnet_search.cells.plain_data import (
  check_count,
  read_list,
  read_mapping,
  shortened,
)

KIND = 'conv_chain'
"""The kind of architecture that this module describes."""
CONVOLUTION = 'convolution'
MAX_POOL = 'max_pool'
OPERATIONS = (CONVOLUTION, MAX_POOL)
"""What a layer can be: a convolution with batch normalisation and ReLU, or a
pool, which keeps the channels (section 3.3 of the paper lets the controller
predict the type; it names no pools)."""


@dataclasses.dataclass(frozen=True)
class ChainLayer:
  """One layer.

  Attributes:
    filter_height: Rows of the filter, or of the window of a pool, pixels.
    filter_width: Columns of it.
    filters: Channels of the output; 0 for a pool.
    inputs: The layers whose outputs it reads, ascending; none for the image.
    stride_height: Rows from one place of the filter to the next.
    stride_width: Columns, likewise.
    operation: One of `OPERATIONS`.
  """

  filter_height: int
  filter_width: int
  filters: int
  inputs: tuple[int, ...]
  stride_height: int = 1
  stride_width: int = 1
  operation: str = CONVOLUTION

  def __post_init__(self) -> None:
    check_choice('operation', self.operation, OPERATIONS)
    for name in _SIZES:
      check_count(name, getattr(self, name), 1)
    pool = self.operation == MAX_POOL
    check_count('filters', self.filters, 0 if pool else 1)
    square = (
      self.filter_height == self.filter_width
      and self.stride_height == self.stride_width
    )
    if pool and (self.filters or not square):
      raise UserError(
        'Expected a pool of a square window and stride, with filters 0, since '
        'it keeps the channels. Received: a window of '
        f'{self.filter_height}x{self.filter_width}, strides of '
        f'{self.stride_height}x{self.stride_width} and filters {self.filters}.'
      )

  @property
  def stride(self) -> tuple[int, int]:
    """Rows and columns from one place of the filter to the next."""
    return self.stride_height, self.stride_width

  def shape_of_output(self, height: int, width: int) -> tuple[int, int]:
    """Returns height and width of what it makes of an image, in pixels."""
    return -(-height // self.stride_height), -(-width // self.stride_width)

  def summary(self) -> str:
    """Returns what it computes in a few words, without what it reads."""
    strides = 'x'.join(map(str, self.stride))
    stride = '' if self.stride == (1, 1) else f', stride {strides}'
    window = f'{self.filter_height}x{self.filter_width}'
    if self.operation == MAX_POOL:
      return f'max pool {window}{stride}'
    return f'{self.filters} filters of {window}{stride}'


@dataclasses.dataclass(frozen=True)
class ConvChain:
  """Layers, those that are read before those that read them."""

  layers: tuple[ChainLayer, ...]

  def __post_init__(self) -> None:
    if not self.layers:
      raise UserError('Expected a chain of at least one layer. Received none.')
    for place, layer in enumerate(self.layers):
      read = layer.inputs
      for number in read:
        check_count(f'layer_{place}: inputs', number, 0)
      if list(read) != sorted(set(read)) or (read and read[-1] >= place):
        raise UserError(
          f'Expected the inputs of layer_{place} to be earlier layers in '
          f'ascending order. Received: {shortened(read)}.'
        )

  @property
  def kind(self) -> str:
    """The name under which this class is found."""
    return KIND

  def unread(self) -> tuple[int, ...]:
    """Returns the layers that no layer reads: those the classifier reads."""
    read = {number for layer in self.layers for number in layer.inputs}
    return tuple(k for k in range(len(self.layers)) if k not in read)

  def canonical_key(self) -> str:
    """Returns a digest that is equal for chains that compute the same.

    In whatever order layers stand of which none reads the other.
    """
    labels = [_label(layer) for layer in self.layers]
    read = [layer.inputs for layer in self.layers]
    order = canonical_order(labels, read)
    place = {old: new for new, old in enumerate(order)}
    return canonical.digest(
      [KIND, *([*labels[k], sorted(place[i] for i in read[k])] for k in order)]
    )

  def to_dict(self) -> dict[str, Any]:
    """Returns the architecture as plain data, with its format version."""
    layers = []
    for layer in self.layers:
      layers.append(
        {name: getattr(layer, name) for name in _FIELDS}
        | {'inputs': list(layer.inputs)}
      )
    return {**architectures.header(KIND), 'layers': layers}

  def to_json(self) -> str:
    """Returns the architecture as JSON text that ends in a newline."""
    return architectures.to_text(self.to_dict())

  @classmethod
  def from_dict(cls, data: Any) -> 'ConvChain':
    """Returns the architecture of what `to_dict` returned.

    Raises:
      UserError: The data are no chain; the message says which layer is wrong.
    """
    architectures.check_kind(architectures.read_header(data), KIND)
    (layers,) = read_mapping(data, ('layers',), others=True)
    read = []
    for place, item in enumerate(read_list('layers', layers)):
      with located(f'layer_{place}'):
        *values, inputs = read_mapping(item, (*_FIELDS, 'inputs'))
        read.append(
          ChainLayer(
            **dict(zip(_FIELDS, values, strict=True)),
            inputs=read_list('inputs', inputs),
          )
        )
    return cls(tuple(read))


_SIZES = ('filter_height', 'filter_width', 'stride_height', 'stride_width')
_FIELDS = ('operation', *_SIZES, 'filters')


def _label(layer: ChainLayer) -> list[Any]:
  return [getattr(layer, name) for name in _FIELDS]
