"""Trials of an earlier run, for a controller to learn from first.

They are copied into the log of the new run, so that it can be replayed
without the earlier one. Their rewards are computed anew from what was
measured: the new run may maximise something else.
"""

import dataclasses
import time

from nasnet_search.cells.errors import UserError
from nasnet_search.cells.search_space import Choices, SearchSpace
from nasnet_search.evaluators.rewards import compute_reward
from nasnet_search.runs.directory import RunDirectory
from nasnet_search.runs.reading import RunReader
from nasnet_search.runs.records import TrialRecord
from nasnet_search.trials import Origin, Status


def warm_start_trials(
  run_dir: str, space: SearchSpace, reward: str, first: int
) -> list[TrialRecord]:
  """Returns the completed trials of an earlier run as trials of a new one.

  Duplicates are left out, and so are reference cells and confirmations; what
  the space cannot express is an error only if nothing is left.

  Args:
    run_dir: Directory of the earlier run; empty for none.
    space: The search space of the new run.
    reward: Name of the new run's reward.
    first: Id of the first trial returned.

  Raises:
    UserError: There is no run, or nothing in it can be learned from.
  """
  if not run_dir:
    return []
  directory = RunDirectory(run_dir)
  if not directory.exists:
    raise UserError(
      'Expected --warm_start to be the directory of a run. Received: '
      f'{run_dir!r}, which holds no {directory.log.name}.'
    )
  store = RunReader(directory.log)
  try:
    store.check()
    earlier = [
      (record, choices)
      for record in store.trials()
      if _useful(record)
      if (choices := _choices(space, record)) is not None
    ]
  finally:
    store.close()
  if not earlier:
    raise UserError(
      'Expected --warm_start to be a run with completed trials of this '
      f'search space. Received: {run_dir!r}, which has none.'
    )
  earlier.sort(key=lambda item: item[0].settled_as or 0)
  return [
    _trial(record, choices, reward, first + offset, offset)
    for offset, (record, choices) in enumerate(earlier)
  ]


def _useful(record: TrialRecord) -> bool:
  return (
    record.status is Status.COMPLETED
    and record.origin not in (Origin.REFERENCE, Origin.CONFIRMATION)
    and record.source_trial is None
  )


def _choices(space: SearchSpace, record: TrialRecord) -> Choices | None:
  try:
    return space.encode(space.project(record.architecture))
  except UserError:
    return None


def _trial(
  record: TrialRecord, choices: Choices, reward: str, trial_id: int, order: int
) -> TrialRecord:
  if record.measurement is None:
    raise ValueError(f'Trial {record.trial_id} is completed but unmeasured.')
  return dataclasses.replace(
    record,
    trial_id=trial_id,
    origin=Origin.WARM_START,
    proposal=None,
    choices=choices,
    numbers={},
    attempts=0,
    reward=compute_reward(reward, record.measurement.values),
    settled_as=order,
    created_at=time.time(),
    started_at=None,
    settled_at=time.time(),
  )
