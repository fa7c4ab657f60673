"""The lists of AmoebaNet's TPU code, under the names of its parameters.

As in models/official/amoeba_net of tensorflow/tpu: the lists are those of
model_specs.py at 7dc921f8, and amoeba_net_model.py keeps them as parameters
`normal_cell_operations`, `reduction_cell_operations` and so on, which its
HParams write as JSON. Other parameters are ignored. The TPU code builds
cells of five blocks.
"""

from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.errors import located
from nasnet_search.cells.notations import slim
from nasnet_search.cells.notations.dialect import Dialect
from nasnet_search.cells.notations.hidden_states import (
  LISTS,
  read_lists,
  write_lists,
)
from nasnet_search.cells.notations.literals import read_dict, write_dict
from nasnet_search.cells.plain_data import read_mapping

DIALECT = Dialect(
  title="AmoebaNet's TPU code",
  operations={
    **slim.DIALECT.operations,
    'conv_1x1': '1x1',
    'conv_3x3': '3x3',
    'conv_1x3_3x1': '1x3_3x1',
    'conv_1x7_7x1': '1x7_7x1',
    'dilated_separable_conv_5x5': 'dil_2_separable_5x5_2',
  },
)


def read(text: str) -> Architecture:
  """Returns the architecture of a dict with the six lists.

  Raises:
    UserError: The text is no dict, or the lists are missing or wrong.
  """
  data = read_dict(text)
  cells = {}
  for name in ('normal', 'reduction'):
    with located(f'{name} cell'):
      keys = [f'{name}_cell_{key}' for key in LISTS]
      values = read_mapping(data, keys, others=True)
      cells[name] = read_lists(DIALECT, dict(zip(LISTS, values, strict=True)))
  return Architecture(**cells)


def write(architecture: Architecture) -> str:
  """Returns the six lists as JSON.

  Raises:
    UserError: The lists cannot hold it: a block does not add or has an
      operation that the TPU code does not.
  """
  data = {}
  for name, cell in architecture.cells():
    with located(f'{name} cell'):
      lists = write_lists(DIALECT, cell)
    data.update({f'{name}_cell_{key}': lists[key] for key in LISTS})
  return write_dict(data)
