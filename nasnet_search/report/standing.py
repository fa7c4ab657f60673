"""Whether a search runs, has finished, or was stopped before it had."""

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any

from nasnet_search.config import RunConfig
from nasnet_search.runs.progress import Progress
from nasnet_search.runs.stopping import StopRule


class State(enum.StrEnum):
  """What has become of a search. Programs read the values: never rename."""

  RUNNING = 'running'  # A process has the run open.
  FINISHED = 'finished'  # It has reached its goal or one of its limits.
  STOPPED = 'stopped'  # Neither: interrupted, killed, or ended by failures.


@dataclasses.dataclass(frozen=True)
class Standing:
  """What has become of a search, and why.

  Attributes:
    state: What has become of it.
    reason: A sentence about it, for people.
    goal: Trials to settle, as the newest start was told; None before any.
  """

  state: State
  reason: str
  goal: int | None


def standing(
  progress: Progress,
  operational: Mapping[str, Any] | None,
  seconds_used: float,
  *,
  in_use: bool,
) -> Standing:
  """Returns what has become of a search.

  Args:
    progress: What the log says.
    operational: Operational settings of the newest start, None before any.
    seconds_used: How long its starts have taken together.
    in_use: Whether a process is searching in the directory.
  """
  if operational is None:
    reason = 'No trial has been started.'
    state = State.RUNNING if in_use else State.STOPPED
    return Standing(state, reason, None)
  config = _run_config(operational)
  so_far = f'{progress.charged:,} of {config.trials:,} trials have settled'
  if in_use:
    return Standing(State.RUNNING, f'{so_far}.', config.trials)
  end = StopRule(config, seconds_used / 3600).reason(progress)
  if end is not None:
    return Standing(State.FINISHED, end, config.trials)
  reason = f'{so_far}; start the same command again to go on.'
  return Standing(State.STOPPED, reason, config.trials)


def _run_config(operational: Mapping[str, Any]) -> RunConfig:
  names = {field.name for field in dataclasses.fields(RunConfig)}
  return RunConfig(
    **{name: value for name, value in operational.items() if name in names}
  )
