"""Where the weights of a network stand in two vectors.

All trainable weights are one vector and all moving statistics another. So an
optimizer updates, clips and decays a whole network in a handful of
operations, where one for each of some 300 variables would be most of a
training step's graph.

Importing this module must not import TensorFlow.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import special

from nasnet_search.builders.graph import Graph
from nasnet_search.builders.layers.seeds import layer_seed
from nasnet_search.builders.primitives import (
  BatchNormalization,
  Convolution,
  Dense,
  DepthwiseConvolution,
  Node,
  Shape,
)

_TRUNCATED = 2.0
"""Standard deviations at which He's normal draws are cut off, as in Keras."""


class WeightLayout:
  """The order of a network's weights: node by node, as in its Keras layers.

  Those of an auxiliary head are left out.

  Attributes:
    shapes: The shapes of the trainable weights of each node that has any.
    tracked: The channels of each batch normalisation, each of which has as
      many moving means and, after them, as many moving variances.
    parameters: How many trainable weights there are.
    statistics: How many moving statistics there are.
  """

  def __init__(self, graph: Graph) -> None:
    shape_of = {node.name: node.shape for node in graph.nodes}
    self._places = {node.name: k for k, node in enumerate(graph.nodes)}
    self._nodes = {node.name: node for node in graph.nodes}
    self.shapes: dict[str, Sequence[Shape]] = {}
    self.tracked: dict[str, int] = {}
    auxiliary = graph.auxiliary_names()
    for node in graph.nodes[1:]:
      if node.name in auxiliary:
        continue
      channels = shape_of[node.inputs[0]][-1]
      shapes = _weight_shapes(node, channels)
      if shapes:
        self.shapes[node.name] = shapes
      if isinstance(node.primitive, BatchNormalization):
        self.tracked[node.name] = channels
    self.parameters = sum(self.sizes())
    self.statistics = 2 * sum(self.tracked.values())

  def sizes(self) -> list[int]:
    """Returns how many values each trainable weight has, in order."""
    return [
      math.prod(shape) for shapes in self.shapes.values() for shape in shapes
    ]

  def initial_parameters(self, seed: int) -> np.ndarray:
    """Returns initial weights, float32 `[parameters]`.

    Of the distributions that `keras_layers` draws from: He's for
    convolutions, Glorot's for neurons, ones and zeros for the scales and
    offsets of batch normalisation and biases.

    Args:
      seed: Seed of the network.
    """
    parts = []
    for name, shapes in self.shapes.items():
      node = self._nodes[name]
      draws = np.random.default_rng(layer_seed(seed, self._places[name]))
      parts += [
        _initial(node, place, shape, draws).ravel()
        for place, shape in enumerate(shapes)
      ]
    return np.concatenate(parts).astype(np.float32)

  def initial_statistics(self) -> np.ndarray:
    """Returns moving means of 0 and variances of 1, float32 `[statistics]`."""
    return _concatenated(
      [np.repeat([0.0, 1.0], channels) for channels in self.tracked.values()]
    )

  def decayed(self) -> np.ndarray:
    """Returns 1 for weights that decay and else 0, float32 `[parameters]`.

    Those of kernels decay; see `network.decayed_variables`.
    """
    return np.concatenate(
      [
        np.full(math.prod(shape), len(shape) > 1)
        for shapes in self.shapes.values()
        for shape in shapes
      ]
    ).astype(np.float32)

  def kept(self) -> np.ndarray:
    """Returns the momentum of each moving statistic, `[statistics]`."""
    momentums: Mapping[str, float] = {
      name: node.primitive.momentum
      for name, node in self._nodes.items()
      if isinstance(node.primitive, BatchNormalization)
    }
    return _concatenated(
      [
        np.full(2 * channels, momentums[name])
        for name, channels in self.tracked.items()
      ]
    )


def _concatenated(parts: Sequence[np.ndarray]) -> np.ndarray:
  """Returns vectors as one, float32; an empty one of none."""
  return np.concatenate([[], *parts]).astype(np.float32)


def _weight_shapes(node: Node, channels: int) -> Sequence[Shape]:
  match node.primitive:
    case Convolution(filters, kernel) as convolution:
      bias = [(filters,)] if convolution.bias else []
      return [(*kernel, channels, filters), *bias]
    case DepthwiseConvolution(size):
      return [(size, size, channels, 1)]
    case BatchNormalization():
      return [(channels,), (channels,)]
    case Dense(units, bias):
      return [(channels, units), *([(units,)] if bias else [])]
  return []


def _initial(
  node: Node, place: int, shape: Shape, draws: np.random.Generator
) -> np.ndarray:
  match node.primitive:
    case Convolution() if not place:
      return _he(shape, math.prod(shape[:-1]), draws)
    case DepthwiseConvolution():
      return _he(shape, math.prod(shape[:2]), draws)
    case Dense() if not place:
      bound = math.sqrt(6 / sum(shape))
      return draws.uniform(-bound, bound, shape)
    case BatchNormalization() if not place:
      return np.ones(shape)
  return np.zeros(shape)


def _he(shape: Shape, fan: int, draws: np.random.Generator) -> np.ndarray:
  """Returns draws of variance 2 / fan from a normal distribution, cut off."""
  tail = special.ndtr(-_TRUNCATED)
  normal = special.ndtri(draws.uniform(tail, 1 - tail, shape))
  # What is left of the standard deviation when the tails are cut off.
  density = math.exp(-(_TRUNCATED**2) / 2) / math.sqrt(2 * math.pi)
  left = math.sqrt(1 - 2 * _TRUNCATED * density / (1 - 2 * tail))
  return normal * (math.sqrt(2 / fan) / left)
