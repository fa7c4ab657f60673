"""The protocol of controllers: who proposes, and learns from rewards.

The state of a controller is a function of its configuration, the run's seed
and the sequence of `learn` calls. `propose` is pure: it changes nothing, and
asking twice gives the same answer. What is random in it is keyed on the
run's seed and the index of the proposal (`nasnet_search.randomness`).
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from nasnet_search.trials import Lesson, Proposal


class Controller(Protocol):
  """Proposes architectures and learns from what they turned out to be worth.

  Attributes:
    batch_size: How many settled trials one `learn` call should hold. The
      search loop asks for that many proposals at once and learns from that
      many at once; smaller ones happen at the end of a search.
  """

  batch_size: int

  def propose(
    self, first_index: int, count: int, pending: Sequence[Proposal]
  ) -> list[Proposal]:
    """Returns proposals; changes nothing in the controller.

    Args:
      first_index: The index of the first proposal. Schedules and random
        numbers are functions of the index.
      count: How many proposals to make.
      pending: Proposals that have not settled, for controllers that avoid
        asking for the same thing twice.

    Returns:
      `count` proposals with the indices from `first_index` on.
    """

  def learn(self, lessons: Sequence[Lesson]) -> None:
    """Learns from settled trials, also from ones it did not propose.

    Args:
      lessons: The trials in the order in which they settled. A lesson whose
        proposal has no numbers was not proposed by this controller.
    """

  def diagnostics(self) -> Mapping[str, float]:
    """Returns named numbers of the last update, such as entropy and KL."""

  def save(self) -> bytes:
    """Returns the whole state as plain data: nothing to execute on reading.

    Equal states give equal bytes: their SHA-256 is the controller's digest.
    """

  def load(self, state: bytes) -> None:
    """Takes over a state that `save` returned under the same configuration.

    Raises:
      UserError: The bytes are not such a state.
    """
