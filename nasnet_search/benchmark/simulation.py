"""A search with many workers, simulated: who waits for whom, and how long.

Every evaluation takes its time, drawn or predicted, on a clock that is not
the wall's. The coordinator's own time is measured and put on the same clock:
while it proposes and learns, whoever has finished waits. As in the search
loop, proposals are asked for whenever a worker is free, and the controller
learns from whatever has settled.
"""

import dataclasses
import functools
import heapq
import math
import time
from collections.abc import Callable, Mapping

from nasnet_search.benchmark.search_run import Query, value
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.search_space import SearchSpace
from nasnet_search.controllers.protocol import Controller
from nasnet_search.evaluators.protocol import Evaluator, Request
from nasnet_search.randomness import derived_seed, generator
from nasnet_search.runs.stopping import DUPLICATES_IN_A_ROW
from nasnet_search.trials import Lesson, Proposal, Status

MEDIAN_SECONDS, SIGMA = 60.0, 0.5
"""Of the lognormal distribution of durations that nobody has measured."""


@dataclasses.dataclass(frozen=True)
class Simulated:
  """What a simulated search did.

  Attributes:
    workers: How many were valued at a time.
    queries: What was valued, in the order of settling.
    begun: When each was begun, in simulated seconds.
    finished: When each had been valued.
  """

  workers: int
  queries: tuple[Query, ...]
  begun: tuple[float, ...]
  finished: tuple[float, ...]

  @property
  def idle(self) -> float:
    """Share of the workers' time in which they did nothing.

    From the start until the last of them was done: the longer they take and
    the fewer the queries, the more of it is waiting for the last ones.
    """
    return self._idle_until(max(self.finished))

  @property
  def idle_before_end(self) -> float:
    """The same until the last query was begun: what the coordinator costs."""
    return self._idle_until(max(self.begun))

  def _idle_until(self, end: float) -> float:
    busy = sum(
      min(finished, end) - begun
      for begun, finished in zip(self.begun, self.finished, strict=True)
    )
    return 1 - busy / (self.workers * end) if end else 0.0


@dataclasses.dataclass(order=True)
class _Running:
  end: float
  number: int
  begin: float = dataclasses.field(compare=False)
  proposal: Proposal = dataclasses.field(compare=False)
  query: Query = dataclasses.field(compare=False)


def simulate(
  space: SearchSpace,
  controller: Controller,
  evaluator: Evaluator,
  seed: int,
  queries: int,
  workers: int,
  clock: Callable[[], float] = time.process_time,
) -> Simulated:
  """Searches with simulated workers.

  Args:
    space: What is searched.
    controller: Who proposes, in its first state.
    evaluator: Values architectures. If it measures `predicted_seconds`, an
      evaluation takes so long; else as long as chance says.
    seed: Seed of evaluations and durations.
    queries: Architectures to value.
    workers: How many are valued at a time.
    clock: Measures the coordinator's time.

  Raises:
    UserError: There are more workers than architectures to value.
  """
  if workers > queries:
    raise UserError(
      f'Expected no more workers than the {queries} architectures to value. '
      f'Received: {workers}. The others would never have anything to do.'
    )
  return _Simulation(space, controller, evaluator, seed, clock).run(
    queries, workers
  )


class _Simulation:
  """The state of a simulated search."""

  def __init__(
    self,
    space: SearchSpace,
    controller: Controller,
    evaluator: Evaluator,
    seed: int,
    clock: Callable[[], float],
  ) -> None:
    self._space = space
    self._controller = controller
    self._evaluator = evaluator
    self._seed = seed
    self._clock = clock
    self._now = self._own = 0.0
    self._index = self._again = self._started = 0
    self._running: list[_Running] = []
    self._known: dict[str, Query | None] = {}
    self._lessons: list[Lesson] = []

  def run(self, queries: int, workers: int) -> Simulated:
    """Searches; see `simulate`."""
    done: list[_Running] = []
    while True:
      self._fill(min(workers - len(self._running), queries - self._started))
      if not self._running:
        break
      self._now = max(self._now, self._running[0].end)
      # Whoever finished while the coordinator was busy has waited for it, and
      # is given work together with the others.
      while self._running and self._running[0].end <= self._now:
        settled = heapq.heappop(self._running)
        done.append(settled)
        self._settle(settled)
    return Simulated(
      workers,
      tuple(each.query for each in done),
      tuple(each.begin for each in done),
      tuple(each.end for each in done),
    )

  def _fill(self, free: int) -> None:
    """Gives work to free workers, duplicates not counted."""
    while free > 0 and self._again < DUPLICATES_IN_A_ROW:
      pending = [each.proposal for each in sorted(self._running, key=_number)]
      proposals = self._timed(
        functools.partial(self._controller.propose, self._index, free, pending)
      )
      for proposal in proposals:
        self._index += 1
        free -= self._start(proposal)

  def _start(self, proposal: Proposal) -> bool:
    """Starts a trial; returns whether it was one and no duplicate."""
    architecture = self._space.decode(proposal.choices)
    key = architecture.canonical_key()
    if key in self._known:
      self._again += 1
      return False
    self._again = 0
    seed = derived_seed(self._seed, 'trial', self._index)
    (reward, report), outside, values = value(
      self._evaluator, Request(architecture, seed)
    )
    query = Query(
      reward, report, outside, self._index, self._own, proposal.choices
    )
    self._known[key] = query
    number, self._started = self._started, self._started + 1
    end = self._now + self._duration(number, values)
    heapq.heappush(
      self._running, _Running(end, number, self._now, proposal, query)
    )
    return True

  def _settle(self, settled: _Running) -> None:
    status = Status.INVALID if settled.query.outside else Status.COMPLETED
    self._lessons.append(Lesson(settled.proposal, settled.query.reward, status))
    if len(self._lessons) >= self._controller.batch_size:
      lessons, self._lessons = self._lessons, []
      self._timed(lambda: self._controller.learn(lessons))

  def _duration(self, number: int, values: Mapping[str, float]) -> float:
    if 'predicted_seconds' in values:
      return values['predicted_seconds']
    normal = generator(self._seed, 'duration', number).normal()
    return MEDIAN_SECONDS * math.exp(SIGMA * normal)

  def _timed(self, work: Callable[[], list[Proposal] | None]) -> list[Proposal]:
    begin = self._clock()
    result = work()
    taken = self._clock() - begin
    self._now += taken
    self._own += taken
    return result or []


def _number(running: _Running) -> int:
  return running.number
