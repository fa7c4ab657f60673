"""The search spaces that exist, by name."""

from nasnet_search.cells.search_space import SearchSpace
from nasnet_search.config import SpaceConfig
from nasnet_search.registry import Registry

SPACES = Registry('search space', {'nasnet': f'{__name__}:nasnet'})
"""Each entry is called with a configuration and returns a space."""


def make_space(config: SpaceConfig) -> SearchSpace:
  """Returns the search space that a configuration names.

  Raises:
    UserError: There is no such space, operation or combination.
  """
  return SPACES.load(config.space)(config)


def nasnet(config: SpaceConfig) -> SearchSpace:
  """Returns the NASNet space: a normal and a reduction cell."""
  from nasnet_search.cells.nasnet_space import NASNetSpace

  return NASNetSpace(config.blocks, config.operations, config.combinations)
