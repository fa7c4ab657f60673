"""Memory does not grow with trials and children: the benchmark, made short."""

import numpy as np
import pytest

from tests.benchmarks import memory_over_time

FIRST = 300
"""Trials after which a policy has been traced and its buffers are full."""


@pytest.mark.slow
@pytest.mark.parametrize('controller', ['random', 'ppo'])
def test_a_coordinator_does_not_grow(controller):
  used = memory_over_time.apart(
    memory_over_time.coordinator_memory, controller, 1500, 0
  )
  assert len(used) == 1502  # Two references come first.
  allowed = memory_over_time.GROWTH_LIMIT / 10_000 * (1500 - FIRST)
  assert np.median(used[-20:]) - used[FIRST] < allowed


@pytest.mark.slow
def test_a_worker_does_not_grow():
  """Or not for sure: after 40 children the interval is 2 MB wide."""
  used = memory_over_time.apart(memory_over_time.worker_memory, 60, 0)
  assert len(used) == 60
  _, low, _ = memory_over_time.slope(used)
  assert low < memory_over_time.SLOPE_LIMIT


def test_the_slope_is_of_what_stays_not_of_what_comes_and_goes():
  """Hand-made: 2 MB stay of each child, every tenth holds 100 MB for a while.

  What the first ones need is not counted.
  """
  children = np.arange(120)
  used = 500.0 + 2 * children + 100 * (children % 10 == 0)
  used[: memory_over_time.WARM_UP] = 0
  middle, low, high = memory_over_time.slope(used)
  assert middle == pytest.approx(2, abs=0.02)
  assert low <= middle <= high
  flat = 500.0 + 100 * (children % 10 == 0)
  assert memory_over_time.slope(flat)[0] == pytest.approx(0, abs=0.02)


def test_a_picture_is_drawn(tmp_path):
  path = tmp_path / 'memory.png'
  coordinators = {'random': np.linspace(50, 60, 100), 'ppo': np.full(100, 700)}
  memory_over_time.draw(coordinators, np.linspace(600, 610, 50), path)
  assert path.read_bytes().startswith(b'\x89PNG')
