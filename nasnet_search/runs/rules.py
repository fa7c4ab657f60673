"""The rules of a log: what must hold of its trials, and of what is named best.

A trial has the key, the choices and the seed that belong to its architecture
and its place, and the outcome that follows from what was measured. Those that
settled are numbered and learned in that order, and the best are confirmed.
What is named the best is what prediction makes of those settled by then.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from nasnet_search.cells.errors import UserError
from nasnet_search.cells.search_space import SearchSpace
from nasnet_search.evaluators.rewards import compute_reward
from nasnet_search.randomness import derived_seed
from nasnet_search.runs import naming
from nasnet_search.runs.logged_run import LoggedRun
from nasnet_search.runs.records import TrialRecord
from nasnet_search.trials import Origin, Status


def differences_of_trials(
  run: LoggedRun, space: SearchSpace, seed: int
) -> Iterator[str]:
  """Yields how trials differ from what the rules make of them, as sentences.

  Args:
    run: What was logged.
    space: The run's search space.
    seed: The run's seed.
  """
  for number, trial in enumerate(run.trials):
    if trial.trial_id != number:
      yield f'Trial {number} is missing.'
      return
    problem = _problem(trial, run, space, seed)
    if problem:
      yield f'Trial {number}: {problem}'
  yield from _unearned_confirmations(run.trials)
  settled = sorted(
    (trial for trial in run.trials if trial.status.settled), key=_place
  )
  if [trial.settled_as for trial in settled] != list(range(len(settled))):
    yield 'The settled trials are not numbered in the order of settling.'
  learnable = [
    trial.trial_id
    for trial in settled
    if trial.learnable and trial.reward is not None
  ]
  learned = [trial for lesson in run.lessons for trial in lesson['trials']]
  if learned != learnable[: len(learned)]:
    yield (
      'The trials were not learned once each in the order in which they '
      'settled.'
    )


def differences_of_names(
  run: LoggedRun, space: SearchSpace, seed: int
) -> Iterator[str]:
  """Yields the first name that is not what the rules make of the trials.

  That a name is missing is no difference: a search that is killed at its end
  has none until it is continued.

  Args:
    run: What was logged, whose trials keep to the rules.
    space: The run's search space.
    seed: The run's seed.
  """
  named_after = 0
  for name in run.names:
    problem = _problem_of_name(name, named_after, run, space, seed)
    if problem:
      yield problem
      return
    named_after = name['settled']


def _problem_of_name(
  name: Any, named_after: int, run: LoggedRun, space: SearchSpace, seed: int
) -> str:
  """Returns what is wrong with a name, empty for nothing.

  Args:
    name: What was named, as it stands in the log.
    named_after: How many trials had settled when the one before was named.
    run: What was logged.
    space: The run's search space.
    seed: The run's seed.
  """
  settled = name.get('settled') if isinstance(name, Mapping) else None
  count = sum(trial.status.settled for trial in run.trials)
  # What has been named is not named again before another trial has settled.
  if not isinstance(settled, int) or not named_after < settled <= count:
    return (
      f'The best was named after {settled!r} settled trials, which is not '
      f'between {named_after + 1} and {count}.'
    )
  known = [trial for trial in run.trials if 0 <= _place(trial) < settled]
  best = naming.named_by_prediction(space, seed, known)
  if best is None or name.get('trial') != best.trial_id:
    return (
      f'Trial {name.get("trial")!r} was named the best of {settled} settled '
      'trials, which by prediction is '
      + ('none.' if best is None else f'trial {best.trial_id}.')
    )
  return ''


def _unearned_confirmations(trials: Sequence[TrialRecord]) -> Iterator[str]:
  """Yields whoever was confirmed while a better one was not.

  How many are confirmed may change between starts; that they are the best ones
  known may not. Confirmations chosen together have consecutive ids, and none of
  them settles after something that was found later.
  """
  confirmed: set[int | None] = set()
  for together, group in itertools.groupby(
    trials, lambda trial: trial.origin is Origin.CONFIRMATION
  ):
    if not together:
      continue
    chosen = list(group)
    confirmed.update(trial.confirms for trial in chosen)
    begin = min((_place(t) for t in chosen if t.status.settled), default=0)
    ranking = _ranking(trial for trial in trials if _place(trial) < begin)
    last = max(
      (ranking.index(t.confirms) for t in chosen if t.confirms in ranking),
      default=0,
    )
    for better in ranking[:last]:
      if better not in confirmed:
        yield (
          f'Trial {better} is better than trial {ranking[last]}, and only the '
          'latter was confirmed.'
        )


def _ranking(trials: Iterable[TrialRecord]) -> list[int]:
  """Returns the ids of completed candidates, the best first."""
  found = [t for t in trials if t.candidate and t.status is Status.COMPLETED]
  found.sort(key=lambda trial: (-(trial.reward or 0.0), _place(trial)))
  return [trial.trial_id for trial in found]


def _place(trial: TrialRecord) -> int:
  """Returns the place of a trial among those settled, -1 if it is not."""
  return -1 if trial.settled_as is None else trial.settled_as


def _problem(
  trial: TrialRecord, run: LoggedRun, space: SearchSpace, seed: int
) -> str:
  """Returns what is wrong with a trial by itself, empty for nothing."""
  if trial.canonical_key != trial.architecture.canonical_key():
    return 'its key is not that of its architecture.'
  if trial.choices is not None:
    try:
      decoded = space.decode(trial.choices)
    except UserError as error:
      return f'its choices are not of the space: {error}'
    if decoded != trial.architecture:
      return 'its architecture is not that of its choices.'
  # A trial of an earlier run keeps the seed that it was valued with there.
  if trial.origin is not Origin.WARM_START and trial.seed != derived_seed(
    seed, 'trial', trial.trial_id
  ):
    return 'its seed is not the one that belongs to it.'
  if trial.origin is Origin.CONFIRMATION:
    confirms = -1 if trial.confirms is None else trial.confirms
    found = run.trials[confirms] if 0 <= confirms < trial.trial_id else None
    if (
      found is None
      or not found.candidate
      or found.canonical_key != trial.canonical_key
    ):
      return 'it confirms no trial before it.'
  if trial.source_trial is not None:
    return _problem_of_duplicate(trial, run.trials)
  return _problem_of_outcome(trial, run.facts.get('reward', ''))


def _problem_of_duplicate(
  trial: TrialRecord, trials: Sequence[TrialRecord]
) -> str:
  if not 0 <= (trial.source_trial or 0) < trial.trial_id:
    return 'it is a duplicate of a trial that is not before it.'
  source = trials[trial.source_trial or 0]
  if source.canonical_key != trial.canonical_key:
    return 'it is not a duplicate of its source.'
  if trial.status.settled and (
    (trial.status, trial.reward, trial.measurement)
    != (source.status, source.reward, source.measurement)
  ):
    return f'its outcome is not that of its source, trial {source.trial_id}.'
  return ''


def _problem_of_outcome(trial: TrialRecord, reward: str) -> str:
  if (trial.measurement is not None) != (trial.status is Status.COMPLETED):
    return f'it is {trial.status.value}, which its measurement belies.'
  if trial.measurement is not None:
    # SQLite has no negative zero.
    expected = compute_reward(reward, trial.measurement.values) + 0.0
    if trial.reward != expected:
      return (
        f'its reward is {trial.reward}, that of what was measured {expected}.'
      )
  elif (trial.reward is not None) != trial.status.chance_level:
    return f'it is {trial.status.value} with the reward {trial.reward}.'
  return ''
