"""The predictor filter: a controller that picks from others' proposals.

Whichever controller proposes, most of its proposals are worse than what is
known already, and a model fitted to the settled trials can often tell. So the
filter draws a pool, and proposes those whose predicted reward, plus some times
its uncertainty, is the greatest. How many times grows while nothing better is
found: a search that is stuck looks further away.

It stands back where it does not help: the first proposals, and every so many
while its predictions of trials before it learned them were poor, are those of
the controller within. No architecture is proposed twice.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from nasnet_search.cells.search_space import (
  Choices,
  SearchSpace,
  random_choices,
  space_at,
)
from nasnet_search.controllers import predictors, state
from nasnet_search.controllers.candidate_pool import CandidatePool, Candidates
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.memory import Memory
from nasnet_search.controllers.moves import identity
from nasnet_search.controllers.protocol import Controller
from nasnet_search.randomness import generator
from nasnet_search.trials import Lesson, Proposal

STALL_RATE, STALL_PERIOD = 0.2, 20
"""How many more deviations are added for each trial that found nothing
better; after so many it begins anew, so that near and far take turns."""
POOR = 0.2
"""Rank correlation below which predictions are taken for poor."""
STAND_BACK_EVERY = 2
"""While they are, one proposal in so many is left to the controller within."""
MOST_PENDING = 64
"""Running proposals that others are kept away from, the newest. More of them
would cost the coordinator more time than they save."""
_MOST_DRAWS = 200


class PredictorFilter:
  """Proposes the most promising of a pool.

  Args:
    within: The controller whose proposals it filters.
    space: The space.
    config: Which predictor, and how much it explores.
    seed: Seed of the run.

  Attributes:
    batch_size: That of the controller within.
  """

  def __init__(
    self,
    within: Controller,
    space: SearchSpace,
    config: ControllerConfig,
    seed: int,
  ) -> None:
    self.batch_size = within.batch_size
    self._within = within
    self._space = space
    self._config = config
    self._seed = seed
    self._identity = identity(space)
    self._memory = Memory(self._identity)
    self._predictor = predictors.make_predictor(config.predictor, space, seed)
    self._pool = CandidatePool(
      within, space, seed, random=config.predictor_pool
    )
    # Follows from what was learned and is kept to save time.
    self._correlated: tuple[int, float] = (-1, 0.0)

  def propose(
    self, first_index: int, count: int, pending: Sequence[Proposal] = ()
  ) -> list[Proposal]:
    """Returns the most promising proposals; see the protocol.

    Asking for many at once gives what asking for some after the others gives,
    if those asked for before are pending then, in that order.
    """
    taken = self._memory.keys()
    taken.update(self._identity(each.choices) for each in pending)
    picks = None
    proposals: list[Proposal] = []
    for index in range(first_index, first_index + count):
      if self._stands_back(index):
        proposal = self._unfiltered(index, taken)
      else:
        part = space_at(self._space, index)
        if picks is None or picks.part is not part:
          picks = _Picks(self, part, [*pending[-MOST_PENDING:], *proposals])
        proposal = picks.take(index, taken) or self._unfiltered(index, taken)
      if picks is not None:
        picks.follow(proposal.choices)
      taken.add(self._identity(proposal.choices))
      proposals.append(proposal)
    return proposals

  def learn(self, lessons: Sequence[Lesson]) -> None:
    """Keeps the trials and lets the controller within learn them."""
    for lesson in lessons:
      if not math.isfinite(lesson.reward):
        raise ValueError(
          f'Expected a finite reward. Received: {lesson.reward} for proposal '
          f'{lesson.proposal.index}.'
        )
    self._within.learn(lessons)
    self._memory.add(lessons)

  def diagnostics(self) -> Mapping[str, float]:
    """Returns those of the controller within and of the predictor.

    `predictor_trials` it knows, `predictor_correlation` of the ranks of
    trials with what it predicts of them from others, and how many deviations
    `exploration` adds.
    """
    return {
      **self._within.diagnostics(),
      'predictor_trials': len(self._memory),
      'predictor_correlation': self._correlation(),
      'exploration': self.exploration(),
    }

  def save(self) -> bytes:
    """Returns the trials and the state of the controller within."""
    within = np.frombuffer(self._within.save(), np.uint8)
    return state.pack(
      state.header(self._name), {**self._memory.arrays(), 'within': within}
    )

  def load(self, saved: bytes) -> None:
    """Takes over a state; see the protocol."""
    _, arrays = state.unpack(saved, self._name)
    memory = Memory(self._identity)
    memory.restore(arrays)
    within = arrays.get('within', np.array([], np.uint8))
    self._within.load(within.astype(np.uint8).tobytes())
    self._memory = memory
    self._correlated = (-1, 0.0)

  def pool(self, part: SearchSpace) -> Candidates:
    """Returns the candidates; see `CandidatePool.candidates`."""
    return self._pool.candidates(part, self._memory)

  def rank(self, candidates: Sequence[Choices]) -> predictors.Ranking:
    """Returns what is predicted of candidates."""
    return self._predictor.rank(
      self._memory.choices, self._memory.rewards, candidates
    )

  def exploration(self) -> float:
    """Returns how many deviations are added to what is predicted."""
    rewards = self._memory.rewards
    if not rewards:
      return self._config.predictor_exploration
    since = len(rewards) - max(
      1 + int(np.argmax(rewards)), self._config.predictor_trials
    )
    stalled = max(0, since) % STALL_PERIOD
    return self._config.predictor_exploration + STALL_RATE * stalled

  def identity(self, choices: Choices) -> object:
    """Returns what tells architectures apart."""
    return self._identity(choices)

  @property
  def _name(self) -> str:
    return f'{self._config.controller} behind {self._config.predictor}'

  def _correlation(self) -> float:
    known = len(self._memory)
    if known < self._config.predictor_trials:
      return 0.0
    if self._correlated[0] != known:
      correlation = self._predictor.correlation(
        self._memory.choices, self._memory.rewards
      )
      self._correlated = (known, correlation)
    return self._correlated[1]

  def _stands_back(self, index: int) -> bool:
    if len(self._memory) < max(2, self._config.predictor_trials):
      return True
    poor = self._correlation() < POOR
    return poor and index % STAND_BACK_EVERY == 0

  def _unfiltered(self, index: int, taken: set[object]) -> Proposal:
    """Returns the proposal of the controller within, or a new random one."""
    (proposal,) = self._within.propose(index, 1, ())
    for draw in range(_MOST_DRAWS):
      if self._identity(proposal.choices) not in taken:
        break
      rng = generator(self._seed, 'instead of a duplicate', index, draw)
      part = space_at(self._space, index)
      proposal = Proposal(index, random_choices(part, rng))
    return proposal


class _Picks:
  """Picks from the pool, one after the other.

  Args:
    owner: The filter.
    part: The part of the space that it picks from.
    pending: Proposals that run or are about to.
  """

  def __init__(
    self,
    owner: PredictorFilter,
    part: SearchSpace,
    pending: Sequence[Proposal],
  ) -> None:
    self.part = part
    self._owner = owner
    self._pool = owner.pool(part)
    self._candidates = list(self._pool)
    self._ranking = owner.rank(self._candidates)
    if pending:
      self._ranking.add_pending([proposal.choices for proposal in pending])

  def take(self, index: int, taken: set[object]) -> Proposal | None:
    """Returns the most promising new candidate, None if there is none."""
    deviation = self._ranking.deviation()
    promise = self._ranking.mean + self._owner.exploration() * deviation
    for place in np.argsort(-promise, kind='stable').tolist():
      choices = self._candidates[place]
      if self._owner.identity(choices) not in taken:
        return Proposal(index, choices, self._pool[choices])
    return None

  def follow(self, choices: Choices) -> None:
    """Takes what was proposed for pending."""
    self._ranking.add_pending([choices])
