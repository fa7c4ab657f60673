"""The words of a search as plain data: proposal, trial, outcome.

These types cross every boundary between rooms: controllers propose and
learn, workers settle, the run store records. They hold plain data only, so
that each can be written as JSON and read back without executing anything.
"""

import dataclasses
import enum
from collections.abc import Mapping

from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.cells.search_space import Choices


class Status(enum.StrEnum):
  """How a trial stands. Values may be added but never renamed: runs keep them.

  The first three are on the way; all others are settled.
  """

  QUEUED = 'queued'  # Proposed, not handed to a worker yet.
  WAITING = 'waiting'  # A duplicate of a trial that has not settled yet.
  RUNNING = 'running'
  COMPLETED = 'completed'
  DIVERGED = 'diverged'  # A value was NaN or infinite.
  OUT_OF_MEMORY = 'out_of_memory'
  TIMEOUT = 'timeout'
  CRASHED = 'crashed'  # The worker died or raised: says nothing of the child.
  INVALID = 'invalid'  # Refused before training: size or cost limit.

  @property
  def settled(self) -> bool:
    """Whether the trial has its final outcome."""
    return self not in (Status.QUEUED, Status.WAITING, Status.RUNNING)

  @property
  def failed(self) -> bool:
    """Whether the trial settled without a measurement."""
    return self.settled and self is not Status.COMPLETED

  @property
  def chance_level(self) -> bool:
    """Whether the architecture is to blame and learned at chance level."""
    return self.failed and self is not Status.CRASHED


class Origin(enum.StrEnum):
  """Where a trial comes from. Values are kept by runs: never rename one."""

  REFERENCE = 'reference'  # A random choice and perhaps NASNet-A, to compare.
  INCLUDED = 'included'  # Named by --include_cells.
  WARM_START = 'warm_start'  # Settled in an earlier run.
  PROPOSED = 'proposed'  # By the controller.
  CONFIRMATION = 'confirmation'  # One of the best, valued again.


@dataclasses.dataclass(frozen=True)
class Proposal:
  """Choices, with what the controller must remember of the moment.

  Attributes:
    index: The index of the proposal within its run, from 0.
    choices: What was chosen, one entry a decision.
    numbers: The controller's own numbers, such as the log-probability of
      every decision and the policy's version. Floats survive the log exactly.
      Empty for choices that the controller did not propose.
  """

  index: int
  choices: Choices
  numbers: Mapping[str, float | tuple[float, ...]] = dataclasses.field(
    default_factory=dict
  )


@dataclasses.dataclass(frozen=True)
class Measurement:
  """What an evaluation found: named numbers and named curves.

  Attributes:
    values: Named numbers, such as `validation_accuracy` or `seconds`.
    curves: Named series, one entry an epoch.
  """

  values: Mapping[str, float]
  curves: Mapping[str, tuple[float, ...]] = dataclasses.field(
    default_factory=dict
  )


@dataclasses.dataclass(frozen=True)
class Trial:
  """One attempt at valuing one architecture, as workers receive it.

  Attributes:
    trial_id: The trial within its run, from 0.
    attempt: The attempt, from 1; an outcome must come from the attempt that
      owns the trial.
    architecture: What to value.
    seed: Seed of the evaluation, equal in all attempts.
    purpose: `search`, `reference`, `confirm` or `study`.
    thresholds: The validation accuracy that the child must have reached after
      each epoch, or be stopped; empty for none.
  """

  trial_id: int
  attempt: int
  architecture: AnyArchitecture
  seed: int
  purpose: str = 'search'
  thresholds: tuple[float, ...] = ()


@dataclasses.dataclass(frozen=True)
class Outcome:
  """How an attempt ended, as workers return it.

  Attributes:
    trial: The trial and attempt it belongs to.
    status: One of the settled statuses.
    measurement: What was measured; None unless completed.
    message: Why it failed, for people; empty if completed.
    seconds: Wall-clock time of the attempt.
  """

  trial: Trial
  status: Status
  measurement: Measurement | None = None
  message: str = ''
  seconds: float = 0.0


@dataclasses.dataclass(frozen=True)
class Lesson:
  """A settled trial as a controller learns it.

  Attributes:
    proposal: What was proposed, by this controller or by somebody else.
    reward: The number to maximise: computed from the measurement, or chance
      level where the architecture is to blame for a failure.
    status: How the trial ended.
  """

  proposal: Proposal
  reward: float
  status: Status
