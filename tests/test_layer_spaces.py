"""The space of chains from the flags of a search."""

import dataclasses

import numpy as np
import pytest

from nasnet_search.cells.conv_chain import ChainLayer, ConvChain
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.search_space import random_choices, space_at
from nasnet_search.config import SearchConfig, SpaceConfig
from nasnet_search.data.config import DataConfig
from nasnet_search.evaluators.config import EvaluatorConfig
from nasnet_search.evaluators.protocol import Refused
from nasnet_search.evaluators.registry import make_evaluator
from nasnet_search.spaces import make_space


def config_of(evaluator='child', data=None, **settings):
  return SearchConfig(
    space=SpaceConfig(space='conv_chain', **settings),
    evaluator=EvaluatorConfig(evaluator=evaluator),
    data=data or DataConfig(),
  )


def test_the_defaults_are_those_of_the_paper():
  """Section 4.1: sizes 1, 3, 5, 7; 24, 36, 48 or 64 filters; strides of 1."""
  space = make_space(config_of())
  choices = random_choices(space_at(space, 0), np.random.default_rng(0))
  decisions = [space.next_decision(choices[:k]) for k in range(len(choices))]
  assert {d.kind: d.size for d in decisions} == {
    'layers': 8, 'filter_height': 4, 'filter_width': 4, 'filters': 4,
    'anchor': 2,
  }  # fmt: skip
  last = ConvChain(tuple(ChainLayer(7, 1, 64, ()) for _ in range(20)))
  assert space.decode(space.encode(last)) == last


def test_images_say_which_strides_fit():
  settings = {'chain_strides': ('1', '2', '3'), 'chain_skips': False}
  layers = [ChainLayer(1, 1, 24, (k - 1,) if k else (), 3, 1) for k in range(6)]
  chain = ConvChain(tuple(layers))
  # 3^6 times 8 rows would be needed; digits have 8, or what they are scaled to.
  for data in (DataConfig(), DataConfig(image_size=32)):
    with pytest.raises(UserError, match='stride_height allows'):
      make_space(config_of(data=data, **settings)).encode(chain)
  fits = dataclasses.replace(layers[0], stride_height=1, inputs=())
  chain = ConvChain(
    (
      fits,
      *layers[1:3],
      *(dataclasses.replace(each, stride_height=1) for each in layers[3:]),
    )
  )
  for size, evaluator in ((8, 'child'), (32, 'cost')):
    space = make_space(config_of(evaluator, DataConfig(), **settings))
    assert space.decode(space.encode(chain)) == chain, size


@pytest.mark.parametrize(
  ('settings', 'message'),
  [
    ({'chain_filters': ('24', 'many')}, "chain_filters .* 'many'"),
    ({'chain_filter_sizes': ('-3',)}, "chain_filter_sizes .* '-3'"),
    ({'chain_filter_sizes': ()}, 'chain_filter_sizes .* none'),
    ({'chain_strides': ('2',)}, 'chain_strides to contain 1.*Received: 2'),
    ({'chain_types': ('convolution', 'pool')}, "convolution, max_pool.*'pool'"),
    ({'chain_layers': 8, 'chain_layers_most': 6}, 'most of at least 8'),
  ],
)
def test_flags_that_make_no_space_are_refused(settings, message):
  with pytest.raises(UserError, match=message):
    make_space(config_of(**settings))


@pytest.mark.parametrize('name', ['layers', 'layers_interval', 'layers_most'])
def test_a_schedule_of_nothing_is_refused(name):
  with pytest.raises(UserError, match=f'--chain_{name} to be at least 1'):
    config_of(**{f'chain_{name}': 0})


@pytest.mark.parametrize('evaluator', ['child', 'cost'])
def test_a_chain_that_shrinks_the_image_away_is_an_invalid_trial(evaluator):
  config = config_of(evaluator)
  made = make_evaluator(config.evaluator, config.proxy, config.data)
  layers = [ChainLayer(1, 1, 4, (k - 1,) if k else (), 3, 3) for k in range(5)]
  made.check(ConvChain(tuple(layers[:2])))
  with pytest.raises(Refused, match=r'layer_\d with strides of 3x3 on a map'):
    made.check(ConvChain(tuple(layers)))
