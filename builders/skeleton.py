"""Which cells a network is stacked of, in order, and what each one reads.

Importing this module must not import TensorFlow.
"""

import dataclasses

from nasnet_search.builders.config import NetworkConfig

_PREVIOUS = 2
"""h_{i-1} is the output two cells back, counted from the cell that reads."""


@dataclasses.dataclass(frozen=True, slots=True)
class PlacedCell:
  """A cell in its place.

  Attributes:
    kind: `normal` or `reduction`.
    filters: Filters of its operations.
    stride: Stride of its operations on its inputs.
    previous: How many outputs back its h_{i-1} stands, the output of the
      previous cell, h_i, being 1 back.
  """

  kind: str
  filters: int
  stride: int = 1
  previous: int = _PREVIOUS


def placed_cells(config: NetworkConfig) -> tuple[PlacedCell, ...]:
  """Returns the cells of a network, those of its stem included.

  The filters double at each reduction, in the reduction cell already (NASNet
  paper, section 3).
  """
  cells = []
  if config.skeleton == 'imagenet':
    # Rounded down, as slim does it: 44 filters become 11 and 22.
    cells += [
      PlacedCell('reduction', config.filters // share, stride=2)
      for share in (4, 2)
    ]
  cells += [PlacedCell('normal', config.filters)] * config.repeats
  # slim with skip_reduction_layer_input fixes h_{i-1} before it adds the
  # reduction cell, so that it is one cell older.
  older = _PREVIOUS + config.skip_reduction_layer_input
  filters = config.filters
  for _ in range(config.reductions):
    filters *= 2
    normal = PlacedCell('normal', filters)
    stack = [dataclasses.replace(normal, previous=older)]
    stack += [normal] * (config.repeats - 1)
    if config.reduction_in_stack:
      stack.pop()
    cells += [PlacedCell('reduction', filters, stride=2), *stack]
  return tuple(cells)
