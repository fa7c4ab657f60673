"""Plans a network of given cells that is as large as a target allows.

For each N, the normal cells in a row, the largest F, the filters of the first
ones, whose network does not exceed the target. Importing this module must not
import TensorFlow.
"""

import dataclasses
from collections.abc import Callable, Sequence

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.cost import network_cost
from nasnet_search.builders.penultimate import penultimate_filters
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.errors import UserError
from nasnet_search.settings import check_settings, setting
from nasnet_search.training.filter_search import (
  largest_measured,
  largest_that_fits,
)

REPEATS = tuple(range(2, 9))
"""The N that are planned; the NASNet paper's networks have 4 to 7 (Tables 1
to 3)."""

_FILTER_STEP = 2
"""Networks have an even number of filters."""
_FEWEST = {'imagenet': 8}
"""The fewest filters in a skeleton, where it is not `_FILTER_STEP`; see
`builders.config_checks`."""

TARGETS = {
  'target_params': 'trainable parameters',
  'target_multiply_adds': 'multiply-adds',
  'target_latency_ms': 'milliseconds for one image',
}
"""What can be aimed at, by flag, with its unit."""


@dataclasses.dataclass(frozen=True)
class PlanConfig:
  """What `nasnet-train --plan` aims at."""

  plan: bool = setting(
    False,
    'Instead of training, show for N from 2 to 8 the largest network that '
    'does not exceed a target, and what the one closest to it costs.',
  )
  target_params: float = setting(
    0.0, '--plan: trainable parameters, such as 5.33e6.', lower=0
  )
  target_multiply_adds: float = setting(
    0.0, '--plan: multiply-adds for one image, such as 600e6.', lower=0
  )
  target_latency_ms: float = setting(
    0.0,
    '--plan: milliseconds that TensorFlow takes for one image on this '
    'machine, measured, which takes minutes.',
    lower=0,
  )
  plan_classes: int = setting(
    0,
    '--plan: number of classes, for a data set that is not at hand; with '
    '--image_size, and with --train_images for the time of training. 0 for '
    'those of --data.',
    lower=0,
  )

  def __post_init__(self) -> None:
    check_settings(self)
    given = [name for name in TARGETS if getattr(self, name)]
    if self.plan and len(given) != 1:
      raise UserError(
        f'Expected one of --{", --".join(TARGETS)} with --plan. Received: '
        f'{" and ".join(f"--{name}" for name in given) or "none"}.'
      )
    if not self.plan and (given or self.plan_classes):
      raise UserError(
        'Expected --plan with '
        f'--{given[0] if given else "plan_classes"}. Received none.'
      )

  @property
  def target(self) -> tuple[str, float]:
    """The flag of the target, and its value."""
    return next(
      (name, float(getattr(self, name)))
      for name in TARGETS
      if getattr(self, name)
    )


@dataclasses.dataclass(frozen=True)
class Row:
  """The largest network of one N.

  Attributes:
    repeats: N.
    filters: F.
    penultimate_filters: P of its name `N @ P`.
    trainable_parameters: Without an auxiliary head, as papers count.
    multiply_adds: For one image.
    value: What is aimed at: one of these two, or milliseconds.
    config: The network.
  """

  repeats: int
  filters: int
  penultimate_filters: int
  trainable_parameters: int
  multiply_adds: int
  value: float
  config: NetworkConfig


MakeConfig = Callable[[int, int], NetworkConfig]
"""From N and F to the configuration of the network."""
Value = Callable[[NetworkConfig], float]
"""From the configuration of a network to what is aimed at."""
_OfFilters = Callable[[int], float]


def plan_rows(
  architecture: Architecture,
  make_config: MakeConfig,
  value: Value,
  target: float,
  least: int,
  *,
  measured: bool = False,
) -> list[Row]:
  """Returns the largest network of each N that does not exceed a target.

  Args:
    architecture: The cells.
    make_config: How they are stacked.
    value: What is aimed at; grows with the filters.
    target: The greatest value allowed.
    least: The fewest filters, see `fewest_filters`.
    measured: Whether the value takes long and scatters; then a network close
      to the target is taken for the largest, see `filter_search.CLOSE`.

  Returns:
    A row for each N of which a network is small enough; at least one.

  Raises:
    UserError: No network is small enough.
  """

  def of_filters(number: Value, repeats: int) -> _OfFilters:
    return lambda filters: number(make_config(repeats, filters))

  rows: list[Row] = []
  for repeats in REPEATS:
    own = of_filters(value, repeats)
    count = counted_value(architecture, 'target_multiply_adds')
    size = of_filters(count, repeats)
    place = least, _FILTER_STEP, _guess(size, least, rows)
    if measured:
      filters = largest_measured(own, size, target, *place)
    else:
      filters = largest_that_fits(_below(own, target), *place)
    if filters is None:
      break  # More cells in a row only need more.
    rows.append(_row(architecture, make_config(repeats, filters), value))
  if not rows:
    smallest = value(make_config(REPEATS[0], least))
    raise UserError(
      f'Expected a target that a network of these cells can keep. Received: '
      f'{target:,g}, but the smallest, N={REPEATS[0]} and F={least}, has '
      f'{smallest:,g}. Raise the target, or choose smaller cells or images.'
    )
  return rows


def fewest_filters(skeleton: str) -> int:
  """Returns the smallest F of networks with a skeleton."""
  return _FEWEST.get(skeleton, _FILTER_STEP)


def closest(rows: Sequence[Row]) -> Row:
  """Returns the row closest to the target; of equals, the cheapest."""
  return max(rows, key=lambda row: (row.value, -row.multiply_adds))


def counted_value(architecture: Architecture, name: str) -> Value:
  """Returns a function from a network to what it has of a target that counts.

  Args:
    architecture: The cells.
    name: `target_params` or `target_multiply_adds`.
  """

  def value(config: NetworkConfig) -> float:
    cost = network_cost(architecture, config)
    if name == 'target_params':
      return cost.trainable_parameters
    return cost.multiply_adds

  return value


def _row(
  architecture: Architecture, config: NetworkConfig, value: Value
) -> Row:
  cost = network_cost(architecture, config)
  return Row(
    repeats=config.repeats,
    filters=config.filters,
    penultimate_filters=penultimate_filters(
      architecture, config.filters, config.reductions
    ),
    trainable_parameters=cost.trainable_parameters,
    multiply_adds=cost.multiply_adds,
    value=value(config),
    config=config,
  )


def _guess(size: _OfFilters, least: int, rows: Sequence[Row]) -> int:
  """Returns the F with which a network computes as much as the last row."""
  if not rows:
    return least
  fits = _below(size, rows[-1].multiply_adds)
  return largest_that_fits(fits, least, _FILTER_STEP, rows[-1].filters) or least


def _below(number: _OfFilters, target: float) -> Callable[[int], bool]:
  return lambda filters: number(filters) <= target
