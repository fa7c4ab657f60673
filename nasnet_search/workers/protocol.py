"""The protocol of workers: where evaluations run.

Workers take trials and give back outcomes, and turn whatever goes wrong into
a classed outcome: nothing a child does reaches the search loop as an
exception.
"""

from typing import Protocol

from nasnet_search.trials import Outcome, Trial


class Workers(Protocol):
  """Somewhere evaluations run.

  Attributes:
    capacity: How many trials can run at the same time.
  """

  capacity: int

  def submit(self, trial: Trial) -> None:
    """Starts a trial; call it only while fewer than `capacity` are running."""

  def settled(self, timeout: float) -> list[Outcome]:
    """Returns the outcomes since the last call, oldest first.

    Args:
      timeout: How long to wait for the first one, in seconds.
    """

  def cancel(self, trial: Trial) -> None:
    """Stops a running trial; no outcome of it will be returned."""

  def close(self) -> None:
    """Stops everything that is running and frees what is held."""
