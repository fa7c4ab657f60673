"""Asynchronous REINFORCE: replicas of a controller that share parameters.

Zoph and Le 2017 (arXiv 1611.01578), section 3.2: K replicas sample m children
each, take their gradient when all m have been trained, and send it to the
servers that hold the parameters (`parameter_servers`); others have moved these
meanwhile, so the gradient is *stale*. Here all is one process and one thread,
and so the delay is made explicit: each replica has a copy of the parameters,
fetched when its last m children had settled. It samples from that copy, takes
its gradient against it, pushes that to the servers, and fetches a new copy.

Which replica makes a proposal follows from its index, m in a row each, so that
the state is a function of the lessons, as of any controller. Where replicas
take turns, as with one worker, a gradient is K - 1 updates old; how it is with
many workers, the order in which children settle decides.

Departures: a push reaches all servers at once, where the paper's may overtake
one another on the way; the baseline is of the rewards of all replicas, and the
paper does not say whose.
"""

import dataclasses
import functools
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nasnet_search.cells.errors import UserError
from nasnet_search.cells.search_space import SearchSpace
from nasnet_search.controllers import state
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.parameter_servers import Copy, ParameterServers
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
    copy: Its copy of the parameters.
    waiting: Children of its batch that have settled.
  """

  copy: Copy
  waiting: list[Lesson] = dataclasses.field(default_factory=list)


class Replicas(PolicyGradient):
  """REINFORCE whose batches belong to replicas.

  Attributes:
    batch_size: m, the children of a replica at a time.
  """

  def __init__(
    self, space: SearchSpace, config: ControllerConfig, seed: int
  ) -> None:
    children = config.children_per_replica or config.controller_batch_size
    config = dataclasses.replace(config, controller_batch_size=children)
    super().__init__('reinforce', space, config, seed)
    # These take the place of the policy's own Adam.
    self._parameters = self._servers = ParameterServers(
      _flat([each.numpy() for each in self._policy.variables]),
      config.parameter_servers,
      config.policy_learning_rate,
    )
    self._staleness: list[int] = []
    start = self._servers.fetch()
    self._replicas = [_Replica(start) for _ in range(config.replicas)]

  def propose(
    self, first_index: int, count: int, pending: Sequence[Proposal] = ()
  ) -> list[Proposal]:
    """Returns samples, each of its replica's copy; see the protocol.

    Their policy version is that of the copy: of its oldest shard.
    """
    proposals: list[Proposal] = []
    indices = range(first_index, first_index + count)
    for number, group in itertools.groupby(indices, self._replica_of):
      mine = list(group)
      copy = self._replicas[number].copy
      self._take(copy)
      version = {VERSION: min(copy.versions)}
      proposals += [
        dataclasses.replace(each, numbers={**each.numbers, **version})
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
    self._staleness = []
    for lesson in lessons:
      replica = self._replica(lesson)
      replica.waiting.append(lesson)
      if len(replica.waiting) == self.batch_size:
        self._learn_batch(replica)

  def diagnostics(self) -> Mapping[str, float]:
    """Returns numbers of the last update; see `PolicyGradient.diagnostics`.

    There are none if no replica had a batch in the last call of `learn`.
    Besides, `staleness`: how many updates of others lay between a replica's
    fetch and its push, on average over the updates in that call.
    """
    if not self._staleness:
      return {}
    staleness = float(np.mean(self._staleness))
    return {**super().diagnostics(), 'staleness': staleness}

  def save(self) -> bytes:
    """Returns the servers' state, the copies, and what waits."""
    waiting = [each for replica in self._replicas for each in replica.waiting]
    header = state.header(
      _HEADER,
      kinds=self._vocabulary.kinds,
      split=self._split(),
      waiting=[_plain(lesson) for lesson in waiting],
    )
    return state.pack(header, self._arrays())

  def load(self, saved: bytes) -> None:
    """Takes over a state; see the protocol."""
    header, arrays = state.unpack(saved, _HEADER)
    if header.get('split') != self._split():
      raise UserError(
        f'Expected a controller state of {self._split()}. Received one of '
        f'{header.get("split")}. Continue a run with the settings that it was '
        'started with.'
      )
    waiting = self._read_waiting(header)
    self._restore(header, arrays)
    self._staleness = []
    self._replicas = [
      _Replica(Copy(values, tuple(versions.tolist())))
      for values, versions in zip(
        arrays['copies'], arrays['versions'], strict=True
      )
    ]
    for lesson in waiting:
      self._replica(lesson).waiting.append(lesson)

  def _learn_batch(self, replica: _Replica) -> None:
    """Has a replica learn what waits."""
    self._take(replica.copy)
    lessons, replica.waiting = replica.waiting, []
    push = functools.partial(self._push, replica)
    self._update(lessons, self._checked(lessons), push)

  def _push(self, replica: _Replica, gradients: Sequence[Any]) -> None:
    """Moves the shared parameters, and has the replica fetch them."""
    moved = self._servers.push(_flat([np.asarray(each) for each in gradients]))
    ages = np.subtract(moved, replica.copy.versions)
    self._staleness.append(int(ages.max()))
    replica.copy = self._servers.fetch()
    self._take(replica.copy)

  def _take(self, copy: Copy) -> None:
    """Has the policy take over the values of a copy."""
    variables = self._policy.variables
    sizes = [int(np.prod(each.shape)) for each in variables]
    parts = np.split(copy.values, np.cumsum(sizes)[:-1])
    for variable, part in zip(variables, parts, strict=True):
      variable.assign(part.reshape(variable.shape))

  def _replica_of(self, index: int) -> int:
    return index // self.batch_size % self._config.replicas

  def _replica(self, lesson: Lesson) -> _Replica:
    return self._replicas[self._replica_of(lesson.proposal.index)]

  def _split(self) -> str:
    """Returns what decides which replica and which shard has what."""
    return (
      f'--replicas={self._config.replicas} '
      f'--children_per_replica={self.batch_size} '
      f'--parameter_servers={self._config.parameter_servers}'
    )

  def _read_waiting(self, header: Mapping[str, Any]) -> list[Lesson]:
    try:
      waiting = [_lesson(*each) for each in header['waiting']]
      self._checked(waiting)
    except (KeyError, TypeError, ValueError) as error:
      raise UserError(
        'Expected a controller state with the children that wait. Received '
        f'one without ({error!r}). Restore the file from a copy, or let the '
        'run replay its log without it.'
      ) from error
    return waiting

  def _arrays(self) -> dict[str, np.ndarray]:
    copies = [replica.copy for replica in self._replicas]
    return {
      **super()._arrays(),
      'copies': np.array([each.values for each in copies]),
      'versions': np.array([each.versions for each in copies], np.int64),
    }


def _flat(arrays: Sequence[np.ndarray]) -> np.ndarray:
  return np.concatenate([each.ravel() for each in arrays])


def _plain(lesson: Lesson) -> tuple[Any, ...]:
  """Returns all of a lesson that is learned, as JSON can write it."""
  proposal = lesson.proposal
  logs = recorded_log_probs(proposal)
  return proposal.index, lesson.reward, proposal.choices, logs


def _lesson(
  index: int, reward: float, choices: Sequence[int], logs: Sequence[float]
) -> Lesson:
  """Returns a lesson of what `_plain` returned."""
  numbers = {LOG_PROBS: tuple(logs)} if logs else {}
  proposal = Proposal(index, tuple(choices), numbers)
  return Lesson(proposal, reward, Status.COMPLETED)
