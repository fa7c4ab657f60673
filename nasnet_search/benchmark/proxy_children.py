"""The children of a study of proxies, as they are trained and kept."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from nasnet_search.evaluators.rewards import compute_reward
from nasnet_search.trials import Outcome, Status, Trial
from nasnet_search.workers.protocol import Workers

_POLL_SECONDS = 0.5


@dataclasses.dataclass(frozen=True)
class Child:
  """A child that was trained.

  Attributes:
    architecture: The name of its architecture in the study.
    seed: Which of the architecture's children it is, from 0.
    status: How its training ended.
    reward: The reward; NaN if there is none.
    seconds: Wall-clock time of its training.
    message: Why it failed; empty if it did not.
  """

  architecture: str
  seed: int
  status: Status
  reward: float
  seconds: float
  message: str = ''


COLUMNS = tuple(field.name for field in dataclasses.fields(Child))
"""The columns that a child is kept in."""


def outcomes(workers: Workers, trials: Iterator[Trial]) -> Iterator[Outcome]:
  """Runs trials, as many at a time as there are workers.

  Args:
    workers: Where they run.
    trials: What to run, in order.

  Yields:
    Their outcomes, as they come.
  """
  running = 0
  trial = next(trials, None)
  while running or trial is not None:
    while trial is not None and running < workers.capacity:
      workers.submit(trial)
      running += 1
      trial = next(trials, None)
    for outcome in workers.settled(_POLL_SECONDS):
      running -= 1
      yield outcome


def child_of(
  name: str, seed: int, outcome: Outcome, reward: str, chance: float
) -> Child:
  """Returns how a child did.

  Args:
    name: The name of its architecture.
    seed: Which of the architecture's children it is.
    outcome: How its training ended.
    reward: Name of the reward.
    chance: The reward at chance level.
  """
  value = float('nan')
  if outcome.measurement is not None:
    value = compute_reward(reward, outcome.measurement.values)
  elif outcome.status.chance_level:
    value = chance
  return Child(
    name, seed, outcome.status, value, outcome.seconds, outcome.message
  )


def read_child(row: Mapping[str, str]) -> Child:
  """Returns a child from the row that was kept of it."""
  return Child(
    row['architecture'],
    int(row['seed']),
    Status(row['status']),
    float(row['reward']),
    float(row['seconds']),
    row['message'],
  )


def rewards_of(
  children: Sequence[Child], architectures: Sequence[str], seeds: int
) -> np.ndarray:
  """Returns rewards, `[architectures, seeds]`; NaN where there is none."""
  rewards = np.full((len(architectures), seeds), np.nan)
  for child in children:
    if child.architecture in architectures and child.seed < seeds:
      row = architectures.index(child.architecture)
      rewards[row, child.seed] = child.reward
  return rewards
