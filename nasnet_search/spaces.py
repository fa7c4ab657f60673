"""The search spaces that exist, by name."""

import numpy as np

from nasnet_search.cells.search_space import SearchSpace
from nasnet_search.config import SpaceConfig
from nasnet_search.evaluators.config import EvaluatorConfig
from nasnet_search.registry import Registry

SPACES = Registry(
  'search space',
  {
    'nasnet': f'{__name__}:nasnet',
    'table': f'{__name__}:table',
    'nasbench201': f'{__name__}:nasbench201',
    'nasbench301': f'{__name__}:nasbench301',
  },
)
"""Each entry is called with a configuration and that of the evaluator, and
returns a space."""


def make_space(
  config: SpaceConfig, evaluator: EvaluatorConfig | None = None
) -> SearchSpace:
  """Returns the search space that a configuration names.

  Args:
    config: Which space.
    evaluator: What values architectures: a table has its space in it.

  Raises:
    UserError: There is no such space, operation or combination, or its table
      cannot be read.
  """
  made: SearchSpace = SPACES.load(config.space)(
    config, evaluator or EvaluatorConfig()
  )
  return made


def nasnet(config: SpaceConfig, evaluator: EvaluatorConfig) -> SearchSpace:
  """Returns the NASNet space: a normal and a reduction cell."""
  from nasnet_search.cells.nasnet_space import NASNetSpace

  del evaluator
  return NASNetSpace(config.blocks, config.operations, config.combinations)


def table(config: SpaceConfig, evaluator: EvaluatorConfig) -> SearchSpace:
  """Returns the space of the rows of a table."""
  from nasnet_search.cells.table_space import TableSpace
  from nasnet_search.evaluators.table_file import read_table

  del config
  listed = read_table(
    evaluator.table, evaluator.decision_columns, evaluator.reward_column
  )
  values = listed.values()
  codes = [
    [options.index(row[place]) for row in listed.choices]
    for place, options in enumerate(values)
  ]
  return TableSpace(listed.names, values, np.array(codes).T)


def nasbench201(config: SpaceConfig, evaluator: EvaluatorConfig) -> SearchSpace:
  """Returns the space of NAS-Bench-201."""
  from nasnet_search.cells.nasbench201_space import NASBench201Space

  del config, evaluator
  return NASBench201Space()


def nasbench301(config: SpaceConfig, evaluator: EvaluatorConfig) -> SearchSpace:
  """Returns the space of DARTS, which NAS-Bench-301 is about."""
  from nasnet_search.cells.darts_space import DartsSpace

  del config, evaluator
  return DartsSpace()
