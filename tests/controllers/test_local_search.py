"""Local search: where it goes, and when it gives up."""

import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.controllers import state
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.registry import make_controller
from nasnet_search.trials import Lesson, Proposal, Status
from tests.controllers import toy_spaces

SPACE = toy_spaces.FixedSpace(*(('operation', '111'),) * 3)


def make(seed=0):
  config = ControllerConfig(controller='local_search', controller_batch_size=1)
  return make_controller(SPACE, config, seed)


def learn(one, choices, reward):
  one.learn([Lesson(Proposal(-1, choices), reward, Status.COMPLETED)])


def distance(one, other):
  return sum(a != b for a, b in zip(one, other, strict=True))


def test_it_asks_for_each_neighbour_once():
  one = make()
  learn(one, (1, 1, 1), 5.0)
  proposals = [p.choices for p in one.propose(1, 6, ())]
  assert len(set(proposals)) == 6
  assert {distance(p, (1, 1, 1)) for p in proposals} == {1}


def test_it_moves_to_the_first_that_is_better():
  one = make()
  learn(one, (1, 1, 1), 5.0)
  learn(one, (1, 1, 2), 4.0)
  assert one.diagnostics() == {'standing_reward': 5.0}
  learn(one, (1, 0, 1), 6.0)
  assert one.diagnostics() == {'standing_reward': 6.0}
  proposals = [p.choices for p in one.propose(3, 5, ())]
  assert {distance(p, (1, 0, 1)) for p in proposals} == {1}
  assert (1, 1, 1) not in proposals


def test_where_nothing_near_is_better_it_starts_anew():
  one = make()
  learn(one, (1, 1, 1), 5.0)
  for proposal in one.propose(1, 6, ()):
    learn(one, proposal.choices, 0.0)
  assert one.diagnostics() == {}
  (proposal,) = one.propose(7, 1, ())
  assert distance(proposal.choices, (1, 1, 1)) > 1
  learn(one, proposal.choices, 1.0)
  # It stands there although something better is known elsewhere.
  assert one.diagnostics() == {'standing_reward': 1.0}


def test_neighbours_that_run_are_not_asked_for_again():
  one = make()
  learn(one, (1, 1, 1), 5.0)
  running = one.propose(1, 4, ())
  more = one.propose(5, 4, running)
  assert not {p.choices for p in running} & {p.choices for p in more}
  # Two neighbours are left, the others are random.
  assert sum(distance(p.choices, (1, 1, 1)) == 1 for p in more) == 2


def test_everything_is_found_in_the_end():
  one, seen = make(), set()
  for index in range(27):
    (proposal,) = one.propose(index, 1, ())
    seen.add(proposal.choices)
    learn(one, proposal.choices, float(sum(proposal.choices)))
  assert len(seen) == 27


@pytest.mark.parametrize('place', [3, -2])
def test_a_state_that_stands_nowhere_is_refused(place):
  import numpy as np

  one = make()
  learn(one, (1, 1, 1), 5.0)
  _, arrays = state.unpack(one.save(), 'local_search')
  arrays['place'] = np.array(place)
  spoiled = state.pack(state.header('local_search'), arrays)
  with pytest.raises(UserError, match=f'place {place}'):
    one.load(spoiled)
