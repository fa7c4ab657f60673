"""From proposals to trials, with duplicates recognised.

A duplicate of an architecture that was valued before is logged and learned
like any other proposal, but it takes over the outcome of its source instead
of being valued, and it is not charged.
"""

import dataclasses
import time
from collections.abc import Iterable, Sequence

from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.cells.search_space import Choices, SearchSpace
from nasnet_search.randomness import derived_seed
from nasnet_search.runs.progress import Progress
from nasnet_search.runs.records import TrialRecord
from nasnet_search.runs.store import RunStore
from nasnet_search.trials import Origin, Proposal, Status


def new_trial(
  trial_id: int,
  origin: Origin,
  architecture: AnyArchitecture,
  seed: int,
  choices: Choices | None = None,
) -> TrialRecord:
  """Returns a queued trial.

  Args:
    trial_id: The trial's id.
    origin: Where it comes from.
    architecture: What is to be valued.
    seed: Seed of the run; the trial's own is derived from it.
    choices: The choices, if the architecture is of the space.
  """
  return TrialRecord(
    trial_id=trial_id,
    origin=origin,
    proposal=None,
    choices=choices,
    numbers={},
    architecture=architecture,
    canonical_key=architecture.canonical_key(),
    seed=derived_seed(seed, 'trial', trial_id),
    status=Status.QUEUED,
    created_at=time.time(),
  )


def proposed_trials(
  proposals: Sequence[Proposal],
  space: SearchSpace,
  seed: int,
  progress: Progress,
  store: RunStore,
) -> list[TrialRecord]:
  """Returns the trials of proposals, not logged yet.

  Args:
    proposals: What the controller proposed, in order.
    space: Decodes the choices.
    seed: Seed of the run.
    progress: Where the search stands.
    store: The log, which knows the outcomes that duplicates take over.
  """
  sources = dict(progress.sources)
  settled = progress.settled
  records = []
  for offset, proposal in enumerate(proposals):
    record = dataclasses.replace(
      new_trial(
        progress.next_trial + offset,
        Origin.PROPOSED,
        space.decode(proposal.choices),
        seed,
        proposal.choices,
      ),
      proposal=proposal.index,
      numbers=proposal.numbers,
    )
    source = sources.setdefault(record.canonical_key, record.trial_id)
    if source != record.trial_id:
      record = _duplicate(record, source, settled, store)
      settled += record.status.settled
    records.append(record)
  return records


def confirming_trials(
  found: Iterable[TrialRecord], first: int, seed: int
) -> list[TrialRecord]:
  """Returns confirmations of trials, with seeds of their own.

  Args:
    found: The trials to confirm, one as often as it is confirmed.
    first: Id of the first confirmation.
    seed: Seed of the run.
  """
  return [
    dataclasses.replace(
      new_trial(
        trial_id,
        Origin.CONFIRMATION,
        record.architecture,
        seed,
        record.choices,
      ),
      confirms=record.trial_id,
    )
    for trial_id, record in enumerate(found, start=first)
  ]


def _duplicate(
  record: TrialRecord, source: int, settled_as: int, store: RunStore
) -> TrialRecord:
  record = dataclasses.replace(
    record, source_trial=source, status=Status.WAITING
  )
  # A source proposed in the same call is not in the log yet.
  for original in store.trials([source]):
    if original.status.settled:
      return dataclasses.replace(
        record,
        status=original.status,
        reward=original.reward,
        measurement=original.measurement,
        message=original.message,
        settled_as=settled_as,
        settled_at=time.time(),
      )
  return record
