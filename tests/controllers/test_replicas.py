"""Replicas that share parameters: one is plain REINFORCE, more are stale."""

import dataclasses
import math

import numpy as np
import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.controllers import state
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.policy_gradient import PolicyGradient
from nasnet_search.controllers.registry import make_controller
from nasnet_search.controllers.replicas import Replicas
from nasnet_search.trials import Lesson, Proposal, Status
from tests.controllers.toy_spaces import SMALL

CONFIG = ControllerConfig(
  controller='reinforce',
  controller_batch_size=4,
  policy_units=8,
  policy_embedding_size=4,
  policy_learning_rate=0.05,
)
FAST = dataclasses.replace(
  CONFIG, policy='independent', controller_batch_size=2
)


def lessons_of(proposals):
  return [
    Lesson(p, float(np.sin(1 + p.index)), Status.COMPLETED) for p in proposals
  ]


def shared(one):
  """Returns the arrays that a single controller has, too."""
  kind = 'replicas' if isinstance(one, Replicas) else 'reinforce'
  _, arrays = state.unpack(one.save(), kind)
  return {
    name: arrays[name].tobytes()
    for name in arrays
    if name.startswith(('policy_', 'adam_'))
    or name in ('reward_average', 'updates')
  }


@pytest.mark.parametrize('policy', ['lstm', 'independent'])
def test_one_replica_is_plain_reinforce_bit_for_bit(policy):
  config = dataclasses.replace(CONFIG, policy=policy)
  plain = PolicyGradient('reinforce', SMALL, config, 7)
  one = Replicas(SMALL, config, 7)
  for first in range(0, 24, 4):
    proposals = plain.propose(first, 4, ())
    assert one.propose(first, 4, ()) == proposals
    plain.learn(lessons_of(proposals))
    one.learn(lessons_of(proposals))
    assert shared(one) == shared(plain)
    assert one.diagnostics() == {**plain.diagnostics(), 'staleness': 0.0}
  assert plain.propose(24, 20, ()) == one.propose(24, 20, ())


@pytest.mark.parametrize(
  ('order', 'expected'),
  [
    # Three replicas, two children each: 0 and 1 are the first one's, 2 and 3
    # the second's, 4 and 5 the third's, 6 and 7 the first one's again.
    # Taking turns: 1, 2, 3 updates later; then each is two behind.
    (range(12), [0, 1, 2, 2, 2, 2]),
    # The third is first, and is first again: nobody pushed in between.
    ([4, 5, 10, 11, 0, 1, 2, 3, 6, 7], [0, 0, 2, 3, 1]),
    # All are half done, then end in the opposite order.
    ([0, 2, 4, 5, 3, 1], [0, 1, 2]),
  ],
)
def test_staleness_as_worked_out_by_hand(order, expected):
  one = Replicas(SMALL, dataclasses.replace(FAST, replicas=3), 0)
  proposals = one.propose(0, 12, ())
  found, updates = [], 0
  for index in order:
    one.learn(lessons_of([proposals[index]]))
    if one.diagnostics().get('updates', 0) > updates:
      updates = one.diagnostics()['updates']
      found.append(one.diagnostics()['staleness'])
  assert found == expected


def test_a_stale_gradient_is_that_of_the_copy():
  """Two replicas, all logits 0 at first, one step of Adam a push.

  Adam's first step is the learning rate in the direction of the gradient
  whatever its size; here it is so large that the policy is sure of what it
  chooses. The second replica's gradient is of its copy, which has not seen
  that step: with the same lessons it is the same gradient, and Adam takes the
  very same step once more. Of the moved parameters it would be next to 0, and
  Adam's second step .67 of the first.
  """
  config = dataclasses.replace(
    FAST,
    replicas=2,
    policy_init_scale=0.0,
    entropy_weight=0.0,
    advantage='baseline',
    policy_learning_rate=3.0,
  )
  one = Replicas(SMALL, config, 0)
  choices = [(0,) * 6, (1,) * 6]
  rewards = (1.0, 0.0)

  def push(first):
    before = parameters(one)
    one.learn(
      [
        Lesson(Proposal(first + k, choices[k]), rewards[k], Status.COMPLETED)
        for k in (0, 1)
      ]
    )
    return parameters(one) - before

  first = push(0)
  # The second replica samples as before: of two inputs and five operations.
  uniform = [-math.log(2), -math.log(5)] * 3
  own, another = (one.propose(k, 1, ())[0].numbers['log_probs'] for k in (0, 2))
  assert another == pytest.approx(uniform)
  assert max(np.subtract(own, uniform)) > 0.5
  second = push(2)
  assert np.abs(first).max() == pytest.approx(3.0, rel=1e-4)
  np.testing.assert_allclose(second, first, rtol=1e-3)
  # And now the first replica's copy has seen one of the two steps.
  assert one.propose(0, 1, ())[0].numbers['policy_version'] == 1
  assert one.propose(2, 1, ())[0].numbers['policy_version'] == 2


def parameters(one):
  _, arrays = state.unpack(one.save(), 'replicas')
  return np.concatenate(
    [arrays[name].ravel() for name in sorted(arrays) if 'policy_' in name]
  )


def test_what_waits_is_saved():
  config = dataclasses.replace(FAST, replicas=2)
  one, other = Replicas(SMALL, config, 0), Replicas(SMALL, config, 0)
  proposals = one.propose(0, 8, ())
  one.learn(lessons_of([proposals[k] for k in (0, 2, 3, 4)]))
  other.load(one.save())
  assert other.save() == one.save()
  rest = lessons_of([proposals[k] for k in (5, 1, 7, 6)])
  one.learn(rest)
  other.learn(rest)
  assert other.save() == one.save()
  assert other.diagnostics() == one.diagnostics()


def test_a_state_of_other_replicas_is_refused():
  states = [
    make_controller(SMALL, dataclasses.replace(FAST, replicas=n), 0).save()
    for n in (1, 2)
  ]
  three = Replicas(SMALL, dataclasses.replace(FAST, replicas=3), 0)
  for saved, message in zip(states, ('reinforce', '3 replicas'), strict=True):
    with pytest.raises(UserError, match=message):
      three.load(saved)


@pytest.mark.parametrize(
  ('settings', 'message'),
  [
    ({'controller': 'ppo'}, '--controller=reinforce with --replicas'),
    ({'queue_size': 5}, '--replicas=1 with --queue_size'),
    ({'replay_size': 5}, '--replicas=1 with --replay_size'),
    ({'avoid_duplicates': True}, '--replicas=1 with --avoid_duplicates'),
    ({'advantage': 'rank'}, '--replicas=1 with --advantage=rank'),
    ({'advantage': 'critic'}, '--replicas=1 with --advantage=critic'),
  ],
)
def test_what_replicas_cannot_do_is_refused(settings, message):
  with pytest.raises(UserError, match=message):
    ControllerConfig(**{'controller': 'reinforce', 'replicas': 2, **settings})
