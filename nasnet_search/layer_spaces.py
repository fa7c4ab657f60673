"""The spaces of whole networks, which depend on the size of the images."""

from nasnet_search.cells.chain_options import ChainOptions, DepthSchedule
from nasnet_search.cells.conv_chain_space import ConvChainSpace
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.layer_graph_space import LayerGraphSpace
from nasnet_search.config import SearchConfig
from nasnet_search.data.registry import describe
from nasnet_search.evaluators.cost import IMAGE_SHAPE


def conv_chain(config: SearchConfig) -> ConvChainSpace:
  """Returns the space of chains of layers that grow during the search.

  Args:
    config: What can be chosen, and what images it is for.

  Raises:
    UserError: A setting is not as it should be.
  """
  space = config.space
  options = ChainOptions(
    schedule=DepthSchedule(
      space.chain_layers,
      space.chain_layers_added,
      space.chain_layers_interval,
      space.chain_layers_most,
    ),
    filter_sizes=_counts('chain_filter_sizes', space.chain_filter_sizes),
    filters=_counts('chain_filters', space.chain_filters),
    strides=_counts('chain_strides', space.chain_strides),
    types=space.chain_types,
    skips=space.chain_skips,
  )
  return ConvChainSpace(options, _sides(config))


def layer_graph(config: SearchConfig) -> LayerGraphSpace:
  """Returns the space of MetaQNN: chains of layers.

  Args:
    config: What can be chosen, and what images it is for.

  Raises:
    UserError: A setting is not as it should be.
  """
  space = config.space
  return LayerGraphSpace(
    min(_sides(config)),
    space.layer_graph_depth,
    _counts('layer_graph_filters', space.layer_graph_filters),
    _counts('layer_graph_neurons', space.layer_graph_neurons),
  )


def _counts(flag: str, values: tuple[str, ...]) -> tuple[int, ...]:
  for value in values:
    if not (value.isascii() and value.isdigit()):
      raise UserError(
        f'Expected --{flag} to be whole numbers, with commas between. '
        f'Received: {value!r}.'
      )
  return tuple(map(int, values))


def _sides(config: SearchConfig) -> tuple[int, int]:
  """Returns height and width of the images that chains are valued on."""
  if config.evaluator.evaluator == 'cost':
    height, width, _ = IMAGE_SHAPE
  else:
    height, width, _ = describe(config.data).image_shape
  return height, width
