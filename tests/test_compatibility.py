"""Parts of a search that do not fit each other are refused at once."""

import dataclasses

import pytest

from nasnet_search import compatibility
from nasnet_search.cells.errors import UserError
from nasnet_search.config import SearchConfig, SpaceConfig
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.evaluators.config import EvaluatorConfig


def config_of(space, evaluator='child', controller='ppo'):
  return SearchConfig(
    space=SpaceConfig(space=space),
    evaluator=EvaluatorConfig(evaluator=evaluator),
    controller=ControllerConfig(controller=controller),
  )


@pytest.mark.parametrize(
  ('space', 'evaluator'),
  [
    ('nasnet', 'child'),
    ('conv_chain', 'child'),
    ('table', 'table'),
    ('nasbench201', 'table'),
    ('nasbench301', 'surrogate'),
    ('recurrent_cell', 'language_model'),
    ('layer_graph', 'child'),
  ],
)
def test_a_space_has_its_usual_evaluator(space, evaluator):
  assert config_of(space).evaluator.evaluator == evaluator


@pytest.mark.parametrize(
  ('space', 'evaluator', 'legal'),
  [
    ('nasnet', 'surrogate', 'child, cost'),
    ('nasnet', 'table', 'child, cost'),
    ('conv_chain', 'surrogate', 'child, cost'),
    ('table', 'cost', 'table'),
    ('nasbench301', 'table', 'surrogate'),
    ('recurrent_cell', 'cost', 'language_model'),
    ('nasnet', 'language_model', 'child, cost'),
    ('layer_graph', 'table', 'child, cost'),
  ],
)
def test_an_evaluator_of_other_spaces_is_refused(space, evaluator, legal):
  expected = f'--space={space}: {legal}. Received: --evaluator={evaluator}'
  with pytest.raises(UserError, match=expected):
    config_of(space, evaluator)


def test_what_plugins_register_is_not_judged():
  config = config_of('nasnet', 'of_a_plugin', 'of_a_plugin')
  assert config.evaluator.evaluator == 'of_a_plugin'
  assert config_of('of_a_plugin').evaluator.evaluator == 'child'


def test_a_controller_made_for_other_spaces_is_refused(monkeypatch):
  monkeypatch.setitem(compatibility.SPACES, 'random', ('table', 'nasbench201'))
  config = config_of('table', controller='random')
  with pytest.raises(UserError, match='made for: table, nasbench201'):
    dataclasses.replace(
      config, space=SpaceConfig(), evaluator=EvaluatorConfig()
    )


@pytest.mark.parametrize('space', ['nasnet', 'table', 'nasbench201'])
def test_q_learning_needs_chains_of_layers(space):
  with pytest.raises(UserError) as error:
    config_of(space, controller='q_learning')
  assert str(error.value) == (
    'Expected a space that --controller=q_learning is made for: layer_graph. '
    f'Received: --space={space}. Controllers that search any space: ppo, '
    'reinforce, evolution, local_search, random.'
  )
  assert config_of('layer_graph', controller='q_learning') is not None
