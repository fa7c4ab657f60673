"""Rows of a run's log as typed records, and how they read from JSON."""

import dataclasses
import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from nasnet_search.cells.architectures import (
  AnyArchitecture,
  read_architecture,
)
from nasnet_search.cells.search_space import Choices
from nasnet_search.trials import Measurement, Origin, Proposal, Status


@dataclasses.dataclass(frozen=True)
class TrialRecord:
  """A trial as the log has it.

  Attributes:
    trial_id: The trial within its run, from 0, in the order of creation.
    origin: Where it comes from.
    proposal: The index the controller proposed it under, None if it did not.
    choices: The choices, None where the architecture is not of the space.
    numbers: The controller's own numbers.
    architecture: What is valued.
    canonical_key: Key of the architecture.
    seed: Seed of the evaluation.
    status: How it stands.
    source_trial: The trial whose outcome this duplicate takes over.
    confirms: The trial whose architecture this confirmation values again.
    attempts: Attempts started.
    reward: The reward learned: chance level for some failures, None for
      crashed and unsettled trials.
    measurement: What was measured, None unless completed.
    message: Why it failed.
    settled_as: Position in the order of settling.
    created_at: Unix time in seconds, as the two below.
    started_at: Start of the last attempt.
    settled_at: When it settled.
  """

  trial_id: int
  origin: Origin
  proposal: int | None
  choices: Choices | None
  numbers: Mapping[str, Any]
  architecture: AnyArchitecture
  canonical_key: str
  seed: int
  status: Status
  source_trial: int | None = None
  confirms: int | None = None
  attempts: int = 0
  reward: float | None = None
  measurement: Measurement | None = None
  message: str = ''
  settled_as: int | None = None
  created_at: float = 0.0
  started_at: float | None = None
  settled_at: float | None = None

  @property
  def charged(self) -> bool:
    """Whether the trial counts towards the number of trials asked for."""
    return self.candidate or self.origin is Origin.CONFIRMATION

  @property
  def candidate(self) -> bool:
    """Whether its architecture, valued here first, may be the best found."""
    return (
      self.origin in (Origin.INCLUDED, Origin.PROPOSED)
      and self.source_trial is None
    )

  @property
  def purpose(self) -> str:
    """What it is valued for, as evaluators are told."""
    if self.origin is Origin.CONFIRMATION:
      return 'confirm'
    return 'search' if self.candidate else 'reference'

  @property
  def learnable(self) -> bool:
    """Whether the controller learns from the trial once it has settled.

    Not from confirmations: it has learned what their architectures are worth,
    and a search that goes on after them must choose what one without them
    would have chosen.
    """
    return (
      self.origin not in (Origin.REFERENCE, Origin.CONFIRMATION)
      and self.choices is not None
    )

  def as_proposal(self) -> Proposal:
    """Returns what the controller is told the trial was proposed as."""
    if self.choices is None:
      raise ValueError(f'Trial {self.trial_id} has no choices.')
    index = -1 if self.proposal is None else self.proposal
    return Proposal(index, self.choices, self.numbers)


def dump_json(value: Any) -> str:
  """Returns compact JSON; floats keep every bit."""
  return json.dumps(value, separators=(',', ':'), allow_nan=False)


def trial_row(record: TrialRecord) -> dict[str, Any]:
  """Returns a trial as the values of its row."""
  measurement = record.measurement
  return {
    'trial': record.trial_id,
    'origin': record.origin.value,
    'proposal': record.proposal,
    'choices': None if record.choices is None else dump_json(record.choices),
    'numbers': dump_json(record.numbers),
    'architecture': dump_json(record.architecture.to_dict()),
    'canonical_key': record.canonical_key,
    'seed': record.seed,
    'status': record.status.value,
    'source_trial': record.source_trial,
    'confirms': record.confirms,
    'attempts': record.attempts,
    'reward': record.reward,
    'measurement': None
    if measurement is None
    else measurement_json(measurement),
    'message': record.message,
    'settled_as': record.settled_as,
    'created_at': record.created_at,
    'started_at': record.started_at,
    'settled_at': record.settled_at,
  }


def trial_record(row: sqlite3.Row) -> TrialRecord:
  """Returns a row of the table of trials as a record.

  Raises:
    ValueError: The row does not hold what it should.
  """
  choices = json.loads(row['choices']) if row['choices'] else None
  numbers = json.loads(row['numbers']) if row['numbers'] else {}
  return TrialRecord(
    trial_id=row['trial'],
    origin=Origin(row['origin']),
    proposal=row['proposal'],
    choices=None if choices is None else tuple(choices),
    numbers={
      name: tuple(value) if isinstance(value, list) else value
      for name, value in numbers.items()
    },
    architecture=read_architecture(json.loads(row['architecture'])),
    canonical_key=row['canonical_key'],
    seed=row['seed'],
    status=Status(row['status']),
    source_trial=row['source_trial'],
    # Logs before version 3 have no confirmations.
    confirms=row['confirms'] if 'confirms' in row.keys() else None,  # noqa: SIM118
    attempts=row['attempts'],
    reward=row['reward'],
    measurement=read_measurement(row['measurement']),
    message=row['message'],
    settled_as=row['settled_as'],
    created_at=row['created_at'],
    started_at=row['started_at'],
    settled_at=row['settled_at'],
  )


def measurement_json(measurement: Measurement) -> str:
  """Returns a measurement as JSON."""
  return dump_json(
    {'values': dict(measurement.values), 'curves': dict(measurement.curves)}
  )


def read_measurement(text: str | None) -> Measurement | None:
  """Returns a measurement read from its JSON, or None for None."""
  if text is None:
    return None
  fields = json.loads(text)
  return Measurement(
    values=fields['values'],
    curves={name: tuple(curve) for name, curve in fields['curves'].items()},
  )
