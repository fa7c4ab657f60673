"""The search spaces that exist, by name."""

import numpy as np

from nasnet_search.cells.search_space import SearchSpace
from nasnet_search.config import SearchConfig
from nasnet_search.registry import Registry

SPACES = Registry(
  'search space',
  {
    'nasnet': f'{__name__}:nasnet',
    'table': f'{__name__}:table',
    'nasbench201': f'{__name__}:nasbench201',
    'nasbench301': f'{__name__}:nasbench301',
    'recurrent_cell': f'{__name__}:recurrent_cell',
    'conv_chain': 'nasnet_search.layer_spaces:conv_chain',
    'layer_graph': 'nasnet_search.layer_spaces:layer_graph',
  },
)
"""Each entry is called with the configuration of the search, and returns a
space."""

SEE_IMAGES = ('conv_chain', 'layer_graph')
"""Spaces that depend on the size of the images, and so look at them."""


def make_space(config: SearchConfig) -> SearchSpace:
  """Returns the search space that a configuration names.

  Args:
    config: Which space; and what values architectures, because a table has its
      space in it, and how large the images are, because layers shrink them.

  Raises:
    UserError: There is no such space, operation or combination, or its table
      cannot be read.
  """
  made: SearchSpace = SPACES.load(config.space.space)(config)
  return made


def nasnet(config: SearchConfig) -> SearchSpace:
  """Returns the NASNet space: a normal and a reduction cell."""
  from nasnet_search.cells.nasnet_space import NASNetSpace

  space = config.space
  return NASNetSpace(space.blocks, space.operations, space.combinations)


def table(config: SearchConfig) -> SearchSpace:
  """Returns the space of the rows of a table."""
  from nasnet_search.cells.table_space import TableSpace
  from nasnet_search.evaluators.table_file import read_table

  evaluator = config.evaluator
  listed = read_table(
    evaluator.table, evaluator.decision_columns, evaluator.reward_column
  )
  values = listed.values()
  codes = [
    [options.index(row[place]) for row in listed.choices]
    for place, options in enumerate(values)
  ]
  return TableSpace(listed.names, values, np.array(codes).T)


def nasbench201(config: SearchConfig) -> SearchSpace:
  """Returns the space of NAS-Bench-201."""
  from nasnet_search.cells.nasbench201_space import NASBench201Space

  del config
  return NASBench201Space()


def nasbench301(config: SearchConfig) -> SearchSpace:
  """Returns the space of DARTS, which NAS-Bench-301 is about."""
  from nasnet_search.cells.darts_space import DartsSpace

  del config
  return DartsSpace()


def recurrent_cell(config: SearchConfig) -> SearchSpace:
  """Returns the space of recurrent cells."""
  from nasnet_search.cells.recurrent_cell_space import RecurrentCellSpace

  return RecurrentCellSpace(config.space.base_number)
