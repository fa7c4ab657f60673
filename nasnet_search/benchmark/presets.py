"""The controllers of a comparison, by name.

A controller is written as the name of a preset, with settings of its own
behind colons: `evolution:evolution_population=50:evolution_sample=10`.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from nasnet_search.cells.errors import check_choice
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.settings import read_value

_EACH: Mapping[str, Any] = {'controller_batch_size': 1}
_FILTER: Mapping[str, Any] = {**_EACH, 'predictor': 'gaussian_process'}

PRESETS: Mapping[str, Mapping[str, Any]] = {
  'random': {'controller': 'random'},
  'ppo': {'controller': 'ppo'},
  # NASNet paper, App. A.
  'ppo_paper': {
    'controller': 'ppo',
    'controller_batch_size': 20,
    'policy_units': 100,
    'policy_learning_rate': 0.00035,
    'entropy_weight': 0.00001,
    'baseline_decay': 0.95,
    'advantage': 'baseline',
  },
  # Chosen among about seventy settings, mostly by searches with other seeds
  # than those of README's tables.
  'ppo_edits': {
    'controller': 'ppo',
    **_EACH,
    'policy': 'pooled',
    'policy_learning_rate': 0.1,
    'policy_init_scale': 0.0,
    'entropy_weight': 1.0,
    'advantage': 'critic',
    'queue_size': 10,
    'queue_weight': 0.0,
    'edit_share': 0.75,
    'replay_size': 64,
    'avoid_duplicates': True,
  },
  'reinforce': {'controller': 'reinforce', 'policy_learning_rate': 0.01},
  'evolution': {'controller': 'evolution', **_EACH},
  # Real et al. 2019, section 4: the best of five settings tried.
  'evolution_paper': {
    'controller': 'evolution',
    'evolution_population': 100,
    'evolution_sample': 25,
    **_EACH,
  },
  'local_search': {'controller': 'local_search', **_EACH},
  'filter_random': {'controller': 'random', **_FILTER},
  'filter_evolution': {'controller': 'evolution', **_FILTER},
  'filter_ppo': {'controller': 'ppo', **_FILTER},
  'ridge_random': {'controller': 'random', **_EACH, 'predictor': 'ridge'},
}
"""What a name stands for: settings other than the defaults."""


def read_controller(text: str) -> ControllerConfig:
  """Returns the configuration that a controller's name stands for.

  Args:
    text: A preset, with settings behind colons.

  Raises:
    UserError: There is no such preset or setting, or the value is not one.
  """
  name, *settings = text.split(':')
  check_choice('controller of a comparison', name, PRESETS)
  values = dict(PRESETS[name])
  defaults = {f.name: f.default for f in dataclasses.fields(ControllerConfig)}
  for item in settings:
    key, _, value = item.partition('=')
    check_choice('setting of a controller', key, defaults)
    values[key] = read_value(key, value, defaults[key])
  return ControllerConfig(**values)
