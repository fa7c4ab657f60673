"""One search in memory: a controller against an evaluator that is quick.

It means what the search loop means with one worker: proposals are asked for
and learned in batches, and an architecture proposed again is learned with the
outcome it had and not charged. It writes nothing, so the controller's own
time is nearly all there is.
"""

import dataclasses
import time
from collections.abc import Mapping

from nasnet_search.cells.search_space import Choices, SearchSpace
from nasnet_search.controllers.protocol import Controller
from nasnet_search.evaluators.protocol import (
  Evaluator,
  Refused,
  Request,
  Silent,
)
from nasnet_search.evaluators.rewards import compute_reward
from nasnet_search.randomness import derived_seed
from nasnet_search.runs.stopping import DUPLICATES_IN_A_ROW
from nasnet_search.trials import Lesson, Proposal, Status


@dataclasses.dataclass(frozen=True)
class Query:
  """An architecture that was valued.

  Attributes:
    reward: What the controller learned.
    report: What is reported of it, and not learned.
    outside: Whether the evaluator knows nothing of it.
    proposals: Proposals up to this one, duplicates counted.
    seconds: Processor time of the controller up to this one.
    choices: What was chosen.
  """

  reward: float
  report: float
  outside: bool
  proposals: int
  seconds: float
  choices: Choices


def run_search(
  space: SearchSpace,
  controller: Controller,
  evaluator: Evaluator,
  seed: int,
  queries: int,
) -> list[Query]:
  """Searches.

  Args:
    space: What is searched.
    controller: Who proposes, in its first state.
    evaluator: Values architectures; it measures `reward` and `report`.
    seed: Seed of the evaluations.
    queries: Architectures to value.

  Returns:
    What was valued, in order; fewer if the controller proposes nothing new.
  """
  found: list[Query] = []
  known: dict[str, Query] = {}
  index = again = 0
  seconds = 0.0
  lessons: list[Lesson] = []
  while len(found) < queries and again < DUPLICATES_IN_A_ROW:
    count = controller.batch_size - len(lessons)
    begin = time.process_time()
    proposals = controller.propose(index, count, ())
    seconds += time.process_time() - begin
    for proposal in proposals:
      architecture = space.decode(proposal.choices)
      key = architecture.canonical_key()
      index += 1
      again = again + 1 if key in known else 0
      if key not in known and len(found) < queries:
        request = Request(architecture, derived_seed(seed, 'trial', index))
        numbers, outside, _ = value(evaluator, request)
        known[key] = Query(*numbers, outside, index, seconds, proposal.choices)
        found.append(known[key])
      if key in known:
        lessons.append(_lesson(proposal, known[key]))
    begin = time.process_time()
    controller.learn(lessons)
    seconds += time.process_time() - begin
    lessons = []
  return found


def value(
  evaluator: Evaluator, request: Request
) -> tuple[tuple[float, float], bool, Mapping[str, float]]:
  """Values an architecture, one that the evaluator knows nothing of included.

  Args:
    evaluator: Values architectures.
    request: What to value.

  Returns:
    Reward and report, whether nothing is known of it, and all values.
  """
  try:
    values = dict(evaluator.evaluate(request, Silent()).values)
    outside = False
  except Refused:
    values, outside = dict(evaluator.chance()), True
  reward = compute_reward(evaluator.default_reward, values)
  return (reward, values.get('report', reward)), outside, values


def _lesson(proposal: Proposal, query: Query) -> Lesson:
  status = Status.INVALID if query.outside else Status.COMPLETED
  return Lesson(proposal, query.reward, status)
