"""Random search is uniform and learns nothing."""

import numpy as np

from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.random_search import RandomSearch
from nasnet_search.trials import Lesson, Status
from tests.controllers import toy_spaces

SPACE = toy_spaces.FixedSpace(('a', '1101'), ('b', '11'))


def test_choices_are_uniform_over_what_is_allowed():
  one = RandomSearch(SPACE, ControllerConfig(), 0)
  choices = np.array([p.choices for p in one.propose(0, 6000, ())])
  counts = {
    pair: int(np.all(choices == pair, axis=1).sum())
    for pair in ((a, b) for a in (0, 1, 3) for b in (0, 1))
  }
  assert sum(counts.values()) == 6000
  chi_squared = sum((count - 1000) ** 2 / 1000 for count in counts.values())
  assert chi_squared < 20.5  # 99.9 % of chi-squared with 5 degrees.


def test_nothing_is_learned():
  one = RandomSearch(SPACE, ControllerConfig(), 0)
  before = one.propose(10, 50, ())
  one.learn([Lesson(p, p.choices[0], Status.COMPLETED) for p in before])
  assert one.propose(10, 50, ()) == before
  assert one.diagnostics() == {}


def test_batch_size_is_that_of_the_controllers_it_is_compared_with():
  config = ControllerConfig(controller_batch_size=7)
  assert RandomSearch(SPACE, config, 0).batch_size == 7
