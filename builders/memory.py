"""The memory that a network needs, estimated from its graph.

What counts are the outputs of nodes, which grow with the batch, and the
weights. Importing this module must not import TensorFlow.

Training keeps what the gradients will need, so its peak is at the end of the
forward pass: that the gradients then take as much as they set free was seen
in every network that was measured. Inference keeps what is still to be read,
while TensorFlow computes at once whatever can be computed.

How close that comes is measured by `tests/benchmarks/step_memory.py`.
"""

from collections.abc import Sequence

from nasnet_search.builders.primitives import (
  BatchNormalization,
  Convolution,
  Dense,
  DepthwiseConvolution,
  MaxPool,
  Node,
  Relu,
)

VALUE_BYTES = 4
"""Bytes of a number: float32."""

ALLOCATED = 1.18
"""Memory taken for each byte that tensors hold: what lies between them, and
the scratch space of convolutions. Measured."""

WEIGHT_COPIES = 4
"""Of each trainable weight: itself, its momentum, its gradient, and that with
weight decay added. All gradients are there when their norm is clipped."""

_READS_INPUT = (
  Convolution,
  DepthwiseConvolution,
  BatchNormalization,
  MaxPool,
  Dense,
)
_READS_OUTPUT = (Relu, MaxPool)


def training_values(nodes: Sequence[Node], sizes: Sequence[int]) -> int:
  """Returns how many values of one image a training step holds at its peak.

  Args:
    nodes: The graph, inputs before their readers.
    sizes: The values that each node puts out for one image.
  """
  kept: set[str] = set()
  for node in nodes:
    # Whose gradient is computed from what the node has read, or put out.
    if isinstance(node.primitive, _READS_INPUT):
      kept.update(node.inputs)
    if isinstance(node.primitive, _READS_OUTPUT):
      kept.add(node.name)
  held = sum(
    size for node, size in zip(nodes, sizes, strict=True) if node.name in kept
  )
  return held + max(sizes)


def inference_values(nodes: Sequence[Node], sizes: Sequence[int]) -> int:
  """Returns how many values of one image inference holds at its peak.

  Nodes of the same depth are computed together, and what they put out is
  held until the deepest of its readers has been.

  Args:
    nodes: The graph, inputs before their readers.
    sizes: The values that each node puts out for one image.
  """
  depth: dict[str, int] = {}
  until: dict[str, int] = {}
  for node in nodes:
    own = 1 + max((depth[name] for name in node.inputs), default=-1)
    depth[node.name] = until[node.name] = own
    for name in node.inputs:
      until[name] = max(until[name], own)
  change = [0] * (max(depth.values()) + 2)
  for node, size in zip(nodes, sizes, strict=True):
    change[depth[node.name]] += size
    change[until[node.name] + 1] -= size
  held = peak = 0
  for difference in change:
    held += difference
    peak = max(peak, held)
  return peak


def training_bytes(values: int, weights: int, batch_size: int) -> int:
  """Returns the memory of a training step, in bytes.

  Args:
    values: What `training_values` returned.
    weights: Trainable parameters.
    batch_size: Images in a step.
  """
  return round(
    VALUE_BYTES * (ALLOCATED * values * batch_size + WEIGHT_COPIES * weights)
  )


def inference_bytes(values: int, weights: int, batch_size: int) -> int:
  """Returns the memory of inference, in bytes.

  Args:
    values: What `inference_values` returned.
    weights: All parameters.
    batch_size: Images at a time.
  """
  return round(VALUE_BYTES * (ALLOCATED * values * batch_size + weights))
