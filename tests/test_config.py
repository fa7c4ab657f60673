"""A configuration comes back from what a run keeps of it."""

import json

import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.config import GoalConfig, SearchConfig, SpaceConfig
from nasnet_search.data.config import DataConfig


def test_what_defines_a_run_comes_back():
  config = SearchConfig(
    space=SpaceConfig(blocks=2, operations=('identity', 'conv_1x1')),
    goal=GoalConfig(seed=7, plugin=('mine',)),
    data=DataConfig(flip=True),
  )
  kept = json.loads(json.dumps(config.defining()))
  assert SearchConfig.from_defining(kept) == config


def test_what_is_missing_has_its_default():
  assert SearchConfig.from_defining({}) == SearchConfig()


def test_a_setting_of_a_newer_version_is_named():
  with pytest.raises(UserError, match="Received: 'dreams'"):
    SearchConfig.from_defining({'dreams': 1})


@pytest.mark.parametrize(
  ('name', 'value'), [('blocks', '2'), ('seed', -1), ('plugin', [1])]
)
def test_a_value_that_is_not_as_it_should_be_is_named(name, value):
  with pytest.raises(UserError, match=f'Expected --{name} to be'):
    SearchConfig.from_defining({name: value})
