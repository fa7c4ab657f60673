"""Who watches a search: displays, logs, TensorBoard.

An observer is called with each event after it has been logged. Observers
only look: nothing they do changes what the search does, and what they show
can be made again from the log.
"""

import dataclasses
from collections.abc import Callable, Mapping

from nasnet_search.runs.progress import Progress
from nasnet_search.runs.records import TrialRecord


@dataclasses.dataclass(frozen=True)
class Began:
  """The search begins or goes on.

  Attributes:
    goal: Trials to settle.
    run_dir: Where the results are.
  """

  goal: int
  run_dir: str


@dataclasses.dataclass(frozen=True)
class Started:
  """An attempt at a trial starts."""

  trial: TrialRecord


@dataclasses.dataclass(frozen=True)
class Settled:
  """A trial, or a duplicate of one, has its outcome."""

  trial: TrialRecord


@dataclasses.dataclass(frozen=True)
class Learned:
  """The controller has learned.

  Attributes:
    count: Learn calls so far.
    diagnostics: Numbers of the update, such as entropy and KL.
  """

  count: int
  diagnostics: Mapping[str, float]


@dataclasses.dataclass(frozen=True)
class Waited:
  """Some time has passed without an outcome."""


@dataclasses.dataclass(frozen=True)
class Told:
  """Something that a person should know, such as a retry.

  Attributes:
    message: One sentence or more.
  """

  message: str


@dataclasses.dataclass(frozen=True)
class Ended:
  """The search ends.

  Attributes:
    reason: Why, as a sentence.
  """

  reason: str


Event = Began | Started | Settled | Learned | Waited | Told | Ended
Observer = Callable[[Event, Progress], None]
