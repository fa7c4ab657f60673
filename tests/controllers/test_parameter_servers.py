"""Shards: each parameter is in one, and is moved by that one's own Adam."""

import numpy as np
import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.controllers.parameter_servers import (
  ParameterServers,
  Shard,
)

RATE = 0.1


def servers(size, count):
  return ParameterServers(np.arange(size, dtype=np.float32), count, RATE)


def sizes(some):
  return [
    array.size
    for name, array in some.arrays().items()
    if name.endswith('_values')
  ]


@pytest.mark.parametrize(
  ('size', 'count', 'expected'),
  [(7, 1, [7]), (7, 3, [3, 2, 2]), (8, 4, [2, 2, 2, 2]), (3, 3, [1, 1, 1])],
)
def test_each_parameter_is_in_one_shard_and_shards_are_alike(
  size, count, expected
):
  some = servers(size, count)
  assert sizes(some) == expected
  np.testing.assert_array_equal(some.fetch().values, np.arange(size))


def test_more_shards_than_parameters_are_refused():
  with pytest.raises(UserError, match=r'at most 3, .* Received: 4'):
    servers(3, 4)


def test_two_steps_of_a_shard_as_worked_out_by_hand():
  """Adam (Kingma and Ba 2015), Algorithm 1: b1 .9, b2 .999, epsilon 1e-7.

  With gradients of 2 and then of -1: m = .2 and .08, divided by 1 - .9^t: 2
  and .42105; v = .004 and .004996, divided by 1 - .999^t: 4 and 2.49925.
  """
  shard = Shard(np.array([1.0, 5.0], np.float32), RATE)
  assert shard.push(np.array([2.0, 0.0], np.float32)) == 0
  values, version = shard.fetch()
  assert version == 1
  np.testing.assert_allclose(values, [1 - 0.1 * 2 / 2, 5], rtol=1e-6)
  assert shard.push(np.array([-1.0, 0.0], np.float32)) == 1
  values, version = shard.fetch()
  assert version == 2
  expected = 0.9 - 0.1 * (0.08 / 0.19) / np.sqrt(0.004996 / 0.001999)
  np.testing.assert_allclose(values, [expected, 5], rtol=1e-5)


def test_a_gradient_reaches_the_parameters_that_it_is_of():
  some = servers(7, 3)
  gradient = np.array([0, 0, 1, 0, -1, 0, 0], np.float32)
  assert some.push(gradient) == (0, 0, 0)
  copy = some.fetch()
  # Adam's first step is the learning rate, against the gradient's sign.
  moved = copy.values - np.arange(7)
  np.testing.assert_allclose(moved, -RATE * gradient, atol=1e-5)
  assert copy.versions == (1, 1, 1)


def test_versions_are_those_of_each_shard():
  """As between machines, where one shard has had a message more."""
  some = servers(4, 2)
  some._shards[1].push(np.ones(2, np.float32))
  assert some.fetch().versions == (0, 1)
  assert some.push(np.ones(4, np.float32)) == (0, 1)


def test_a_copy_does_not_move_along():
  some = servers(4, 2)
  copy = some.fetch()
  some.push(np.ones(4, np.float32))
  np.testing.assert_array_equal(copy.values, np.arange(4))


@pytest.mark.parametrize('count', [2, 5])
def test_the_number_of_shards_changes_no_bit(count):
  rng = np.random.default_rng(0)
  # Of a size that leaves a rest to whatever computes several at a time.
  values = rng.normal(size=1003).astype(np.float32)
  one, some = (ParameterServers(values, n, RATE) for n in (1, count))
  for _ in range(20):
    scale = 10.0 ** rng.integers(-9, 3)
    gradient = (rng.normal(size=1003) * scale).astype(np.float32)
    one.push(gradient)
    some.push(gradient)
  assert one.fetch().values.tobytes() == some.fetch().values.tobytes()


def test_all_of_each_shard_is_saved():
  one, other = servers(7, 3), servers(7, 3)
  gradient = np.linspace(-1, 1, 7).astype(np.float32)
  one.push(gradient)
  other.restore(one.arrays())
  for some in (one, other):
    some.push(-2 * gradient)
  assert other.fetch().versions == (2, 2, 2)
  for name, array in one.arrays().items():
    assert array.tobytes() == other.arrays()[name].tobytes()
