"""Flags of a training, one for each field of `TrainConfig`; of plans and grids.

Several have the name of a flag of the search, such as `--repeats`, so these
have values of their own, apart from absl's global ones, until `adopt` makes
them the flags of the program that runs. What is not given comes from the
training in --model_dir, then from the search in --run_dir, then from the
defaults.
"""

import dataclasses
from typing import Any

from absl import flags

from nasnet_search.flags.define import adopt_flags, define_flags, read_flags
from nasnet_search.training.config import TrainConfig
from nasnet_search.training.grid import GridConfig
from nasnet_search.training.planner import PlanConfig

VALUES = flags.FlagValues()

_HOLDERS: dict[str, flags.FlagHolder] = {
  name: holder
  for part in dataclasses.fields(TrainConfig)
  for name, holder in define_flags(type(part.default), VALUES).items()
}
_PLAN = define_flags(PlanConfig, VALUES)
_GRID = define_flags(GridConfig, VALUES)


def adopt(module: str) -> None:
  """Makes these the flags of the program that runs.

  Args:
    module: Name of the binary's module, whose `--help` lists them.
  """
  adopt_flags(VALUES, __name__, module)


def given() -> dict[str, Any]:
  """Returns the values of the flags that were given, by name."""
  return {
    name: tuple(holder.value)
    if isinstance(holder.value, list)
    else holder.value
    for name, holder in _HOLDERS.items()
    if holder.present
  }


def plan_config() -> PlanConfig:
  """Returns what a plan aims at, and whether one is asked for.

  Raises:
    UserError: Not exactly one target is given.
  """
  return read_flags(PlanConfig, _PLAN)


def grid_config() -> GridConfig:
  """Returns which trainings are to be compared, if any.

  Raises:
    UserError: A value is outside its limits.
  """
  return read_flags(GridConfig, _GRID)
