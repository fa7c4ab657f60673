"""The decisions about the layers of a chain, before anything is chosen."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from nasnet_search.cells.chain_options import ChainOptions


@dataclasses.dataclass(frozen=True)
class Slot:
  """A decision about a layer, before anything is chosen.

  Attributes:
    layer: The layer.
    name: What is decided.
    kind: The head that decides.
    values: What the outcomes stand for.
    step: The controller step it is taken in.
    refers_to: The steps of the layer that an anchor is about.
    layer_referred: That layer; -1 for none.
  """

  layer: int
  name: str
  kind: str
  values: tuple[Any, ...]
  step: int
  refers_to: tuple[int, ...] = ()
  layer_referred: int = -1


def slots_of(options: ChainOptions, layers: int) -> Iterator[Slot]:
  """Yields all decisions about so many layers, in order.

  Args:
    options: What can be chosen.
    layers: How many layers.
  """
  heads: dict[str, tuple[Any, ...]] = {}
  if len(options.types) > 1:
    heads['type'] = options.types
  heads['filter_height'] = heads['filter_width'] = options.filter_sizes
  if options.strides != (1,):
    heads['stride_height'] = heads['stride_width'] = options.strides
  heads['filters'] = options.filters
  step = 0
  points: list[int] = []
  for layer in range(layers):
    for name, values in heads.items():
      step += 1
      yield Slot(layer, name, name, values, step)
    if options.skips and layer:
      step += 1
      for earlier, point in enumerate(points):
        yield Slot(
          layer,
          f'anchor_{earlier}',
          'anchor',
          (False, True),
          step,
          (point,),
          earlier,
        )
    # The anchor point of a layer; the first one has none of its own.
    points.append(step)
