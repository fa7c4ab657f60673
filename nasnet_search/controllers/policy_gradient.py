"""PPO and REINFORCE: controllers that follow the gradient of the reward.

Both sample from the same LSTM policy, turn rewards into advantages by the
same moving average and use Adam; they differ in the loss and in how often
they step along it. The state is the policy's weights, Adam's moments, the
average of the rewards and the number of updates.

What is learned from need not have been proposed here. Where a proposal has
no numbers (a cell of the zoo, a trial of an earlier run), the policy's
log-probability at the time of learning stands in for the one at the time of
proposing, as if the policy had just proposed it. That is not the true
distribution the choices came from: what was good becomes likelier and what
was bad less likely, but the gradient is not that of the expected reward. The
same goes for edits and for trials that are learned again: PPO's clipping then
holds the update near the policy before it (the proximal policy of Hilton et
al. 2022, arXiv 2110.00641), and nothing is weighted by how likely whoever
proposed it was to do so.
"""

import functools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nasnet_search.cells.errors import UserError
from nasnet_search.cells.search_space import (
  Choices,
  SearchSpace,
  random_choices,
  space_at,
)
from nasnet_search.controllers import critic, state
from nasnet_search.controllers.adam import Adam
from nasnet_search.controllers.advantages import Advantages
from nasnet_search.controllers.batches import (
  Batch,
  Place,
  make_batch,
  places,
  spread,
  stack,
)
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.edits import EDIT_AFTER, Editor
from nasnet_search.controllers.learner import Learner, Step
from nasnet_search.controllers.memory import Memory
from nasnet_search.controllers.moves import identity
from nasnet_search.controllers.parameter_servers import ParameterServers
from nasnet_search.controllers.policies import make_policy
from nasnet_search.controllers.sampling import ROWS, Sampled, Sampler
from nasnet_search.controllers.vocabulary import Vocabulary
from nasnet_search.randomness import generator
from nasnet_search.trials import Lesson, Proposal

LOG_PROBS = 'log_probs'
VERSION = 'policy_version'
"""The numbers of a proposal: the log-probability of every decision, and how
many updates the policy that proposed it had seen."""

_MOST_DRAWS = 200
_ROWS_KEPT = 1024


def ppo(
  space: SearchSpace, config: ControllerConfig, seed: int
) -> 'PolicyGradient':
  """Returns a PPO controller (NASNet paper, App. A.1)."""
  return PolicyGradient('ppo', space, config, seed)


def reinforce(
  space: SearchSpace, config: ControllerConfig, seed: int
) -> 'PolicyGradient':
  """Returns a REINFORCE controller (Zoph and Le 2017, section 3.2)."""
  if config.replicas > 1:
    from nasnet_search.controllers.replicas import Replicas

    return Replicas(space, config, seed)
  return PolicyGradient('reinforce', space, config, seed)


class PolicyGradient:
  """Samples from a policy and moves it towards what was rewarded.

  Attributes:
    batch_size: How many lessons make one update.
  """

  def __init__(
    self,
    algorithm: str,
    space: SearchSpace,
    config: ControllerConfig,
    seed: int,
  ) -> None:
    self.batch_size = config.controller_batch_size
    self._algorithm = algorithm
    self._space = space
    self._config = config
    self._seed = seed
    self._vocabulary = Vocabulary.of(space)
    self._policy = make_policy(self._vocabulary, config, seed)
    self._sampler = Sampler(space, self._vocabulary, self._policy)
    self._learner = Learner(algorithm, self._policy, config)
    named = zip(self._policy.names, self._policy.variables, strict=True)
    self._adam = Adam(
      {f'policy_{name}': variable for name, variable in named},
      config.policy_learning_rate,
    )
    self._parameters: Adam | ParameterServers = self._adam
    self._advantages = Advantages(config)
    self._remembers = bool(
      config.queue_size
      or config.avoid_duplicates
      or config.replay_size
      or config.advantage == 'critic'
    )
    self._identity = identity(space)
    self._editor = Editor(
      space,
      self._sampler,
      self._identity,
      seed,
      self._log_probs,
      config.edit_doubt,
    )
    # Encoding choices takes longer than learning from them; what is not learned
    # again needs no room.
    kept = _ROWS_KEPT if self._remembers else self.batch_size
    self._row = functools.lru_cache(kept)(self._encode)
    self._counts = functools.lru_cache(kept)(self._count)
    self._memory = Memory(self._identity)
    self._updates = 0
    self._diagnostics: dict[str, float] = {}

  def propose(
    self, first_index: int, count: int, pending: Sequence[Proposal] = ()
  ) -> list[Proposal]:
    """Returns samples of the policy; see the protocol.

    What is pending or known is avoided only if the configuration says so; by
    edits always. The log-probabilities recorded are those of samples as if
    nothing had been rejected and nothing copied.
    """
    indices = range(first_index, first_index + count)
    edited = [index for index in indices if self._edits(index)]
    own = [index for index in indices if index not in edited]
    sampled = self._sampler.sample(
      [generator(self._seed, 'proposal', index) for index in own],
      parts=[space_at(self._space, index) for index in own],
    )
    proposals = {
      index: self._proposal(index, each)
      for index, each in zip(own, sampled, strict=True)
    }
    if edited or self._config.avoid_duplicates:
      return self._finished(indices, proposals, pending)
    return list(proposals.values())

  def learn(self, lessons: Sequence[Lesson]) -> None:
    """Updates the policy once for every `batch_size` lessons.

    Args:
      lessons: Any number of them, in the order in which they settled. The
        last update may have fewer.

    Raises:
      ValueError: A reward is not finite. Nothing was learned.
      UserError: Choices are not of this space. Nothing was learned.
    """
    where = self._checked(lessons)
    for start in range(0, len(lessons), self.batch_size):
      part = slice(start, start + self.batch_size)
      self._update(lessons[part], where[part], self._adam.step)

  def diagnostics(self) -> Mapping[str, float]:
    """Returns numbers of the last update; none before there was one.

    They are no part of the state: `load` forgets them. Beside what
    `Learner.update` returns: `reward_mean` of the batch, `baseline` and
    `reward_deviation` of the moving average after it, and `updates`.
    """
    return dict(self._diagnostics)

  def save(self) -> bytes:
    """Returns the state; see the protocol."""
    header = state.header(self._algorithm, kinds=self._vocabulary.kinds)
    memorized = self._memory.arrays() if self._remembers else {}
    return state.pack(header, {**self._arrays(), **memorized})

  def load(self, saved: bytes) -> None:
    """Takes over a state; see the protocol."""
    self._restore(*state.unpack(saved, self._algorithm))

  def _restore(
    self, header: Mapping[str, Any], arrays: dict[str, np.ndarray]
  ) -> None:
    """Takes over what `_arrays` returned, if it fits; else nothing changes."""
    if header.get('kinds') != self._vocabulary.kinds:
      raise UserError(
        f'Expected a policy over the kinds {self._vocabulary.kinds}. '
        f'Received: {header.get("kinds")}. Continue a run with the space '
        'that it was started with.'
      )
    memorized = {
      name: arrays.pop(name)
      for name in self._memory.arrays()
      if self._remembers and name in arrays
    }
    state.check_arrays(arrays, self._arrays())
    memory = Memory(self._identity)
    if self._remembers:
      memory.restore(memorized)
    self._memory = memory
    self._advantages.restore(arrays)
    self._updates = int(arrays['updates'])
    self._parameters.restore(arrays)
    self._diagnostics = {}

  def _checked(self, lessons: Sequence[Lesson]) -> list[list[Place]]:
    """Returns where the decisions of lessons were taken; see `learn`."""
    for lesson in lessons:
      if not math.isfinite(lesson.reward):
        raise ValueError(
          f'Expected a finite reward. Received: {lesson.reward} for proposal '
          f'{lesson.proposal.index}.'
        )
    return [places(self._space, lesson.proposal.choices) for lesson in lessons]

  def _arrays(self) -> dict[str, np.ndarray]:
    """Returns all of the state but what is remembered, of fixed shapes."""
    return {
      **self._parameters.arrays(),
      **self._advantages.arrays(),
      'updates': np.array(self._updates, np.int64),
    }

  def _update(
    self,
    lessons: Sequence[Lesson],
    where: Sequence[Sequence[Place]],
    step: Step,
  ) -> None:
    """Learns from `batch_size` lessons or fewer.

    Args:
      lessons: The lessons.
      where: What `places` returned for each of them.
      step: What moves the policy.
    """
    rewards = [lesson.reward for lesson in lessons]
    again = self._memory.draw(
      self._config.replay_size, generator(self._seed, 'replay', self._updates)
    )
    weighted = self._config.queue_size if self._config.queue_weight else 0
    queue = self._memory.best(weighted)
    taught = [lesson.proposal.choices for lesson in lessons]
    taught += [self._memory.choices[place] for place in again]
    batch = stack(
      [self._row(choices) for choices in (*taught, *queue)],
      self.batch_size + self._config.replay_size + weighted,
    )
    old = self._old_log_probs(lessons, where, len(taught), batch)
    gains = self._advantages.take(rewards, self._memory.rewards, again)
    if self._remembers:
      self._memory.add(lessons)
    values = self._values() if self._config.advantage == 'critic' else None
    metrics = self._learner.update(batch, old, gains, step, len(queue), values)
    self._updates += 1
    self._diagnostics = {
      **metrics,
      'reward_mean': float(np.mean(rewards)),
      'baseline': self._advantages.average.mean,
      'reward_deviation': self._advantages.average.deviation,
      'updates': self._updates,
    }

  def _values(self) -> np.ndarray:
    """Returns what the critic makes of the newest trials."""
    newest = slice(-critic.TRIALS, None)
    chosen = self._memory.choices[newest]
    counts = [self._counts(choices) for choices in chosen]
    return critic.outcome_advantages(counts, self._memory.rewards[newest])

  def _encode(self, choices: Choices) -> Batch:
    where = [places(self._space, choices)]
    return make_batch(self._vocabulary, [choices], where, 1)

  def _count(self, choices: Choices) -> np.ndarray:
    return critic.counted(self._row(choices))

  def _proposal(self, index: int, sampled: Sampled) -> Proposal:
    choices, logs = sampled
    return Proposal(index, choices, {LOG_PROBS: logs, VERSION: self._updates})

  def _log_probs(self, choices: Choices) -> np.ndarray:
    """Returns the present log-probability of each choice."""
    values = self._learner.log_probs(self._row(choices))[0]
    where = places(self._space, choices)
    return np.array([values[step, slot] for step, slot, _ in where])

  def _edits(self, index: int) -> bool:
    """Returns whether a proposal is to be an edit."""
    share = self._config.edit_share
    if not share or len(self._memory) < EDIT_AFTER:
      return False
    return bool(generator(self._seed, 'edits', index).random() < share)

  def _finished(
    self,
    indices: Sequence[int],
    proposals: Mapping[int, Proposal],
    pending: Sequence[Proposal],
  ) -> list[Proposal]:
    """Adds edits to proposals, and replaces what is known or pending."""
    queue = self._memory.best(self._config.queue_size)
    taken = self._memory.keys()
    taken.update(self._identity(each.choices) for each in pending)
    finished = []
    for index in indices:
      proposal = proposals.get(index)
      if proposal is None:
        edited = self._editor.edit(index, queue, taken)
        proposal = edited and self._proposal(index, edited)
      if proposal is None or (
        self._config.avoid_duplicates
        and self._identity(proposal.choices) in taken
      ):
        proposal = self._another(index, taken)
      taken.add(self._identity(proposal.choices))
      finished.append(proposal)
    return finished

  def _another(self, index: int, taken: set[Any]) -> Proposal:
    sources = [
      generator(self._seed, 'proposal again', index, number)
      for number in range(ROWS[0])
    ]
    part = space_at(self._space, index)
    parts = [part] * len(sources)
    for sampled in self._sampler.sample(sources, parts=parts):
      if self._identity(sampled[0]) not in taken:
        return self._proposal(index, sampled)
    for number in range(_MOST_DRAWS):
      rng = generator(self._seed, 'proposal by chance', index, number)
      choices = random_choices(part, rng)
      if self._identity(choices) not in taken:
        break
    return Proposal(index, choices)

  def _old_log_probs(
    self,
    lessons: Sequence[Lesson],
    where: Sequence[Sequence[Place]],
    taught: int,
    batch: Batch,
  ) -> np.ndarray:
    """Returns the log-probabilities that ratios are taken of.

    Args:
      lessons: The new lessons: theirs are those when they were proposed.
      where: What `places` returned for each of them.
      taught: How many rows of the batch are learned from; the log-probabilities
        of those that are learned again are the present ones.
      batch: What was chosen.
    """
    recorded = [recorded_log_probs(lesson.proposal) for lesson in lessons]
    known = [
      values or (0.0,) * len(taken)
      for values, taken in zip(recorded, where, strict=True)
    ]
    old = spread(known, where, batch.present.shape)
    foreign = [row for row, values in enumerate(recorded) if not values]
    foreign += range(len(lessons), taught)
    if foreign:
      old[foreign] = self._learner.log_probs(batch)[foreign]
    return old


def recorded_log_probs(proposal: Proposal) -> tuple[float, ...]:
  """Returns the log-probabilities of a proposal, none if it has none."""
  values = proposal.numbers.get(LOG_PROBS, ())
  return (values,) if isinstance(values, float) else tuple(values)
