"""Configuration fields: limits, types and the messages that name the flag."""

import dataclasses
import math

import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.config import GoalConfig, RunConfig, SearchConfig
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.data.config import DataConfig
from nasnet_search.settings import check_settings, setting


@dataclasses.dataclass(frozen=True)
class Tea:
  """One setting of each type."""

  cups: int = setting(1, 'Cups.', lower=1, upper=3)
  degrees: float = setting(90.0, 'Degrees Celsius.', lower=0)
  kind: str = setting('green', 'Kind.', choices=('green', 'black'))
  milk: bool = setting(False, 'Whether with milk.')
  guests: tuple[str, ...] = setting((), 'Who comes.')

  def __post_init__(self) -> None:
    check_settings(self)


@pytest.mark.parametrize(
  'good',
  [
    {'cups': 3},
    {'cups': 1},
    {'degrees': 0.0},
    {'degrees': 95},
    {'kind': 'black'},
    {'milk': True},
    {'guests': ('Ada',)},
  ],
)
def test_values_within_the_limits(good):
  Tea(**good)


@pytest.mark.parametrize(
  ('bad', 'message'),
  [
    ({'cups': 0}, 'Expected --cups to be at least 1. Received: 0.'),
    ({'cups': 4}, 'Expected --cups to be at most 3. Received: 4.'),
    ({'degrees': -1.5}, 'Expected --degrees to be at least 0. Received: -1.5.'),
    (
      {'kind': 'mint'},
      "Unknown --kind. Expected one of: green, black. Received: 'mint'.",
    ),
    (
      {'degrees': math.inf},
      'Expected --degrees to be a finite number. Received: inf.',
    ),
    (
      {'degrees': math.nan},
      'Expected --degrees to be a finite number. Received: nan.',
    ),
    # From Python, where no flag parser has seen the value.
    ({'cups': 2.0}, 'Expected --cups to be a whole number. Received: 2.0.'),
    ({'cups': True}, 'Expected --cups to be a whole number. Received: True.'),
    ({'milk': 1}, 'Expected --milk to be true or false. Received: 1.'),
    ({'kind': None}, 'Expected --kind to be a string. Received: None.'),
    (
      {'guests': 'Ada'},
      "Expected --guests to be a tuple of strings. Received: 'Ada'.",
    ),
    (
      {'guests': ('Ada', 7)},
      "Expected --guests to be a tuple of strings. Received: ('Ada', 7).",
    ),
  ],
)
def test_values_outside_them(bad, message):
  with pytest.raises(UserError) as raised:
    Tea(**bad)
  assert str(raised.value) == message


def test_real_configurations_check_themselves():
  for wrong in (
    lambda: RunConfig(trials=0),
    lambda: GoalConfig(seed=-1),
    lambda: ControllerConfig(advantage='best'),
    lambda: ControllerConfig(baseline_decay=1.5),
    lambda: DataConfig(cutout=-1),
  ):
    with pytest.raises(UserError, match='--'):
      wrong()


def test_defining_and_operational_settings_share_no_name_and_leave_none_out():
  config = SearchConfig()
  defining, operational = config.defining(), config.operational()
  assert not set(defining) & set(operational)
  fields = [
    field.name
    for part in dataclasses.fields(config)
    for field in dataclasses.fields(getattr(config, part.name))
  ]
  assert len(fields) == len(set(fields))
  assert set(fields) == set(defining) | set(operational)
  # What may change between starts (design of the run record).
  assert set(operational) >= {'trials', 'max_hours', 'workers', 'gpus'}
  assert set(defining) >= {'space', 'controller', 'evaluator', 'data', 'seed'}
