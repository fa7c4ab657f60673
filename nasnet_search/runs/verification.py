"""Whether a log is what the controller and the rules make of it.

Everything that a search decides follows from its settings, its seed and what
was measured. So all of it can be derived again from the log: each proposal,
each state of the controller, what became of each trial, and what was named
the best. Measurements are taken as they are; nothing is trained.
"""

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from nasnet_search.cells.search_space import SearchSpace
from nasnet_search.controllers.protocol import Controller
from nasnet_search.runs.logged_run import LoggedRun
from nasnet_search.runs.replay import digest_of, lessons_of
from nasnet_search.runs.rules import differences_of_names, differences_of_trials


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
    itertools.islice(differences_of_trials(run, space, seed), 10)
  )
  if not differences:  # Names follow from trials.
    differences += differences_of_names(run, space, seed)
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
