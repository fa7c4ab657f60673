"""Planning networks: the largest of each N, and the closest of all."""

import dataclasses

import pytest

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.cost import network_cost
from nasnet_search.cells import zoo
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.cell import Block, Cell
from nasnet_search.cells.errors import UserError
from nasnet_search.data.dataset import DatasetFacts
from nasnet_search.training.config import InitConfig
from nasnet_search.training.planner import (
  REPEATS,
  PlanConfig,
  closest,
  counted_value,
  fewest_filters,
  plan_rows,
)
from nasnet_search.training.stack_config import StackConfig
from nasnet_search.training.subject import network_config

CELL = Cell((Block((0, 1), ('conv_3x3', 'identity'), 'add'),), (2,))
ARCHITECTURE = Architecture(normal=CELL, reduction=CELL)


def small(repeats, filters):
  return NetworkConfig((8, 8, 1), 2, repeats=repeats, filters=filters)


def rows_of(name, target, value=None):
  value = value or counted_value(ARCHITECTURE, name)
  return plan_rows(ARCHITECTURE, small, value, target, 2)


def test_nasnet_a_for_phones_is_4_at_1056():
  # NASNet paper, Table 2: NASNet-A (4 @ 1056), 5.3M parameters, 564M
  # multiply-adds; keras.applications.NASNetMobile has 5,326,716 in all.
  nasnet_a = zoo.load('nasnet_a')
  facts = DatasetFacts('', tuple(map(str, range(1000))), (224, 224, 3))
  stack = StackConfig(skeleton='imagenet')

  def make(repeats, filters):
    sized = dataclasses.replace(stack, repeats=repeats, filters=filters)
    return network_config(nasnet_a, sized, InitConfig(), facts)

  value = counted_value(nasnet_a, 'target_params')
  least = fewest_filters('imagenet')
  rows = plan_rows(nasnet_a, make, value, 5.33e6, least)
  assert [row.repeats for row in rows] == list(range(2, 9))
  (mobile,) = [row for row in rows if row.repeats == 4]
  assert (mobile.filters, mobile.penultimate_filters) == (44, 1056)
  assert mobile.trainable_parameters == 5_289_978
  assert round(mobile.multiply_adds / 1e6) == 564
  assert closest(rows) == mobile


@pytest.mark.parametrize(
  ('name', 'target'),
  [
    ('target_params', 5_000),
    ('target_params', 100_000),
    ('target_multiply_adds', 50_000),
    ('target_multiply_adds', 1_000_000),
  ],
)
def test_each_row_is_the_largest_that_fits(name, target):
  field = {
    'target_params': 'trainable_parameters',
    'target_multiply_adds': 'multiply_adds',
  }[name]

  def cost(repeats, filters):
    return getattr(network_cost(ARCHITECTURE, small(repeats, filters)), field)

  expected = {
    repeats: max(
      (f for f in range(2, 40, 2) if cost(repeats, f) <= target), default=None
    )
    for repeats in REPEATS
  }
  found = {row.repeats: row.filters for row in rows_of(name, target)}
  assert found == {n: f for n, f in expected.items() if f is not None}
  assert all(row.value <= target for row in rows_of(name, target))


def test_large_targets_leave_out_no_row_and_small_ones_do():
  assert len(rows_of('target_params', 1e6)) == len(REPEATS)
  assert 0 < len(rows_of('target_params', 5000)) < len(REPEATS)


def test_a_target_that_no_network_keeps_is_told():
  with pytest.raises(UserError, match=r'Received: 100, but the smallest, N=2 '):
    rows_of('target_params', 100)


def of_both(config):
  return 0.5 * config.repeats * config.filters


def test_of_equals_the_cheapest_is_chosen():
  rows = rows_of('', 30.0, of_both)
  assert {row.repeats: row.filters for row in rows} == {
    2: 30, 3: 20, 4: 14, 5: 12, 6: 10, 7: 8, 8: 6,
  }  # fmt: skip
  equal = [row for row in rows if row.value == 30]
  assert len(equal) == 4
  assert closest(rows) == min(equal, key=lambda row: row.multiply_adds)
  assert closest(rows[::-1]) == closest(rows)


def test_measured_rows_are_close_to_the_target_and_cheap():
  asked = []

  def latency(config):
    asked.append((config.repeats, config.filters))
    counted = network_cost(ARCHITECTURE, config).multiply_adds
    return 1.5 * config.repeats + counted / 1e6

  rows = plan_rows(ARCHITECTURE, small, latency, 20.0, 2, measured=True)
  assert [row.repeats for row in rows] == list(REPEATS)
  # Steps of 2 filters, of some 50, change the size by a twelfth.
  assert all(17 <= row.value <= 20 for row in rows)
  assert len(set(asked)) <= 6 * len(REPEATS)


@pytest.mark.parametrize(
  ('values', 'message'),
  [
    ({'plan': True}, 'Expected one of --target_params, .* Received: none'),
    (
      {'plan': True, 'target_params': 1.0, 'target_latency_ms': 1.0},
      'Received: --target_params and --target_latency_ms',
    ),
    ({'target_params': 1.0}, 'Expected --plan with --target_params'),
    ({'plan_classes': 2}, 'Expected --plan with --plan_classes'),
    ({'plan': True, 'target_params': -1.0}, '--target_params to be at least 0'),
  ],
)
def test_mistakes_are_told(values, message):
  with pytest.raises(UserError, match=message):
    PlanConfig(**values)


def test_the_target_by_name():
  aim = PlanConfig(plan=True, target_multiply_adds=600e6)
  assert aim.target == ('target_multiply_adds', 600e6)
