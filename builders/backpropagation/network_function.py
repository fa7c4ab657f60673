"""A network as a function of images and its weights, and its gradient.

Importing this module imports TensorFlow.
"""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence

import tensorflow as tf

from nasnet_search.builders.backpropagation.rule import (
  Call,
  Result,
  Rule,
  Tensor,
)
from nasnet_search.builders.backpropagation.rules import rule_of
from nasnet_search.builders.backpropagation.structure import total
from nasnet_search.builders.backpropagation.weights import WeightLayout
from nasnet_search.builders.graph import Graph
from nasnet_search.builders.layers.keyed_noise import keyed_uniform
from nasnet_search.builders.layers.training_clock import TrainingClock
from nasnet_search.builders.primitives import (
  Dropout,
  DropPath,
  Node,
  Primitive,
)

Loss = Callable[[Tensor], tuple[Tensor, Tensor]]
"""From logits `[batch, classes]` to a loss of each image, `[batch]`, and the
gradient of what is descended with respect to the logits."""

_DRAW = (DropPath, Dropout)


@dataclasses.dataclass(frozen=True)
class Pass:
  """What one training step finds out about a network.

  Attributes:
    losses: The loss of each image, `[batch]`.
    gradient: With respect to all trainable weights, `[parameters]`.
    statistics: Those of the batch, as they enter the moving ones,
      `[statistics]`.
  """

  losses: Tensor
  gradient: Tensor
  statistics: Tensor


class NetworkFunction:
  """A network as a function of images and its weights.

  Call its methods inside a `tf.function`, with images of a known batch size.
  Nodes that compute the same from the same are computed once. An auxiliary
  head is left out.

  Args:
    graph: The network.
    seed: Seed of everything random in training.
    clock: Where training stands.
    on_cpu: Whether a CPU computes it.

  Attributes:
    layout: Where its weights stand.
  """

  def __init__(
    self, graph: Graph, *, seed: int, clock: TrainingClock, on_cpu: bool
  ) -> None:
    self.layout = WeightLayout(graph)
    self._image = graph.nodes[0].name
    self._output = graph.output.name
    self._seed = seed
    self._clock = clock
    auxiliary = graph.auxiliary_names()
    self._places = {node.name: k for k, node in enumerate(graph.nodes)}
    self._nodes = _distinct(
      [node for node in graph.nodes[1:] if node.name not in auxiliary],
      frozenset(self.layout.shapes),
    )
    self._rules: dict[Primitive, Rule] = {
      node.primitive: rule_of(node.primitive, on_cpu=on_cpu)
      for node in self._nodes
    }
    self._trained = _trained(self._nodes, frozenset(self.layout.shapes))

  def logits(
    self, parameters: Tensor, statistics: Tensor, images: Tensor
  ) -> Tensor:
    """Returns what the network makes of images outside training.

    Args:
      parameters: All trainable weights, `[parameters]`.
      statistics: All moving statistics, `[statistics]`.
      images: float32 `[batch, height, width, channels]`.

    Returns:
      float32 `[batch, classes]`.
    """
    moving = self._statistics_of(statistics)
    _, results = self._forward(parameters, images, moving, training=False)
    return results[self._output].output

  def training_pass(
    self, parameters: Tensor, images: Tensor, loss: Loss
  ) -> Pass:
    """Returns losses and their gradient, in training.

    Args:
      parameters: All trainable weights, `[parameters]`.
      images: float32 `[batch, height, width, channels]`.
      loss: What is descended.
    """
    calls, results = self._forward(parameters, images, {}, training=True)
    losses, gradient = loss(results[self._output].output)
    found: dict[str, Sequence[Tensor]] = {}
    arrived: dict[str, list[Tensor]] = {self._output: [gradient]}
    for node in reversed(self._nodes):
      if node.name not in self._trained:
        continue
      gradients = self._rules[node.primitive].backward(
        calls[node.name], results[node.name], total(arrived.pop(node.name))
      )
      found[node.name] = gradients.weights
      for name, part in zip(node.inputs, gradients.inputs, strict=True):
        if name in self._trained:
          arrived.setdefault(name, []).append(part)
    return Pass(
      losses,
      _joined([found[name] for name in self.layout.shapes]),
      _joined([results[name].statistics for name in self.layout.tracked]),
    )

  def _forward(
    self,
    parameters: Tensor,
    images: Tensor,
    moving: Mapping[str, Sequence[Tensor]],
    *,
    training: bool,
  ) -> tuple[dict[str, Call], dict[str, Result]]:
    weights = self._weights_of(parameters)
    calls: dict[str, Call] = {}
    results = {self._image: Result(images)}
    for node in self._nodes:
      calls[node.name] = Call(
        inputs=[results[name].output for name in node.inputs],
        weights=weights.get(node.name, ()),
        statistics=moving.get(node.name, ()),
        training=training,
        draw=functools.partial(
          keyed_uniform,
          seed=self._seed,
          index=self._places[node.name],
          step=self._clock.step,
        ),
        progress=self._clock.progress,
        wants_inputs=any(name in self._trained for name in node.inputs),
      )
      rule = self._rules[node.primitive]
      results[node.name] = rule.forward(calls[node.name])
    return calls, results

  def _weights_of(self, parameters: Tensor) -> dict[str, list[Tensor]]:
    pieces = iter(_cut(parameters, self.layout.sizes()))
    return {
      name: [_shaped(next(pieces), shape) for shape in shapes]
      for name, shapes in self.layout.shapes.items()
    }

  def _statistics_of(self, statistics: Tensor) -> dict[str, list[Tensor]]:
    tracked = self.layout.tracked
    pieces = iter(
      _cut(statistics, [n for count in tracked.values() for n in (count,) * 2])
    )
    return {name: [next(pieces), next(pieces)] for name in tracked}


def _distinct(
  nodes: Sequence[Node], weighted: frozenset[str]
) -> Sequence[Node]:
  """Returns nodes less those that repeat another: NASNet-A pools twice."""
  standing: dict[str, str] = {}
  seen: dict[tuple[Primitive, tuple[str, ...]], str] = {}
  kept = []
  for node in nodes:
    inputs = tuple(standing.get(name, name) for name in node.inputs)
    unique = node.name in weighted or isinstance(node.primitive, _DRAW)
    first = seen.setdefault((node.primitive, inputs), node.name)
    if unique or first == node.name:
      kept.append(dataclasses.replace(node, inputs=inputs))
    else:
      standing[node.name] = first
  return kept


def _trained(nodes: Sequence[Node], weighted: frozenset[str]) -> frozenset[str]:
  """Returns the nodes whose output depends on trainable weights."""
  found = set(weighted)
  for node in nodes:
    if found.intersection(node.inputs):
      found.add(node.name)
  return frozenset(found)


def _cut(vector: Tensor, sizes: Sequence[int]) -> Sequence[Tensor]:
  if len(sizes) < 2:
    return [vector][: len(sizes)]
  return tf.raw_ops.SplitV(
    value=vector, size_splits=sizes, axis=0, num_split=len(sizes)
  )


def _shaped(vector: Tensor, shape: Sequence[int]) -> Tensor:
  return vector if len(shape) == 1 else tf.reshape(vector, shape)


def _joined(parts: Sequence[Sequence[Tensor]]) -> Tensor:
  vectors = [tf.reshape(x, [-1]) for part in parts for x in part]
  # A network may be without batch normalisation.
  return tf.concat(vectors, axis=0) if vectors else tf.zeros([0])
