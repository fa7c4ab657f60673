"""The protocol of evaluators: what an architecture is worth.

An evaluator lives where evaluations run, often in a worker process. It is
made once per worker from plain configuration and is asked many times, so
whatever is costly and shared (decoding a data set) happens once.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol

from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.trials import Measurement


class Diverged(Exception):  # noqa: N818 - an outcome, not an error of ours.
  """The evaluation met a NaN or an infinite value."""


class Refused(Exception):  # noqa: N818 - an outcome, not an error of ours.
  """The architecture cannot be valued: it breaks a size or cost limit."""


@dataclasses.dataclass(frozen=True)
class Request:
  """What to value.

  Attributes:
    architecture: The architecture.
    seed: Seed of everything random in the evaluation.
    purpose: `search`, `reference`, `confirm` or `study`.
  """

  architecture: AnyArchitecture
  seed: int
  purpose: str = 'search'


class Context(Protocol):
  """How an evaluation talks to whoever asked for it."""

  def report(self, epoch: int, metrics: Mapping[str, float]) -> bool:
    """Tells of progress after an epoch.

    Args:
      epoch: The epoch that has ended, from 1.
      metrics: What is known of the child by now.

    Returns:
      Whether to go on. If not, return the measurement as it stands.
    """


class Evaluator(Protocol):
  """Turns an architecture into a measurement.

  Attributes:
    name: The evaluator's name in the registry.
    default_reward: The reward it is made for.
  """

  name: str
  default_reward: str

  def check(self, architecture: AnyArchitecture) -> None:
    """Checks an architecture without computing anything costly.

    Runs in the coordinator, before the trial is scheduled; must not import
    TensorFlow and must not load data.

    Raises:
      Refused: The architecture breaks a limit; the message says which.
    """

  def chance(self) -> Mapping[str, float]:
    """Returns the values of a child that knows nothing.

    They stand in for a measurement where the architecture is to blame for a
    failure; every value that a reward uses must be in it. Must not import
    TensorFlow and must not load data.
    """

  def facts(self) -> Mapping[str, Any]:
    """Returns plain data, kept in the run, about what children are valued on.

    Called once, by the coordinator, before a new run is created: whatever is
    wrong with the data is found here. A data set stands under `dataset`.

    Raises:
      UserError: The data cannot be used as configured.
    """

  def evaluate(self, request: Request, context: Context) -> Measurement:
    """Values an architecture.

    Raises:
      Refused: The architecture breaks a limit.
      Diverged: A value became NaN or infinite.
    """


class Silent:
  """A context that listens to nobody and always goes on."""

  def report(self, epoch: int, metrics: Mapping[str, float]) -> bool:
    """Returns True."""
    del epoch, metrics
    return True
