"""Edits have the probabilities that they say, and change what they say."""

import collections
import itertools
import math

import numpy as np
import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.cells.search_space import random_choices
from nasnet_search.controllers.batches import make_batch, places, stack
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.edits import (
  ANOTHER,
  EDIT_AFTER,
  PRESSURE,
  TRIES,
  Edit,
  Editor,
)
from nasnet_search.controllers.independent_policy import PooledPolicy
from nasnet_search.controllers.policy_gradient import LOG_PROBS
from nasnet_search.controllers.registry import make_controller
from nasnet_search.controllers.sampling import Sampler, pick
from nasnet_search.controllers.vocabulary import Vocabulary
from nasnet_search.trials import Lesson, Proposal, Status
from tests.controllers import toy_spaces
from tests.controllers.evaluated import evaluated

SPACE = toy_spaces.FixedSpace(('a', '111'), ('b', '1101'), ('a', '111'))
EVERYTHING = toy_spaces.enumerate_choices(SPACE)
CONFIG = ControllerConfig(policy='pooled', policy_init_scale=1.0)
EDITS = {
  'controller_batch_size': 5,
  'policy': 'pooled',
  'advantage': 'rank',
  'policy_init_scale': 1.0,
  'queue_size': 3,
  'queue_weight': 0.0,
  'edit_share': 1.0,
  'replay_size': 8,
}


def itself(choices):
  return choices


def make_editor(space=SPACE, seed=0, doubt=0.0):
  vocabulary = Vocabulary.of(space)
  policy = PooledPolicy(vocabulary.size, vocabulary.steps, CONFIG, seed)
  sampler = Sampler(space, vocabulary, policy)

  def log_probs(choices):
    found = joint_log_probs(policy, vocabulary, space, [choices])
    return np.array(found[choices])

  editor = Editor(space, sampler, itself, seed, log_probs, doubt)
  return editor, policy, vocabulary


def joint_log_probs(policy, vocabulary, space, everything):
  """Returns the policy's log-probability of each decision, enumerated."""
  where = [places(space, choices) for choices in everything]
  batch = make_batch(vocabulary, everything, where, len(everything))
  taken = evaluated(policy, batch)
  return {
    choices: tuple(row[: len(choices)])
    for choices, row in zip(everything, taken.numpy().tolist(), strict=True)
  }


def expected_of_one_change(parent, taken, logs, doubt):
  """Returns the distribution of edits of one decision, by enumeration."""
  expected = collections.Counter()
  doubts = [(1.1 - math.exp(log)) ** doubt for log in logs[parent]]
  for position in range(len(parent)):
    options = [
      c
      for c in EVERYTHING
      if c not in taken
      and c[position] != parent[position]
      and c[:position] + c[position + 1 :]
      == parent[:position] + parent[position + 1 :]
    ]
    weights = [math.exp(logs[c][position]) for c in options]
    for choices, weight in zip(options, weights, strict=True):
      drawn = doubts[position] / sum(doubts)
      expected[choices] += drawn * weight / sum(weights)
  return expected


@pytest.mark.slow
@pytest.mark.parametrize('doubt', [0.0, 1.0, 3.0])
def test_single_edits_have_the_probabilities_of_enumeration(doubt):
  editor, policy, vocabulary = make_editor(doubt=doubt)
  logs = joint_log_probs(policy, vocabulary, SPACE, EVERYTHING)
  parent = (1, 0, 2)
  taken = {parent, (1, 1, 2), (0, 0, 2)}
  expected = expected_of_one_change(parent, taken, logs, doubt)
  assert sum(expected.values()) == pytest.approx(1)
  drawn = [editor.edit(index, [parent], taken) for index in range(3000)]
  near = [c for c, _ in drawn if sum(map(int.__ne__, c, parent)) == 1]
  found = collections.Counter(near)
  assert set(found) == set(expected)
  # One try in ten goes on to change more.
  assert len(near) / len(drawn) == pytest.approx(1 - ANOTHER, abs=0.02)
  for choices, share in expected.items():
    error = 3 * math.sqrt(share * (1 - share) / len(near))
    assert found[choices] / len(near) == pytest.approx(share, abs=error)


def test_log_probabilities_are_those_of_the_policy():
  """Of kept and of chosen decisions, whatever the edit was narrowed to."""
  editor, policy, vocabulary = make_editor()
  logs = joint_log_probs(policy, vocabulary, SPACE, EVERYTHING)
  for index in range(50):
    choices, numbers = editor.edit(index, [(1, 0, 2)], {(1, 0, 2)})
    np.testing.assert_allclose(numbers, logs[choices], atol=1e-5)


def test_the_better_is_edited_more_often():
  """Of three that differ everywhere, so that edits tell their parents."""
  editor, *_ = make_editor()
  queue = [(0, 0, 0), (1, 1, 1), (2, 3, 2)]
  found = np.zeros(3)
  for index in range(1000):
    choices, _ = editor.edit(index, queue, set(queue))
    same = [sum(map(int.__eq__, choices, parent)) for parent in queue]
    if max(same) == 2:
      found[same.index(2)] += 1
  weights = np.exp(-np.arange(3) / PRESSURE)
  np.testing.assert_allclose(
    found / found.sum(), weights / weights.sum(), atol=0.05
  )


def test_where_nothing_near_the_best_is_new_others_are_edited():
  editor, *_ = make_editor()
  queue = [(0, 0, 0), (2, 3, 2)]
  near = {c for c in EVERYTHING if sum(map(int.__ne__, c, queue[0])) < 2}
  taken = near | {queue[1]}
  drawn = [editor.edit(index, queue, taken)[0] for index in range(50)]
  assert any(sum(map(int.__eq__, c, queue[1])) == 2 for c in drawn)


def test_nothing_taken_is_returned():
  editor, *_ = make_editor()
  rest = set(EVERYTHING)
  parent = (1, 0, 2)
  for index in itertools.count():
    edited = editor.edit(index, [parent], set(EVERYTHING) - rest)
    if edited is None:
      break
    assert edited[0] in rest
    rest.remove(edited[0])
  # Neighbours go first, and hardly anything is left when all tries fail.
  assert len(rest) < len(EVERYTHING) / 2
  assert editor.edit(0, [parent], set(EVERYTHING)) is None


def test_with_nothing_new_all_tries_are_made():
  editor, *_ = make_editor()
  asked = []
  sample = editor._sampler.sample

  def watched(rngs, guides, parts):
    asked.append(len(rngs))
    return sample(rngs, guides, parts)

  editor._sampler.sample = watched
  editor.edit(0, [(1, 0, 2)], set(EVERYTHING))
  assert asked == [1, TRIES - 1]


@pytest.mark.parametrize(
  'space',
  [toy_spaces.ChainSpace(), toy_spaces.TreeSpace(), toy_spaces.AnchorSpace()],
  ids=['chain', 'tree', 'anchors'],
)
def test_edits_are_complete_whatever_the_masks(space):
  editor, *_ = make_editor(space)
  rng = np.random.default_rng(0)
  for index in range(30):
    parent = random_choices(space, rng)
    edited = editor.edit(index, [parent], {parent})
    if edited is not None:
      choices, numbers = edited
      assert choices != parent
      assert len(places(space, choices)) == len(numbers) == len(choices)


def test_an_edit_offers_only_what_is_new_at_its_last_decision():
  edit = Edit(SPACE, (1, 0, 2), (1,), itself, {(1, 1, 2)})
  decisions = [SPACE.next_decision((0,) * n) for n in range(3)]
  assert edit.offered((), decisions[0]) == [False, True, False]
  assert edit.offered((1,), decisions[1]) == [False, False, False, True]
  assert edit.offered((1, 3), decisions[2]) == [False, False, True]


def test_pick_narrows_and_tells_the_probability_among_all():
  logits = np.array([[0.0, 0.0, -2000.0, 0.0]], np.float32)
  allowed = np.array([[True, True, True, False]])
  offered = np.array([[False, False, True, False]])
  outcomes, log_probs = pick(logits, allowed, np.array([0.3]), offered)
  assert outcomes.tolist() == [2]
  np.testing.assert_allclose(log_probs, [-2000 - math.log(2)], 1e-6)


def lesson(choices, reward):
  return Lesson(Proposal(0, choices), reward, Status.COMPLETED)


def controller(**changes):
  return make_controller(SPACE, ControllerConfig(**{**EDITS, **changes}), 0)


def test_edits_begin_when_there_is_something_to_edit():
  one = controller()
  without = controller(edit_share=0.0)
  some = [lesson(c, float(sum(c))) for c in EVERYTHING[: EDIT_AFTER - 1]]
  for each in (one, without):
    each.learn(some)
  assert one.propose(0, 5, ()) == without.propose(0, 5, ())
  one.learn([lesson((2, 3, 2), 9.0)])
  changed = [
    sum(map(int.__ne__, p.choices, (2, 3, 2))) for p in one.propose(10, 10, ())
  ]
  assert min(changed) == 1
  assert changed.count(1) >= 4


def test_what_is_pending_is_no_edit():
  one = controller()
  one.learn([lesson(c, float(sum(c))) for c in EVERYTHING[:10]])
  pending = one.propose(0, 6, ())
  more = one.propose(6, 6, pending)
  choices = [p.choices for p in (*pending, *more)]
  assert len(set(choices)) == 12
  assert all(len(p.numbers[LOG_PROBS]) == 3 for p in pending)


def test_trials_learned_again_go_on_teaching():
  """A lesson of long ago counts without its being told again."""
  means = []
  for size in (0, 8):
    one = controller(edit_share=0.0, replay_size=size, advantage='rank')
    one.learn([lesson((2, 3, 2), 9.0), *(lesson((0, n, 0), 0.0) for n in (0,))])
    for _ in range(20):
      one.learn([lesson((0, 1, 0), 0.0)])
    drawn = one.propose(100, 100, ())
    means.append(np.mean([p.choices.count(2) for p in drawn]))
  assert means[1] > means[0] + 0.5


@pytest.mark.parametrize(
  'advantage', ['baseline', 'normalized', 'rank', 'critic']
)
def test_the_state_of_edits_is_saved_whole(advantage):
  one, other = (controller(advantage=advantage) for _ in range(2))
  for first in range(0, 20, 5):
    proposals = one.propose(first, 5, ())
    one.learn([lesson(p.choices, float(sum(p.choices))) for p in proposals])
  other.load(one.save())
  assert other.propose(20, 5, ()) == one.propose(20, 5, ())
  lessons = [lesson(p.choices, 1.0) for p in one.propose(20, 5, ())]
  for each in (one, other):
    each.learn(lessons)
  assert other.save() == one.save()


def test_a_pooled_policy_learns_at_one_decision_for_all_of_its_kind():
  """Decisions 0 and 2 are of one kind; what is good at 0 is likelier at 2."""
  shares = []
  for policy in ('independent', 'pooled'):
    one = controller(
      policy=policy,
      edit_share=0.0,
      replay_size=0,
      policy_init_scale=0.0,
      entropy_weight=0.0,
    )
    for _ in range(30):
      # At decision 2 both outcomes are as good, and the third is never seen.
      one.learn(
        [
          lesson((first, 0, n), float(first))
          for first in (0, 2)
          for n in (0, 1)
        ]
      )
    drawn = one.propose(100, 200, ())
    shares.append(np.mean([p.choices[2] == 2 for p in drawn]))
  assert shares[1] > shares[0] + 0.2


def test_stacked_rows_are_the_batch_of_all():
  space = toy_spaces.AnchorSpace()
  vocabulary = Vocabulary.of(space)
  rng = np.random.default_rng(0)
  everything = [random_choices(space, rng) for _ in range(4)]
  where = [places(space, choices) for choices in everything]
  whole = make_batch(vocabulary, everything, where, 6)
  rows = [
    make_batch(vocabulary, [choices], [places_], 1)
    for choices, places_ in zip(everything, where, strict=True)
  ]
  stacked = stack(rows, 6)
  for name in ('inputs', 'allowed', 'chosen', 'present'):
    np.testing.assert_array_equal(getattr(stacked, name), getattr(whole, name))


def test_edits_without_a_queue_are_refused():
  with pytest.raises(UserError, match='Expected --queue_size above 0'):
    ControllerConfig(edit_share=0.5)
