"""What a network is made of: primitive nodes with their shapes.

Each primitive is one frozen record of what is computed, without weights and
without a tensor library: importing this module must not import TensorFlow.
`cost` counts over primitives and `network` turns each into one Keras layer,
so that a count and a model can never describe two different networks.

Shapes are those of one image: `[height, width, channels]`, or `[features]`
where no image is left. Convolutions and pools are zero-padded to "same" sizes,
where a side of n pixels becomes ceil(n / stride), unless their `padding` is
"valid".
"""

import dataclasses
import math
from collections.abc import Sequence
from typing import TypeAlias

Shape: TypeAlias = tuple[int, ...]
Pair: TypeAlias = tuple[int, int]


@dataclasses.dataclass(frozen=True, slots=True)
class Image:
  """The input of the network; `shape` is `[height, width, channels]`."""

  shape: Shape

  def output_shape(self, inputs: Sequence[Shape]) -> Shape:
    """Returns the shape of the image."""
    return self.shape


@dataclasses.dataclass(frozen=True, slots=True)
class _SameShape:
  """A primitive that keeps the shape of its input."""

  def output_shape(self, inputs: Sequence[Shape]) -> Shape:
    """Returns the shape of the only input."""
    return inputs[0]


@dataclasses.dataclass(frozen=True, slots=True)
class Relu(_SameShape):
  """max(x, 0)."""


@dataclasses.dataclass(frozen=True, slots=True)
class BatchNormalization(_SameShape):
  """Batch normalisation with scale and offset.

  Attributes:
    momentum: Decay of the moving statistics.
    epsilon: Added to the variance.
  """

  momentum: float
  epsilon: float


@dataclasses.dataclass(frozen=True, slots=True)
class DropPath(_SameShape):
  """Scheduled drop-path; `keep` is the probability at the end of training."""

  keep: float


@dataclasses.dataclass(frozen=True, slots=True)
class Dropout(_SameShape):
  """Dropout of single features; `rate` is the share that is dropped."""

  rate: float


@dataclasses.dataclass(frozen=True, slots=True)
class Add(_SameShape):
  """The sum of inputs of equal shapes."""


@dataclasses.dataclass(frozen=True, slots=True)
class Convolution:
  """A full convolution, without a bias unless told otherwise.

  `padding` is "same" or "valid"; a `dilation` above 1 needs a stride of 1 and
  "same" padding.
  """

  filters: int
  kernel: Pair
  stride: Pair = (1, 1)
  padding: str = 'same'
  dilation: int = 1
  bias: bool = False

  def output_shape(self, inputs: Sequence[Shape]) -> Shape:
    """Returns the shape of the only input, strided, with new channels."""
    size = _strided(inputs[0], self.kernel, self.stride, self.padding)
    return (*size, self.filters)


@dataclasses.dataclass(frozen=True, slots=True)
class DepthwiseConvolution:
  """One square filter for each channel, without a bias.

  `size` is the side of the filter; a `dilation` above 1 needs a stride of 1.
  """

  size: int
  stride: int = 1
  dilation: int = 1

  def output_shape(self, inputs: Sequence[Shape]) -> Shape:
    """Returns the shape of the only input, strided."""
    return _windowed(inputs[0], self.size, self.stride)


@dataclasses.dataclass(frozen=True, slots=True)
class AveragePool:
  """The mean of a square window; pixels of "same" padding are not counted."""

  size: int
  stride: int = 1
  padding: str = 'same'

  def output_shape(self, inputs: Sequence[Shape]) -> Shape:
    """Returns the shape of the only input, strided."""
    return _windowed(inputs[0], self.size, self.stride, self.padding)


@dataclasses.dataclass(frozen=True, slots=True)
class MaxPool:
  """The maximum of a square window; "same" padding never is the maximum."""

  size: int
  stride: int = 1
  padding: str = 'same'

  def output_shape(self, inputs: Sequence[Shape]) -> Shape:
    """Returns the shape of the only input, strided."""
    return _windowed(inputs[0], self.size, self.stride, self.padding)


@dataclasses.dataclass(frozen=True, slots=True)
class Pad:
  """Zeros around an image.

  Attributes:
    rows: How many above it and below it.
    columns: How many to the left and to the right of it.
  """

  rows: Pair
  columns: Pair

  def output_shape(self, inputs: Sequence[Shape]) -> Shape:
    """Returns the shape of the only input, enlarged."""
    height, width, channels = inputs[0]
    return (height + sum(self.rows), width + sum(self.columns), channels)


@dataclasses.dataclass(frozen=True, slots=True)
class Crop:
  """The image without its first row and its first column."""

  def output_shape(self, inputs: Sequence[Shape]) -> Shape:
    """Returns the shape of the only input, one pixel smaller each way."""
    height, width, channels = inputs[0]
    return (height - 1, width - 1, channels)


@dataclasses.dataclass(frozen=True, slots=True)
class Concatenate:
  """The inputs one after the other along the channels."""

  def output_shape(self, inputs: Sequence[Shape]) -> Shape:
    """Returns the common height and width, and the sum of the channels."""
    return (*inputs[0][:2], sum(shape[-1] for shape in inputs))


@dataclasses.dataclass(frozen=True, slots=True)
class GlobalAveragePool:
  """The mean of each channel over the image."""

  def output_shape(self, inputs: Sequence[Shape]) -> Shape:
    """Returns `[channels]`."""
    return inputs[0][-1:]


@dataclasses.dataclass(frozen=True, slots=True)
class Flatten:
  """All values of an image in a row: row by row, pixel by pixel."""

  def output_shape(self, inputs: Sequence[Shape]) -> Shape:
    """Returns `[features]`."""
    return (math.prod(inputs[0]),)


@dataclasses.dataclass(frozen=True, slots=True)
class Dense:
  """Neurons, such as a classifier: a matrix product and mostly a bias."""

  units: int
  bias: bool = True

  def output_shape(self, inputs: Sequence[Shape]) -> Shape:
    """Returns `[units]`."""
    return (self.units,)


Primitive: TypeAlias = (
  Image
  | Relu
  | BatchNormalization
  | DropPath
  | Dropout
  | Add
  | Convolution
  | DepthwiseConvolution
  | AveragePool
  | MaxPool
  | Pad
  | Crop
  | Concatenate
  | GlobalAveragePool
  | Flatten
  | Dense
)


@dataclasses.dataclass(frozen=True, slots=True)
class Node:
  """A primitive in its place.

  Attributes:
    name: Where it stands, such as
      `cell_3.normal.block_2.operation_1.depthwise_1`. Keras forbids the slash
      in names of layers, hence the dots.
    primitive: What it computes.
    inputs: The names of the nodes it reads, in order.
    shape: The shape of its output for one image.
  """

  name: str
  primitive: Primitive
  inputs: tuple[str, ...]
  shape: Shape


def _strided(shape: Shape, kernel: Pair, stride: Pair, padding: str) -> Pair:
  height, width, _ = shape
  if padding == 'valid':
    # A window starts wherever there is room for all of it.
    height -= kernel[0] - 1
    width -= kernel[1] - 1
  return -(-height // stride[0]), -(-width // stride[1])


def _windowed(
  shape: Shape, size: int, stride: int, padding: str = 'same'
) -> Shape:
  pair = (size, size), (stride, stride)
  return (*_strided(shape, *pair, padding), shape[2])
