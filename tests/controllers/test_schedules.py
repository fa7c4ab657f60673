"""What controllers that remember make of a space that grows meanwhile.

That proposals keep to the schedule, the contract tests see to.
"""

from nasnet_search.cells.chain_options import ChainOptions, DepthSchedule
from nasnet_search.cells.conv_chain_space import ConvChainSpace
from nasnet_search.cells.search_space import space_at
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.moves import mutation, neighbours
from nasnet_search.controllers.registry import make_controller
from nasnet_search.randomness import generator
from nasnet_search.trials import Lesson, Proposal, Status

SPACE = ConvChainSpace(ChainOptions(DepthSchedule(2, 2, 10, 4)))
SHORT = (0, 0, 1, 2, 3, 2, 1, 1)
"""Two layers, the second of which reads the first."""


def taught(**settings):
  config = ControllerConfig(**settings)
  one = make_controller(SPACE, config, 0)
  lessons = [Lesson(Proposal(9, SHORT), 1.0, Status.COMPLETED)]
  one.learn(lessons)
  return one


def changed(choices):
  """Returns how many of the choices about the first layers are others."""
  pairs = zip(choices[1:], SHORT[1:], strict=False)
  return sum(a != b for a, b in pairs)


def test_a_parent_grows_before_it_is_mutated():
  one = taught(
    controller='evolution', evolution_population=1, evolution_sample=1
  )
  for proposal in one.propose(10, 20, ()):
    chain = SPACE.decode(proposal.choices)
    assert len(chain.layers) == 4
    assert changed(proposal.choices) <= 1
  before = [changed(p.choices) for p in one.propose(0, 9, ())]
  assert before == [1] * 9


def test_what_a_place_has_grown_to_is_a_neighbour():
  part = space_at(SPACE, 10)
  near = list(neighbours(part, SHORT, generator(0, 'test')))
  assert {len(SPACE.decode(choices).layers) for choices in near} == {4}
  assert sum(changed(choices) == 0 for choices in near) > 1
  assert len(set(near)) == len(near)
  (grown,) = [c for c in near if c == (1, *SHORT[1:], *(0,) * 11)]
  assert SPACE.decode(grown).layers[:2] == SPACE.decode(SHORT).layers
  # Where the schedule stands still, the place itself is not its neighbour.
  assert SHORT not in neighbours(space_at(SPACE, 9), SHORT, generator(0, 'x'))


def test_the_schedule_is_not_mutated():
  for number in range(50):
    mutant = mutation(space_at(SPACE, 9), SHORT, generator(0, 'test', number))
    assert mutant[0] == 0
    assert changed(mutant) == 1


def test_local_search_climbs_on_when_chains_have_grown():
  one = taught(controller='local_search')
  proposals = one.propose(8, 4, ())
  depths = [len(SPACE.decode(p.choices).layers) for p in proposals]
  assert depths == [2, 2, 4, 4]
  assert all(changed(p.choices) <= 1 for p in proposals)


def test_a_filter_looks_for_candidates_of_the_depth_of_the_proposal():
  config = ControllerConfig(
    controller='random', predictor='ridge', predictor_pool=20
  )
  one = make_controller(SPACE, config, 0)
  one.learn(
    [
      Lesson(p, float(sum(p.choices)), Status.COMPLETED)
      for p in one.propose(0, 12, ())
    ]
  )
  proposals = one.propose(7, 6, ())
  depths = [len(SPACE.decode(p.choices).layers) for p in proposals]
  assert depths == [2, 2, 2, 4, 4, 4]
