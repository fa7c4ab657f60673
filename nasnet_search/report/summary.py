"""What a report says about a run, as plain data read from its log."""

import collections
import contextlib
import dataclasses
import os
from collections.abc import Mapping
from typing import Any

from nasnet_search.cells import zoo
from nasnet_search.estimates import Estimate, estimate
from nasnet_search.report.standing import Standing, standing
from nasnet_search.runs import naming
from nasnet_search.runs.confirmations import Confirmed
from nasnet_search.runs.directory import RunDirectory, find_run
from nasnet_search.runs.first_trials import REFERENCE_CELL
from nasnet_search.runs.progress import Progress
from nasnet_search.runs.reading import RunReader
from nasnet_search.runs.records import TrialRecord
from nasnet_search.trials import Origin, Status

NASNET_A = 'NASNet-A'
RANDOM_CHOICE = 'Random choice'


@dataclasses.dataclass(frozen=True)
class Summary:
  """A run as its log had it when it was read.

  Attributes:
    directory: Where it is.
    standing: What has become of the search.
    reward: Name of the reward.
    defining: Defining settings, by flag name.
    operational: Operational settings of the newest start, by flag name.
    dataset: Record of the data set; None if children are not trained on one.
    controller_digest: SHA-256 of the controller's saved state, hexadecimal.
    starts: The starts of the search, oldest first.
    events: What else happened, oldest first.
    lessons: The learn calls, oldest first.
    trials: All trials, in the order of creation.
    progress: What follows from the trials: counts and the best one.
    seconds: How long the starts have taken together.
  """

  directory: RunDirectory
  standing: Standing
  reward: str
  defining: Mapping[str, Any]
  operational: Mapping[str, Any]
  dataset: Mapping[str, Any] | None
  controller_digest: str | None
  starts: tuple[Mapping[str, Any], ...]
  events: tuple[Mapping[str, Any], ...]
  lessons: tuple[Mapping[str, Any], ...]
  trials: tuple[TrialRecord, ...]
  progress: Progress
  seconds: float

  @property
  def name(self) -> str:
    """The name of the run: that of its directory."""
    return self.directory.path.resolve().name

  @property
  def best(self) -> TrialRecord | None:
    """The trial that found the best: by its confirmations, or by reward."""
    return self.progress.best

  def ranked(self) -> list[TrialRecord]:
    """Returns the completed trials that found something.

    The best comes first, then the others by their rewards.
    """
    completed = [
      ((trial is not self.best, -trial.reward, trial.trial_id), trial)
      for trial in self.trials
      if trial.candidate and trial.status is Status.COMPLETED
      if trial.reward is not None
    ]
    return [trial for _, trial in sorted(completed, key=lambda item: item[0])]

  def confirmed(self) -> list[Confirmed]:
    """Returns what was valued again, by the mean of that."""
    return self.progress.confirmations.ranked()

  def worth(self) -> float | None:
    """Returns what the best is worth: confirmed, or else when found."""
    winner = self.progress.confirmations.winner()
    if winner is not None and winner.estimate is not None:
      return winner.estimate.mean
    return None if self.best is None else self.best.reward

  def optimism(self) -> tuple[Estimate, int] | None:
    """Returns how much greater rewards were when found than when confirmed.

    Returns:
      The mean over architectures, and how many they are; None if no
      confirmation has settled.
    """
    values = [
      each.optimism for each in self.confirmed() if each.optimism is not None
    ]
    return (estimate(values), len(values)) if values else None

  def references(self) -> dict[str, TrialRecord]:
    """Returns the trials of the reference cells by name, settled or not."""
    nasnet_a = zoo.load(REFERENCE_CELL).canonical_key()
    return {
      NASNET_A if trial.canonical_key == nasnet_a else RANDOM_CHOICE: trial
      for trial in self.trials
      if trial.origin is Origin.REFERENCE
    }

  def reference_rewards(self) -> dict[str, float]:
    """Returns the rewards of the reference cells that have been valued."""
    return {
      name: trial.reward
      for name, trial in self.references().items()
      if trial.reward is not None and trial.status is Status.COMPLETED
    }

  def statuses(self) -> dict[str, int]:
    """Returns how many trials have each status, in the order of `Status`."""
    counts = collections.Counter(trial.status for trial in self.trials)
    return {status.value: counts[status] for status in Status if counts[status]}

  def valued(self) -> int:
    """Returns how many trials were valued, reference cells included."""
    return sum(
      trial.attempts > 0 and trial.status.settled for trial in self.trials
    )

  def per_hour(self) -> float | None:
    """Returns how many trials an hour were valued, None before any."""
    valued = self.valued()
    return 3600 * valued / self.seconds if valued and self.seconds else None


def read_summary(run_dir: str | os.PathLike[str]) -> Summary:
  """Reads a run, which may be running; changes nothing.

  Args:
    run_dir: The directory of the run.

  Raises:
    UserError: There is no run, its log is damaged, or it was written by a
      newer version.
  """
  directory = find_run(run_dir)
  # Asked first: a search that ends meanwhile is in the log all the same.
  in_use = directory.in_use()
  store = RunReader(directory.log)
  with contextlib.closing(store), store.moment():
    store.check()
    return _read(directory, store, in_use)


def seconds_taken(trial: TrialRecord) -> float | None:
  """Returns how long the last attempt at a trial took, None if none ended."""
  # A trial that is tried again has a start, but has not settled.
  if trial.started_at is None or trial.settled_at is None:
    return None
  return max(0.0, trial.settled_at - trial.started_at)


def _read(directory: RunDirectory, store: RunReader, in_use: bool) -> Summary:
  facts = store.facts()
  lessons = store.lessons()
  trials = store.trials()
  starts = store.starts()
  progress = Progress()
  progress.restore(trials, ())
  seconds = _seconds(starts, trials)
  newest = starts[-1] if starts else None
  operational = newest['operational'] if newest else None
  progress.named = naming.named_in(
    store, (operational or {}).get('best_by', '')
  )
  return Summary(
    directory=directory,
    standing=standing(progress, operational, seconds, in_use=in_use),
    reward=facts.get('reward', ''),
    defining=facts.get('defining', {}),
    operational=operational or {},
    dataset=facts.get('dataset'),
    controller_digest=(
      lessons[-1]['digest'] if lessons else facts.get('initial_digest')
    ),
    starts=tuple(starts),
    events=tuple(store.events()),
    lessons=tuple(lessons),
    trials=tuple(trials),
    progress=progress,
    seconds=seconds,
  )


def _seconds(starts: list[dict[str, Any]], trials: list[TrialRecord]) -> float:
  """Returns how long all starts took, up to the last entry of the log."""
  if not starts:
    return 0.0
  ends = [start['last_seen_at'] for start in starts]
  settled = [trial.settled_at for trial in trials if trial.settled_at]
  # While a trial runs, settled ones may be newer than the last start of one.
  ends[-1] = max(ends[-1], *settled) if settled else ends[-1]
  return sum(
    end - start['started_at'] for end, start in zip(ends, starts, strict=True)
  )
