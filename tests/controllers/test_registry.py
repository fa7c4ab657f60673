"""Controllers by name."""

import subprocess
import sys

import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.cells.nasnet_space import NASNetSpace
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.random_search import RandomSearch
from nasnet_search.controllers.registry import CONTROLLERS, make_controller


def test_names():
  assert CONTROLLERS.names() == (
    'ppo',
    'reinforce',
    'evolution',
    'local_search',
    'random',
    'q_learning',
  )


def test_default_is_ppo():
  assert ControllerConfig().controller == 'ppo'


def test_makes_the_controller_that_is_named():
  config = ControllerConfig(controller='random')
  assert isinstance(make_controller(NASNetSpace(), config, 0), RandomSearch)


def test_unknown_names_are_refused():
  config = ControllerConfig(controller='pp0')
  with pytest.raises(UserError, match='one of: ppo, reinforce, evolution, '):
    make_controller(NASNetSpace(), config, 0)


def test_random_search_works_without_tensorflow():
  program = """
import sys
import nasnet_search.controllers.baseline, nasnet_search.controllers.batches
from nasnet_search.cells.nasnet_space import NASNetSpace
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.registry import make_controller
one = make_controller(NASNetSpace(), ControllerConfig(controller='random'), 0)
one.propose(0, 10, ())
one.load(one.save())
sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)
"""
  subprocess.run([sys.executable, '-c', program], check=True, timeout=120)
