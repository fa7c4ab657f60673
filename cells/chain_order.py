"""One order for all ways to number the layers of a chain.

Layers of which none reads the other can stand in either order. They are put
in order by colours, refined by those of the layers they read and are read by
until nothing changes; a tie is broken by telling one of the tied layers from
the others, as in `canonical`. Which one does not matter where they are tied by
a symmetry. Should they ever be tied without one, equal chains could come out
in two orders, and would be taken for different; never the other way around.
"""

from collections.abc import Sequence
from typing import Any


def canonical_order(
  labels: Sequence[Any], inputs: Sequence[Sequence[int]]
) -> list[int]:
  """Returns layers in canonical order, those that are read first.

  Args:
    labels: What each layer computes; can be compared.
    inputs: The earlier layers that each layer reads.
  """
  depths: list[int] = []
  for read in inputs:
    depths.append(1 + max((depths[k] for k in read), default=-1))
  # By depth first, so that a layer stays behind what it reads.
  colors = _ranked(list(zip(depths, labels, strict=True)))
  colors = _refined(colors, inputs)
  while (tied := _first_tie(colors)) is not None:
    split = [2 * color for color in colors]
    split[tied] -= 1
    colors = _refined(_ranked(split), inputs)
  return sorted(range(len(labels)), key=colors.__getitem__)


def _refined(colors: list[int], inputs: Sequence[Sequence[int]]) -> list[int]:
  readers: list[list[int]] = [[] for _ in inputs]
  for layer, read in enumerate(inputs):
    for number in read:
      readers[number].append(layer)
  count = 0
  while len(set(colors)) > count:
    count = len(set(colors))
    colors = _ranked(
      [
        (
          colors[layer],
          sorted(colors[k] for k in inputs[layer]),
          sorted(colors[k] for k in readers[layer]),
        )
        for layer in range(len(inputs))
      ]
    )
  return colors


def _ranked(signatures: Sequence[Any]) -> list[int]:
  ordered: list[Any] = []
  for signature in sorted(signatures):
    if not ordered or ordered[-1] != signature:
      ordered.append(signature)
  return [ordered.index(signature) for signature in signatures]


def _first_tie(colors: Sequence[int]) -> int | None:
  """Returns a layer of the least colour that several layers have."""
  tied = [color for color in colors if colors.count(color) > 1]
  return colors.index(min(tied)) if tied else None
