"""The controllers by name. Listing them imports none of them."""

from nasnet_search.cells.search_space import SearchSpace
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.predictors import NONE
from nasnet_search.controllers.protocol import Controller
from nasnet_search.registry import Registry
from nasnet_search.tensorflow_setup import steady_tensorflow

CONTROLLERS = Registry(
  'controller',
  {
    'ppo': 'nasnet_search.controllers.policy_gradient:ppo',
    'reinforce': 'nasnet_search.controllers.policy_gradient:reinforce',
    'evolution': 'nasnet_search.controllers.evolution:Evolution',
    'local_search': 'nasnet_search.controllers.local_search:LocalSearch',
    'random': 'nasnet_search.controllers.random_search:RandomSearch',
    'q_learning': 'nasnet_search.controllers.q_learning:QLearning',
  },
)
"""Each entry is called with a space, a configuration and a seed."""

WITHOUT_TENSORFLOW = ('evolution', 'local_search', 'q_learning', 'random')
"""Controllers whose policies, if any, TensorFlow does not compute."""


def make_controller(
  space: SearchSpace, config: ControllerConfig, seed: int
) -> Controller:
  """Returns the controller that a configuration names, in its first state.

  Args:
    space: What it proposes from.
    config: Which controller, and how its policy learns.
    seed: The seed of the run, not negative.

  Raises:
    UserError: No controller or predictor has this name; the message lists
      the known ones.
  """
  made: Controller = CONTROLLERS.load(config.controller)(space, config, seed)
  if config.predictor == NONE:
    return made
  from nasnet_search.controllers.predictor_filter import PredictorFilter

  return PredictorFilter(made, space, config, seed)


def make_steady_controller(
  space: SearchSpace,
  config: ControllerConfig,
  seed: int,
  *,
  hide_gpus: bool,
) -> Controller:
  """Returns a controller that computes the same in every process.

  Args:
    space: What it proposes from.
    config: Which controller, and how its policy learns.
    seed: The seed of the run, not negative.
    hide_gpus: Whether accelerators are left to other processes.

  Raises:
    UserError: No controller has this name; the message lists the known ones.
  """
  CONTROLLERS.check(config.controller)
  if config.controller not in WITHOUT_TENSORFLOW:
    steady_tensorflow(hide_gpus=hide_gpus)
  return make_controller(space, config, seed)
