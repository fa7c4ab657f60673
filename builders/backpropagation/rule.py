"""What a rule is: how one primitive is computed, and its gradient.

A rule is made for one primitive and has no other state. What its gradient
needs besides inputs and output, such as the statistics of a batch, it keeps
in the result. All shapes are known in full when a rule is applied.

Importing this module must not import TensorFlow.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

Tensor: TypeAlias = Any
"""A tensor of TensorFlow; images are `[batch, height, width, channels]`."""


@dataclasses.dataclass(frozen=True)
class Call:
  """A primitive in its place in a network, with all that it reads.

  Attributes:
    inputs: What the primitive reads.
    weights: Its trainable weights, in the order of its Keras layer's.
    statistics: Moving mean and variance, `[channels]` each, of a batch
      normalisation outside training; else empty.
    training: Whether this is a training step.
    draw: Gives float32 draws from [0, 1) of a shape, keyed on the place and
      the training step.
    progress: Gives the share of the training that is done, a scalar in [0, 1].
    wants_inputs: Whether gradients with respect to the inputs are wanted.
  """

  inputs: Sequence[Tensor]
  weights: Sequence[Tensor]
  statistics: Sequence[Tensor]
  training: bool
  draw: Callable[[Sequence[int]], Tensor]
  progress: Callable[[], Tensor]
  wants_inputs: bool


@dataclasses.dataclass(frozen=True)
class Result:
  """What a primitive has computed.

  Attributes:
    output: Its output.
    kept: What its gradient will need besides.
    statistics: Mean and variance of the batch as they enter the moving ones,
      `[channels]` each, of a batch normalisation in training; else empty.
  """

  output: Tensor
  kept: Sequence[Tensor] = ()
  statistics: Sequence[Tensor] = ()


@dataclasses.dataclass(frozen=True)
class Gradients:
  """Gradients of a loss.

  Attributes:
    inputs: With respect to each input, of its shape; None where a call does
      not want them.
    weights: With respect to each trainable weight, of its shape.
  """

  inputs: Sequence[Tensor]
  weights: Sequence[Tensor] = ()


class Rule(Protocol):
  """How a primitive is computed, and its gradient."""

  def forward(self, call: Call) -> Result:
    """Computes the primitive."""

  def backward(self, call: Call, result: Result, gradient: Tensor) -> Gradients:
    """Returns gradients, in training.

    Args:
      call: What `forward` was given.
      result: What it returned.
      gradient: The gradient with respect to the output, of its shape.
    """
