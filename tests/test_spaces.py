"""Search spaces are made from the configuration of a search."""

import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.config import SearchConfig, SpaceConfig
from nasnet_search.data.config import DataConfig
from nasnet_search.evaluators.config import EvaluatorConfig
from nasnet_search.spaces import make_space


def config_of(evaluator='child', image_size=0, **space):
  return SearchConfig(
    space=SpaceConfig(space='layer_graph', **space),
    evaluator=EvaluatorConfig(evaluator=evaluator),
    data=DataConfig(data='digits', image_size=image_size),
  )


@pytest.mark.parametrize(
  ('config', 'bin_of_images', 'outcomes'),
  [
    # Digits have 8 pixels a side. 3 fields, 3 filters; 3 poolings; 2 numbers
    # of neurons; 2 ends.
    (config_of(), 8, 16),
    (config_of(image_size=6), 4, 16),
    # Counted on 32x32 images, whatever the data.
    (config_of('cost', image_size=6), 8, 16),
    (config_of(layer_graph_filters=('4',), layer_graph_neurons=()), 8, 8),
  ],
)
def test_chains_of_layers_are_for_the_images(config, bin_of_images, outcomes):
  space = make_space(config)
  assert space.state(())[2] == bin_of_images
  assert space.next_decision(()).size == outcomes


def test_the_depth_is_the_configured_one():
  space = make_space(config_of(layer_graph_depth=2))
  assert sum(space.next_decision((0, 0)).allowed) == 2  # Only the ends.
  assert sum(space.next_decision((0,)).allowed) > 2


@pytest.mark.parametrize(
  ('settings', 'message'),
  [
    (
      {'layer_graph_filters': ()},
      'at least 1 number of filters to choose from. Received none. Set '
      '--layer_graph_filters',
    ),
    (
      {'layer_graph_filters': ('16', 'x')},
      '--layer_graph_filters to be whole numbers, with commas between. '
      "Received: 'x'.",
    ),
    ({'layer_graph_neurons': ('1.5',)}, '--layer_graph_neurons to be whole'),
    ({'layer_graph_neurons': ('8', '8')}, 'different numbers of neurons'),
    ({'layer_graph_depth': 0}, '--layer_graph_depth to be at least 1'),
  ],
)
def test_settings_that_make_no_space_are_refused(settings, message):
  with pytest.raises(UserError) as error:
    make_space(config_of(**settings))
  assert message in str(error.value)
