"""Whether a log is what the controller and the rules make of it.

Everything that a search decides follows from its settings, its seed and what
was measured. So all of it can be derived again from the log: each proposal,
each state of the controller, and what became of each trial. Measurements are
taken as they are; nothing is trained.
"""

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from nasnet_search.cells.errors import UserError
from nasnet_search.cells.search_space import SearchSpace
from nasnet_search.controllers.protocol import Controller
from nasnet_search.evaluators.rewards import compute_reward
from nasnet_search.randomness import derived_seed
from nasnet_search.runs.reading import RunReader
from nasnet_search.runs.records import TrialRecord
from nasnet_search.runs.replay import digest_of, lessons_of
from nasnet_search.trials import Origin, Status


@dataclasses.dataclass(frozen=True)
class Verification:
  """What verifying a run has shown.

  Attributes:
    proposals: Proposals derived again.
    policy_updates: States of the controller derived again.
    trials: Trials checked against the rules.
    differences: What differs from the log, as sentences; of the controller's
      only the first, because all later ones follow from it.
  """

  proposals: int
  policy_updates: int
  trials: int
  differences: tuple[str, ...]

  @property
  def agrees(self) -> bool:
    """Whether everything is as the log has it."""
    return not self.differences


@dataclasses.dataclass(frozen=True)
class LoggedRun:
  """What of a log is verified.

  Attributes:
    facts: What the run is.
    calls: The calls of `propose`, oldest first.
    lessons: The calls of `learn`, oldest first.
    trials: All trials, in the order of creation.
  """

  facts: Mapping[str, Any]
  calls: Sequence[Mapping[str, Any]]
  lessons: Sequence[Mapping[str, Any]]
  trials: Sequence[TrialRecord]

  @classmethod
  def of(cls, log: RunReader) -> 'LoggedRun':
    """Reads an undamaged log, which a search may be writing to."""
    with log.moment():
      log.check()
      return cls(log.facts(), log.proposal_calls(), log.lessons(), log.trials())


def verify(
  run: LoggedRun,
  controller: Controller,
  space: SearchSpace,
  seed: int,
  watch: Callable[[int, int], None] = lambda done, of: None,
) -> Verification:
  """Derives a run again and compares.

  Args:
    run: What was logged.
    controller: A new controller of the run's configuration.
    space: The run's search space.
    seed: The run's seed.
    watch: Is told how many of how many steps are done.
  """
  differences = list(
    itertools.islice(_differences_of_trials(run, space, seed), 10)
  )
  walk = _Walk(run, controller)
  for done, difference in enumerate(walk.steps(), start=1):
    watch(done, len(run.calls) + len(run.lessons))
    if difference:
      differences.append(difference)
      break
  return Verification(
    walk.proposals, walk.updates, len(run.trials), tuple(differences)
  )


class _Walk:
  """Lets a controller propose and learn in the order of the log."""

  def __init__(self, run: LoggedRun, controller: Controller) -> None:
    self._run = run
    self._controller = controller
    self._trials = {trial.trial_id: trial for trial in run.trials}
    self._proposed = {
      trial.proposal: trial
      for trial in run.trials
      if trial.proposal is not None
    }
    self.proposals = 0
    self.updates = 0

  def steps(self) -> Iterator[str]:
    """Yields, for every step, how it differs from the log, empty if not."""
    expected = self._run.facts.get('initial_digest')
    if expected is not None and digest_of(self._controller) != expected:
      yield 'The controller does not begin in the state that was logged.'
    for call in self._run.calls:
      yield from self._learn(call['learned'])
      yield self._propose(call)
    yield from self._learn(len(self._run.lessons))

  def _learn(self, until: int) -> Iterator[str]:
    for lesson in self._run.lessons[self.updates : until]:
      records = [self._trials[trial] for trial in lesson['trials']]
      self._controller.learn(lessons_of(records))
      self.updates += 1
      yield (
        ''
        if digest_of(self._controller) == lesson['digest']
        else f'After policy update {lesson["learn"]} the controller is in '
        'another state than was logged.'
      )

  def _propose(self, call: Mapping[str, Any]) -> str:
    pending = [self._trials[trial].as_proposal() for trial in call['pending']]
    proposals = self._controller.propose(
      call['first_index'], call['count'], pending
    )
    for proposal in proposals:
      record = self._proposed.get(proposal.index)
      if record is None or record.as_proposal() != proposal:
        return (
          f'Proposal {proposal.index}, of call {call["call"]}, is another one '
          'than was logged.'
        )
      self.proposals += 1
    return ''


def _differences_of_trials(
  run: LoggedRun, space: SearchSpace, seed: int
) -> Iterator[str]:
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
