"""Asynchronous REINFORCE: replicas of a controller that share parameters.

Zoph and Le 2017 (arXiv 1611.01578), section 3.2: K replicas sample m children
each, take their gradient when all m have been trained, and send it to the
servers that hold the parameters; others have moved these meanwhile, so the
gradient is *stale*. Here all is one process and one thread, and so the delay is
made explicit: each replica has a copy of the parameters, fetched when its last
m children had settled. It samples from that copy, and takes its gradient
against it; the shared parameters move along, and it fetches them.

Which replica makes a proposal follows from its index, m in a row each, so that
the state is a function of the lessons, as of any controller. Where replicas
take turns, as with one worker, a gradient is K - 1 updates old; how it is with
many workers, the order in which children settle decides.

Departures: the parameters are not split over servers, because what Adam does to
one of them does not depend on another; the baseline is of the rewards of all
replicas, and the paper does not say whose.
"""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from nasnet_search.cells.errors import UserError
from nasnet_search.cells.search_space import SearchSpace
from nasnet_search.controllers import state
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.learner import Learner
from nasnet_search.controllers.policy_gradient import (
  LOG_PROBS,
  VERSION,
  PolicyGradient,
  recorded_log_probs,
)
from nasnet_search.trials import Lesson, Proposal, Status

_HEADER = 'replicas'


@dataclasses.dataclass
class _Replica:
  """A replica of the controller.

  Attributes:
    weights: Its copy of the parameters.
    version: How many updates these had seen when it fetched them.
    waiting: Children of its batch that have settled.
  """

  weights: list[np.ndarray]
  version: int = 0
  waiting: list[Lesson] = dataclasses.field(default_factory=list)


class Replicas(PolicyGradient):
  """REINFORCE whose batches belong to replicas.

  Attributes:
    batch_size: m, the children of a replica at a time.
  """

  def __init__(
    self, space: SearchSpace, config: ControllerConfig, seed: int
  ) -> None:
    super().__init__('reinforce', space, config, seed)
    self._staleness = 0.0
    self._replicas = [_Replica(self._weights()) for _ in range(config.replicas)]

  def propose(
    self, first_index: int, count: int, pending: Sequence[Proposal] = ()
  ) -> list[Proposal]:
    """Returns samples, each of its replica's copy; see the protocol."""
    proposals: list[Proposal] = []
    indices = range(first_index, first_index + count)
    for number, group in itertools.groupby(indices, self._replica_of):
      mine = list(group)
      replica = self._replicas[number]
      self._take(replica.weights)
      proposals += [
        dataclasses.replace(
          each, numbers={**each.numbers, VERSION: replica.version}
        )
        for each in super().propose(mine[0], len(mine), pending)
      ]
    return proposals

  def learn(self, lessons: Sequence[Lesson]) -> None:
    """Gives each lesson to its replica, which learns when it has a batch.

    Args:
      lessons: Any number of them, in the order in which they settled.

    Raises:
      ValueError: A reward is not finite. Nothing was learned.
      UserError: Choices are not of this space. Nothing was learned.
    """
    self._checked(lessons)
    for lesson in lessons:
      replica = self._replicas[self._replica_of(lesson.proposal.index)]
      replica.waiting.append(lesson)
      if len(replica.waiting) == self.batch_size:
        self._push(replica)

  def diagnostics(self) -> Mapping[str, float]:
    """Returns numbers of the last update; see `PolicyGradient.diagnostics`.

    Besides, `staleness`: how many updates of others lay between its replica's
    fetch and its push.
    """
    found = super().diagnostics()
    return {**found, 'staleness': self._staleness} if found else {}

  def save(self) -> bytes:
    """Returns the shared state, the copies, and what waits."""
    header = state.header(_HEADER, kinds=self._vocabulary.kinds)
    return state.pack(header, {**self._arrays(), **self._own_arrays()})

  def load(self, saved: bytes) -> None:
    """Takes over a state; see the protocol."""
    header, arrays = state.unpack(saved, _HEADER)
    own = {name: arrays.pop(name) for name in _OWN if name in arrays}
    replicas = self._read(own)
    # All that is shared is what one controller alone has.
    shared = {**header, 'controller': self._algorithm}
    super().load(state.pack(shared, arrays))
    self._replicas = replicas
    self._staleness = 0.0

  def _make_learner(self) -> Learner:
    shared = [keras.Variable(v.numpy()) for v in self._policy.variables]
    return Learner(self._algorithm, self._policy, self._config, shared)

  def _replica_of(self, index: int) -> int:
    return index // self.batch_size % self._config.replicas

  def _push(self, replica: _Replica) -> None:
    """Moves the shared parameters by a replica's batch, and fetches them."""
    self._take(replica.weights)
    lessons, replica.waiting = replica.waiting, []
    self._staleness = float(self._updates - replica.version)
    self._update(lessons, self._checked(lessons))
    replica.weights, replica.version = self._weights(), self._updates

  def _weights(self) -> list[np.ndarray]:
    return [np.array(v.numpy()) for v in self._policy.variables]

  def _take(self, weights: Sequence[np.ndarray]) -> None:
    for variable, values in zip(self._policy.variables, weights, strict=True):
      variable.assign(values)

  def _own_arrays(self) -> dict[str, np.ndarray]:
    waiting = [
      lesson for replica in self._replicas for lesson in replica.waiting
    ]
    choices = [lesson.proposal.choices for lesson in waiting]
    logs = [recorded_log_probs(lesson.proposal) for lesson in waiting]
    return dict(
      zip(
        _OWN,
        (
          np.array([_flat(each.weights) for each in self._replicas]),
          np.array([each.version for each in self._replicas], np.int64),
          np.array([x.proposal.index for x in waiting], np.int64),
          np.array([x.reward for x in waiting], np.float64),
          np.array([len(each) for each in choices], np.int64),
          np.array(list(itertools.chain(*choices)), np.int64),
          np.array([len(each) for each in logs], np.int64),
          np.array(list(itertools.chain(*logs)), np.float64),
        ),
        strict=True,
      )
    )

  def _read(self, arrays: Mapping[str, np.ndarray]) -> list[_Replica]:
    """Returns replicas of what `_own_arrays` returned."""
    expected = self._own_arrays()
    fits = arrays.keys() == expected.keys() and all(
      arrays[name].shape == expected[name].shape for name in _OWN[:2]
    )
    if not fits:
      raise UserError(
        f'Expected a controller state of {self._config.replicas} replicas. '
        'Received another one. Continue a run with the --replicas that it was '
        'started with.'
      )
    copies, versions, *rest = (arrays[name].tolist() for name in _OWN)
    sizes = np.cumsum([v.size for v in self._weights()])[:-1]
    replicas = [
      _Replica(
        [
          part.reshape(own.shape)
          for part, own in zip(
            np.split(np.array(copy, np.float32), sizes),
            self._weights(),
            strict=True,
          )
        ],
        version,
      )
      for copy, version in zip(copies, versions, strict=True)
    ]
    for lesson in _read_waiting(*rest):
      number = self._replica_of(lesson.proposal.index)
      replicas[number].waiting.append(lesson)
    return replicas


_OWN = (
  'copies',
  'versions',
  'waiting_indices',
  'waiting_rewards',
  'waiting_lengths',
  'waiting_choices',
  'waiting_log_counts',
  'waiting_logs',
)


def _flat(weights: Sequence[np.ndarray]) -> np.ndarray:
  return np.concatenate([each.ravel() for each in weights])


def _read_waiting(
  indices: Sequence[int],
  rewards: Sequence[float],
  lengths: Sequence[int],
  choices: Sequence[int],
  counts: Sequence[int],
  logs: Sequence[float],
) -> list[Lesson]:
  chosen, taken = iter(choices), iter(logs)
  found = []
  for index, reward, length, count in zip(
    indices, rewards, lengths, counts, strict=True
  ):
    numbers: dict[str, Any] = {}
    row = tuple(itertools.islice(chosen, length))
    if count:
      numbers[LOG_PROBS] = tuple(itertools.islice(taken, count))
    # Of a lesson nothing else is learned.
    proposal = Proposal(index, row, numbers)
    found.append(Lesson(proposal, reward, Status.COMPLETED))
  return found
