"""What PPO and REINFORCE do with lessons."""

import dataclasses
import hashlib
import math
import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from nasnet_search.cells.errors import UserError
from nasnet_search.controllers import losses
from nasnet_search.controllers.batches import make_batch, places
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.policy import Policy
from nasnet_search.controllers.policy_gradient import (
  LOG_PROBS,
  VERSION,
  PolicyGradient,
)
from nasnet_search.controllers.registry import make_controller
from nasnet_search.controllers.vocabulary import Vocabulary
from nasnet_search.trials import Lesson, Proposal, Status
from tests.controllers import toy_spaces
from tests.controllers.evaluated import evaluated

MASKED = toy_spaces.FixedSpace(('a', '110'), ('b', '11'), ('a', '111'))
CONFIG = ControllerConfig(
  policy_units=5,
  policy_embedding_size=3,
  policy_init_scale=1.0,
  controller_batch_size=4,
)


def reward_of(choices):
  return float(choices[0] == choices[2]) - 0.5 * choices[1]


def lessons_of(proposals):
  return [Lesson(p, reward_of(p.choices), Status.COMPLETED) for p in proposals]


def controller(name='ppo', space=MASKED, seed=0, **changes):
  config = dataclasses.replace(CONFIG, controller=name, **changes)
  return make_controller(space, config, seed)


def probability(one, choices):
  """Returns the probability of choices of MASKED under a controller."""
  batch = make_batch(
    one._vocabulary, [choices], [places(MASKED, choices)], one.batch_size
  )
  return math.exp(one._learner.log_probs(batch)[0, :3, 0].sum())


def test_sampled_gradient_estimates_the_exact_one():
  policy = Policy(Vocabulary.of(MASKED).size, CONFIG, seed=0)
  everything = toy_spaces.enumerate_choices(MASKED)
  where = [places(MASKED, c) for c in everything]
  batch = make_batch(Vocabulary.of(MASKED), everything, where, len(everything))
  present = batch.present.reshape(len(everything), -1)
  with tf.GradientTape(persistent=True) as tape:
    taken = evaluated(policy, batch)
    joint = tf.unstack(tf.reduce_sum(taken * present, axis=1))
  scores = np.array(
    [
      np.concatenate(
        [np.ravel(g) for g in tape.gradient(log, policy.variables)]
      )
      for log in joint
    ]
  )
  rewards = np.array([reward_of(c) for c in everything])
  exact = (np.exp(joint) * rewards) @ scores

  proposals = controller().propose(0, 4000, ())
  drawn = [everything.index(p.choices) for p in proposals]
  samples = rewards[drawn] * (scores[drawn] @ exact) / np.linalg.norm(exact)
  error = samples.std(ddof=1) / math.sqrt(len(samples))
  assert np.linalg.norm(exact) > 10 * error
  assert abs(samples.mean() - np.linalg.norm(exact)) < 2 * error
  # What the loss makes of the same lessons is the same estimate.
  sampled = make_batch(
    Vocabulary.of(MASKED),
    [p.choices for p in proposals[:100]],
    [where[d] for d in drawn[:100]],
    100,
  )
  with tf.GradientTape() as tape:
    taken = evaluated(policy, sampled)
    loss = losses.reinforce_loss(
      taken,
      tf.constant(sampled.present.reshape(100, -1)),
      tf.constant(rewards[drawn[:100]], tf.float32),
      tf.fill([100], 0.01),
    )
  gradient = np.concatenate(
    [np.ravel(g) for g in tape.gradient(loss, policy.variables)]
  )
  expected = rewards[drawn[:100]] @ scores[drawn[:100]] / 100
  np.testing.assert_allclose(-gradient, expected, atol=1e-5)


@pytest.mark.parametrize('name', ['ppo', 'reinforce'])
def test_what_was_better_becomes_likelier(name):
  one = controller(name)
  good, bad = (1, 0, 1), (1, 1, 0)
  before = [probability(one, c) for c in (good, bad)]
  one.learn(
    [
      Lesson(Proposal(0, good), 0.9, Status.COMPLETED),
      Lesson(Proposal(1, bad), 0.1, Status.DIVERGED),
    ]
  )
  assert probability(one, good) > before[0]
  assert probability(one, bad) < before[1]


def test_ppo_and_reinforce_take_the_same_first_step():
  ppo, reinforce = controller('ppo', ppo_epochs=1), controller('reinforce')
  lessons = lessons_of(ppo.propose(0, 4, ()))
  for one in (ppo, reinforce):
    one.learn(lessons)
  # Adam divides by the gradient's size, so nearly equal is close enough.
  for a, b in zip(*(o._adam.arrays().items() for o in (ppo, reinforce)),
                  strict=True):  # fmt: skip
    np.testing.assert_allclose(a[1], b[1], atol=1e-5)


def test_ppo_holds_back_where_the_policy_has_moved_on():
  """A lesson's old probability decides whether its gain is cut off."""
  one = controller('ppo', ppo_epochs=1, entropy_weight=0.0)
  good, bad = (1, 0, 1), (1, 1, 0)
  far = {LOG_PROBS: (-9.0,) * 3, VERSION: 0}  # Ratios are far above 1.2.
  near = {LOG_PROBS: (1.0,) * 3, VERSION: 0}  # And here far below 0.8.
  before = one._adam.arrays()
  one.learn(
    [
      Lesson(Proposal(0, good, far), 0.9, Status.COMPLETED),
      Lesson(Proposal(1, bad, near), 0.1, Status.COMPLETED),
    ]
  )
  for name, array in one._adam.arrays().items():
    if name.startswith('policy'):
      np.testing.assert_array_equal(array, before[name])
  assert one.diagnostics()['clip_fraction'] == 1
  assert one.diagnostics()['gradient_norm'] == 0


def test_lessons_without_numbers_count_as_proposed_just_now():
  foreign, own = controller(), controller()
  lessons = lessons_of(own.propose(0, 4, ()))
  own.learn(lessons)
  foreign.learn(
    [
      dataclasses.replace(lesson, proposal=Proposal(0, lesson.proposal.choices))
      for lesson in lessons
    ]
  )
  for name, array in own._adam.arrays().items():
    np.testing.assert_allclose(array, foreign._adam.arrays()[name], atol=1e-5)


def test_log_probabilities_may_come_back_as_a_list():
  """As JSON gives them."""
  ends = []
  for kind in (tuple, list):
    one = controller()
    numbers = {LOG_PROBS: kind((-0.5, -0.6, -0.7))}
    lessons = [
      Lesson(Proposal(i, choices, numbers), reward, Status.COMPLETED)
      for i, (choices, reward) in enumerate(
        [((1, 0, 1), 0.9), ((1, 1, 0), 0.1)]
      )
    ]
    one.learn(lessons)
    ends.append(one.save())
  assert ends[0] == ends[1]


def test_own_and_foreign_lessons_mix():
  one = controller()
  own = lessons_of(one.propose(0, 2, ()))
  foreign = [Lesson(Proposal(9, (1, 0, 1)), 0.5, Status.COMPLETED)]
  one.learn(own[:1] + foreign + own[1:])
  assert one.diagnostics()['updates'] == 1


def test_many_lessons_are_learned_as_batches():
  at_once, in_parts = controller(), controller()
  lessons = lessons_of(at_once.propose(0, 10, ()))
  at_once.learn(lessons)
  for part in (lessons[:4], lessons[4:8], lessons[8:]):
    in_parts.learn(part)
  assert at_once.save() == in_parts.save()
  assert at_once.diagnostics()['updates'] == 3


@pytest.mark.parametrize('name', ['ppo', 'reinforce'])
def test_padding_counts_for_nothing(name):
  """Two lessons in a batch of two, and of four."""
  full, padded = (controller(name, controller_batch_size=b) for b in (2, 4))
  lessons = [
    Lesson(Proposal(i, choices), reward, Status.COMPLETED)
    for i, (choices, reward) in enumerate([((1, 0, 1), 0.9), ((1, 1, 0), 0.1)])
  ]
  for one in (full, padded):
    one.learn(lessons)
  expected = full.diagnostics()
  for key, value in padded.diagnostics().items():
    assert value == pytest.approx(expected[key], rel=1e-4), key


def test_nothing_to_learn_changes_nothing():
  one = controller()
  before = one.save()
  one.learn([])
  assert one.save() == before


def test_numbers_are_exact_and_name_the_policy():
  one = controller()
  one.learn(lessons_of(one.propose(0, 8, ())))
  proposal = one.propose(8, 1, ())[0]
  assert proposal.numbers[VERSION] == 2
  for number in proposal.numbers[LOG_PROBS]:
    assert type(number) is float
    assert number == float(np.float32(number)) <= 0


@pytest.mark.parametrize('name', ['ppo', 'reinforce'])
def test_diagnostics(name):
  one = controller(name, baseline_decay=1.0)
  assert one.diagnostics() == {}
  lessons = lessons_of(one.propose(0, 4, ()))
  one.learn(lessons)
  found = one.diagnostics()
  rewards = [lesson.reward for lesson in lessons]
  assert found['reward_mean'] == pytest.approx(np.mean(rewards))
  assert found['baseline'] == pytest.approx(np.mean(rewards))
  assert found['reward_deviation'] == pytest.approx(np.std(rewards))
  assert found['updates'] == 1
  assert found['approximate_kl'] > 0
  assert found['gradient_norm'] > 0
  assert ('clip_fraction' in found) == (name == 'ppo')
  assert 0 <= found.get('clip_fraction', 0) <= 1
  # Two, two and three outcomes.
  assert 0 < found['entropy'] < (2 * math.log(2) + math.log(3)) / 3
  one.load(one.save())
  assert one.diagnostics() == {}


def test_entropy_weight_keeps_the_policy_even():
  entropies = []
  for weight in (0.0, 1.0):
    one = controller(entropy_weight=weight, policy_learning_rate=0.02)
    for batch in range(20):
      one.learn(lessons_of(one.propose(4 * batch, 4, ())))
    entropies.append(one.diagnostics()['entropy'])
  assert entropies[0] < 0.5 < entropies[1]


@pytest.mark.parametrize('reward', [math.nan, math.inf, -math.inf])
def test_rewards_that_are_no_numbers_are_refused(reward):
  one = controller()
  before = one.save()
  proposals = one.propose(0, 8, ())
  lessons = [
    *lessons_of(proposals[:7]),
    Lesson(proposals[7], reward, Status.COMPLETED),
  ]
  with pytest.raises(ValueError, match='Expected a finite reward'):
    one.learn(lessons)
  assert one.save() == before


def test_choices_of_another_space_are_refused():
  one = controller()
  before = one.save()
  lessons = lessons_of(one.propose(0, 4, ()))
  wrong = Lesson(Proposal(9, (2, 0, 0)), 0.5, Status.COMPLETED)
  with pytest.raises(UserError, match='Expected a choice that decision_0 allo'):
    one.learn([*lessons, wrong])
  assert one.save() == before


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    ({'name': 'reinforce'}, 'Expected the state of a ppo'),
    ({'policy_units': 6}, r'shape \(5, 5\), finite .* shape \(6, 5\)'),
    ({'space': toy_spaces.ChainSpace()}, 'Expected a policy over the kinds'),
  ],
)
def test_states_of_other_configurations_are_refused(change, message):
  one = controller()
  before = one.save()
  with pytest.raises(UserError, match=message):
    one.load(controller(**change).save())
  assert one.save() == before


PROGRAM = """
import hashlib, sys
import tensorflow as tf
tf.config.experimental.enable_op_determinism()
from nasnet_search.cells.nasnet_space import NASNetSpace
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.registry import make_controller
from nasnet_search.trials import Lesson, Status
from tests.controllers.toy_spaces import AnchorSpace
digest = hashlib.sha256()
for name, space in (('ppo', NASNetSpace()), ('reinforce', AnchorSpace())):
  one = make_controller(space, ControllerConfig(controller=name), 3)
  for index in range(0, 25, 10):
    proposals = one.propose(index, min(10, 25 - index), ())
    digest.update(repr(proposals).encode())
    one.learn([
      Lesson(p, sum(p.choices) / 99, Status.COMPLETED) for p in proposals
    ])
    digest.update(one.save())
print(digest.hexdigest())
"""


def test_fresh_processes_learn_the_same_to_the_last_bit():
  processes = [
    subprocess.Popen(
      [sys.executable, '-c', PROGRAM],
      env={**os.environ, 'PYTHONHASHSEED': hash_seed},
      stdout=subprocess.PIPE,
      text=True,
    )
    for hash_seed in ('1', '2')
  ]
  first, second = (p.communicate(timeout=300)[0].strip() for p in processes)
  assert len(first) == len(hashlib.sha256().hexdigest())
  assert first == second


def test_controllers_are_policy_gradients():
  assert isinstance(controller('ppo'), PolicyGradient)
  assert isinstance(controller('reinforce'), PolicyGradient)
