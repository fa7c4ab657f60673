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
  """Returns what replicas share and a single controller has, as bytes."""
  kind = 'replicas' if isinstance(one, Replicas) else 'reinforce'
  _, arrays = state.unpack(one.save(), kind)
  others = [arrays[name] for name in ('reward_average', 'updates')]
  return [parameters(one).tobytes(), *(each.tobytes() for each in others)]


def parameters(one):
  """Returns all parameters in the order of the policy's variables."""
  if isinstance(one, Replicas):
    return one._servers.fetch().values
  return np.concatenate([v.numpy().ravel() for v in one._policy.variables])


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


@pytest.mark.parametrize('policy', ['lstm', 'independent'])
def test_the_number_of_shards_changes_no_bit(policy):
  config = dataclasses.replace(
    CONFIG, policy=policy, replicas=3, controller_batch_size=2
  )
  some = [
    Replicas(SMALL, dataclasses.replace(config, parameter_servers=n), 7)
    for n in (1, 2, 5)
  ]
  for first in range(0, 30, 5):
    proposals = [one.propose(first, 5, ()) for one in some]
    assert proposals[0] == proposals[1] == proposals[2]
    # Settled in reverse, and learned in parts of batches.
    for one in some:
      one.learn(lessons_of(reversed(proposals[0])))
    assert shared(some[0]) == shared(some[1]) == shared(some[2])
    assert some[0].diagnostics() == some[2].diagnostics()
  copy = some[2]._servers.fetch()
  assert copy.versions == (15,) * 5
  assert (
    copy.values.tobytes() != parameters(Replicas(SMALL, config, 7)).tobytes()
  )


def test_children_per_replica_take_the_place_of_the_batch_size():
  config = dataclasses.replace(FAST, replicas=3, controller_batch_size=20)
  one, other = (
    Replicas(SMALL, each, 0)
    for each in (
      dataclasses.replace(config, children_per_replica=2),
      dataclasses.replace(config, controller_batch_size=2),
    )
  )
  assert one.batch_size == 2
  for first in range(0, 12, 4):
    proposals = other.propose(first, 4, ())
    assert one.propose(first, 4, ()) == proposals
    one.learn(lessons_of(proposals))
    other.learn(lessons_of(proposals))
  assert one.save() == other.save()


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


def test_staleness_is_of_the_updates_of_one_call():
  one = Replicas(SMALL, dataclasses.replace(FAST, replicas=3), 0)
  lessons = lessons_of(one.propose(0, 12, ()))
  one.learn(lessons[:1])
  assert one.diagnostics() == {}  # Nobody has a batch.
  one.learn(lessons[1:6])
  assert one.diagnostics()['staleness'] == 1  # Mean of 0, 1 and 2.
  one.learn(lessons[6:7])
  assert one.diagnostics() == {}


def test_a_gradient_is_as_stale_as_it_is_in_the_stalest_shard():
  config = dataclasses.replace(FAST, replicas=2, parameter_servers=3)
  one = Replicas(SMALL, config, 0)
  shard = one._servers._shards[1]
  for _ in range(2):  # Messages that have reached no other shard.
    shard.push(np.zeros_like(shard.fetch()[0]))
  one.learn(lessons_of(one.propose(0, 2, ())))
  assert one.diagnostics()['staleness'] == 2
  assert one._servers.fetch().versions == (1, 3, 1)
  # Whoever samples tells the version that all of its copy has seen.
  assert one.propose(0, 1, ())[0].numbers['policy_version'] == 1


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


def test_what_waits_is_saved():
  config = dataclasses.replace(FAST, replicas=2, parameter_servers=3)
  one, other = Replicas(SMALL, config, 0), Replicas(SMALL, config, 0)
  proposals = one.propose(0, 9, ())
  # The second replica has learned; then one waits for it, and for the first
  # one waits that somebody else proposed.
  one.learn(lessons_of([proposals[k] for k in (2, 3, 6)]))
  foreign = Proposal(8, proposals[8].choices)
  one.learn([Lesson(foreign, 0.1 + 0.2, Status.COMPLETED)])
  assert [len(each.waiting) for each in one._replicas] == [1, 1]
  other.load(one.save())
  assert other.save() == one.save()
  assert other.propose(8, 8, ()) == one.propose(8, 8, ())
  rest = lessons_of([proposals[k] for k in (7, 0, 4, 5, 1)])
  for part in (rest[:1], rest[1:2], rest[2:]):
    one.learn(part)
    other.learn(part)
    assert one.diagnostics()
    assert other.diagnostics() == one.diagnostics()
    assert other.save() == one.save()


@pytest.mark.parametrize(
  ('settings', 'message'),
  [
    ({'replicas': 1}, 'the state of a reinforce controller'),
    ({'replicas': 2}, 'of --replicas=3 .* one of --replicas=2'),
    ({'parameter_servers': 2}, 'servers=1. .* --parameter_servers=2'),
    ({'children_per_replica': 4}, 'replica=2 .* --children_per_replica=4'),
  ],
)
def test_a_state_of_other_replicas_is_refused(settings, message):
  config = dataclasses.replace(FAST, replicas=3)
  another = dataclasses.replace(config, **settings)
  saved = make_controller(SMALL, another, 0).save()
  one = Replicas(SMALL, config, 0)
  before = one.save()
  with pytest.raises(UserError, match=message):
    one.load(saved)
  assert one.save() == before


@pytest.mark.parametrize(
  'waiting', [None, [1], [(0, 'much', (0,) * 6, ())], [(0, 1.0, (9,), ())]]
)
def test_a_damaged_state_is_refused(waiting):
  one = Replicas(SMALL, dataclasses.replace(FAST, replicas=2), 0)
  header, arrays = state.unpack(one.save(), 'replicas')
  header['waiting'] = waiting
  with pytest.raises(UserError, match=r'Expected .* Received'):
    one.load(state.pack(header, arrays))


def test_more_servers_than_parameters_are_refused():
  config = dataclasses.replace(FAST, replicas=2, parameter_servers=1000)
  with pytest.raises(UserError, match='--parameter_servers to be at most'):
    Replicas(SMALL, config, 0)


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


@pytest.mark.parametrize(
  ('setting', 'left_out'),
  [('children_per_replica', 0), ('parameter_servers', 1)],
)
def test_settings_of_replicas_need_replicas(setting, left_out):
  message = (
    f'above 1 with --{setting}. Received: --replicas=1. .* or '
    f'--{setting}={left_out}'
  )
  with pytest.raises(UserError, match=message):
    ControllerConfig(controller='reinforce', **{setting: 8})
  ControllerConfig(controller='reinforce', replicas=2, **{setting: 8})
