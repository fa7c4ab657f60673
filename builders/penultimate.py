"""The papers' name for the size of a network, `N @ P`.

N is the number of normal cells in a row and P the filters of the penultimate
layer, which is the output of the last cell (NASNet paper, section 4).
Importing this module must not import TensorFlow.
"""

from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.cell import INPUT_STATES
from nasnet_search.cells.errors import UserError


def penultimate_filters(
  architecture: Architecture, filters: int, reductions: int = 2
) -> int:
  """Returns P: the channels that the last cell of a network puts out.

  Args:
    architecture: The cells.
    filters: F, the filters of the first normal cells.
    reductions: Number of reduction cells between stacks.
  """
  return _channels_per_filter(architecture, reductions) * filters


def filters_of_penultimate(
  architecture: Architecture, penultimate: int, reductions: int = 2
) -> int:
  """Returns F for a P.

  Raises:
    UserError: No F gives this P; the message names the nearest that do.
  """
  factor = _channels_per_filter(architecture, reductions)
  # Networks have an even number of filters.
  step = 2 * factor
  if penultimate % step or penultimate < step:
    lower = max(penultimate // step, 1) * step
    raise UserError(
      f'Expected penultimate filters that are a multiple of {step}: {factor} '
      'for each of the filters of the first cell, which are even in number. '
      f'Received: {penultimate}. The nearest are {lower} and {lower + step}.'
    )
  return penultimate // factor


def _channels_per_filter(architecture: Architecture, reductions: int) -> int:
  cell = architecture.normal
  states = 0
  for state in cell.concat:
    block = state - INPUT_STATES
    # Inputs are fitted to F channels; a block that concatenates has 2 F.
    joins = block >= 0 and cell.blocks[block].combination == 'concat'
    states += 2 if joins else 1
  return states * 2**reductions
