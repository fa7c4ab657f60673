"""What PPO and REINFORCE can be strengthened by, one by one."""

import numpy as np
import pytest

from nasnet_search.controllers.baseline import rank_advantages
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.registry import make_controller
from nasnet_search.trials import Lesson, Proposal, Status
from tests.controllers import toy_spaces

SPACE = toy_spaces.FixedSpace(*(('operation', '111'),) * 4)
SETTINGS = {
  'controller': 'reinforce',
  'controller_batch_size': 5,
  'policy': 'independent',
  'policy_learning_rate': 0.1,
}


def make(space=SPACE, **settings):
  return make_controller(space, ControllerConfig(**{**SETTINGS, **settings}), 0)


def lesson(choices, reward):
  return Lesson(Proposal(0, choices), reward, Status.COMPLETED)


def frequency(one, choices, count=200):
  drawn = one.propose(1000, count, ())
  return np.mean([p.choices == choices for p in drawn])


def test_ranks_are_among_old_and_new_rewards():
  # Of 1, 5, 5, 9 each against the others: one is below, two above, …
  found = rank_advantages([5.0, 9.0], [1.0, 5.0])
  np.testing.assert_allclose(found, [(1 - 1) / 3, (3 - 0) / 3])
  np.testing.assert_allclose(rank_advantages([7.0], []), [0])


def test_ranks_do_not_care_how_far_failures_lie_below():
  one, other = (make(advantage='rank') for _ in range(2))
  rng = np.random.default_rng(0)
  many = [tuple(rng.integers(0, 3, 4).tolist()) for _ in range(10)]
  one.learn([lesson(c, float(n)) for n, c in enumerate(many)])
  other.learn([lesson(c, float(n) if n else -1e6) for n, c in enumerate(many)])
  assert one.propose(0, 50, ()) == other.propose(0, 50, ())


@pytest.mark.parametrize('policy', ['lstm', 'independent'])
def test_either_policy_learns_what_is_rewarded(policy):
  one = make(policy=policy, policy_learning_rate=0.05)
  for first in range(0, 300, 5):
    proposals = one.propose(first, 5, ())
    one.learn([lesson(p.choices, float(p.choices.count(2))) for p in proposals])
  assert np.mean([p.choices.count(2) for p in one.propose(900, 100, ())]) > 3


def test_the_independent_policy_takes_decisions_one_by_one():
  """Two good pairs that share nothing: an average of both is no better."""
  space = toy_spaces.FixedSpace(('a', '11'), ('a', '11'))
  one = make(space=space)
  good = ((0, 0), (1, 1))
  for first in range(0, 100, 5):
    proposals = one.propose(first, 5, ())
    one.learn([lesson(p.choices, float(p.choices in good)) for p in proposals])
  drawn = [p.choices for p in one.propose(500, 400, ())]
  own = np.mean(drawn, axis=0)
  both = np.mean([a and b for a, b in drawn])
  assert both == pytest.approx(own[0] * own[1], abs=0.06)


def test_the_queue_makes_the_best_likelier():
  best, rest = (2, 0, 1, 2), [(n, n, n, n) for n in (0, 1, 2)]
  one, without = make(queue_size=2, queue_weight=1.0), make()
  for controller in (one, without):
    controller.learn([lesson(best, 9.0)] + [lesson(r, 1.0) for r in rest])
    for _ in range(20):  # Lessons that say nothing.
      controller.learn([lesson(rest[0], 1.0)])
  assert frequency(one, best) > 2 * frequency(without, best)


def test_nothing_is_sampled_twice():
  one = make(avoid_duplicates=True)
  seen = []
  for first in range(0, 60, 5):
    proposals = one.propose(first, 5, ())
    seen += [p.choices for p in proposals]
    one.learn([lesson(p.choices, float(sum(p.choices))) for p in proposals])
  assert len(set(seen)) == 60
  pending = one.propose(60, 10, ())
  more = one.propose(70, 10, pending)
  assert not {p.choices for p in pending} & {p.choices for p in more}


def test_by_default_nothing_is_kept_beyond_the_policy():
  """So that the states of runs that began before stay readable."""
  from nasnet_search.controllers import state

  plain = make(policy='lstm')
  plain.learn([lesson((0, 0, 0, 0), 1.0)])
  _, arrays = state.unpack(plain.save(), 'reinforce')
  names = {name for name in arrays if not name.startswith(('adam', 'policy'))}
  assert names == {'reward_average', 'updates'}


def test_the_whole_state_is_saved():
  settings = {
    'advantage': 'rank',
    'queue_size': 3,
    'avoid_duplicates': True,
  }
  one, other = make(**settings), make(**settings)
  for first in range(0, 20, 5):
    proposals = one.propose(first, 5, ())
    one.learn([lesson(p.choices, float(sum(p.choices))) for p in proposals])
  other.load(one.save())
  assert other.save() == one.save()
  assert other.propose(20, 10, ()) == one.propose(20, 10, ())
  lessons = [lesson(p.choices, 1.0) for p in one.propose(20, 5, ())]
  one.learn(lessons)
  other.learn(lessons)
  assert other.save() == one.save()
