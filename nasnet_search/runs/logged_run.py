"""What verification reads of a log: all that follows from rules."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from nasnet_search.runs import naming
from nasnet_search.runs.reading import RunReader
from nasnet_search.runs.records import TrialRecord


@dataclasses.dataclass(frozen=True)
class LoggedRun:
  """What of a log is verified.

  Attributes:
    facts: What the run is.
    calls: The calls of `propose`, oldest first.
    lessons: The calls of `learn`, oldest first.
    trials: All trials, in the order of creation.
    names: What was named the best at the end of a search, oldest first.
  """

  facts: Mapping[str, Any]
  calls: Sequence[Mapping[str, Any]]
  lessons: Sequence[Mapping[str, Any]]
  trials: Sequence[TrialRecord]
  names: Sequence[Any]

  @classmethod
  def of(cls, log: RunReader) -> 'LoggedRun':
    """Reads an undamaged log, which a search may be writing to."""
    with log.moment():
      log.check()
      return cls(
        log.facts(),
        log.proposal_calls(),
        log.lessons(),
        log.trials(),
        naming.names(log.events()),
      )
