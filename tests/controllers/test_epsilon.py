"""Epsilon is a function of the index of a proposal."""

import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.epsilon import epsilon_of


@pytest.mark.parametrize(
  ('index', 'epsilon'),
  [
    (0, 1.0),
    (1499, 1.0),
    (1500, 0.9),
    (1599, 0.9),
    (1600, 0.8),
    (1700, 0.7),
    (1800, 0.6),
    (1949, 0.6),
    (1950, 0.5),
    (2100, 0.4),
    (2250, 0.3),
    (2400, 0.2),
    (2549, 0.2),
    (2550, 0.1),
    (2699, 0.1),
    (9999, 0.1),
  ],
)
def test_the_schedule_is_that_of_table_2(index, epsilon):
  assert epsilon_of(index, 1.0) == epsilon


def test_a_scaled_schedule_keeps_its_shape():
  """60 models, with the ends of the stages rounded by hand."""
  found = [epsilon_of(index, 60 / 2700) for index in range(60)]
  counts = [
    found.count(epsilon) for epsilon in sorted(set(found), reverse=True)
  ]
  # 1,500 / 45 = 33.3, 1,600 / 45 = 35.6, 37.8, 40, 43.3, 46.7, 50, 53.3, 56.7.
  assert counts == [33, 3, 2, 2, 3, 4, 3, 3, 4, 3]
  assert found == sorted(found, reverse=True)


@pytest.mark.parametrize('scale', [0.0, -1.0])
def test_a_schedule_of_no_models_is_refused(scale):
  message = f'--epsilon_scale to be at least 0.001. Received: {scale}'
  with pytest.raises(UserError, match=message):
    ControllerConfig(epsilon_scale=scale)
