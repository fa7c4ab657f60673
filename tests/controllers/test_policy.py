"""The policy against an LSTM written out in NumPy, and its exact gradient."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from nasnet_search.cells.nasnet_space import NASNetSpace
from nasnet_search.cells.search_space import random_choices
from nasnet_search.controllers import losses
from nasnet_search.controllers.batches import make_batch, places
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.policy import WEIGHTS, Policy
from nasnet_search.controllers.vocabulary import Vocabulary
from tests.controllers import toy_spaces
from tests.controllers.evaluated import evaluated as evaluated_by

# Large weights make probabilities that are far from even.
CONFIG = ControllerConfig(
  policy_units=5, policy_embedding_size=3, policy_init_scale=1.0
)
SPACES = [
  NASNetSpace(blocks=2),
  toy_spaces.FixedSpace(('a', '110'), ('b', '11'), ('a', '111')),
  toy_spaces.ChainSpace(),
  toy_spaces.TreeSpace(),
  toy_spaces.AnchorSpace(),
]


def evaluated(space, policy, choices):
  """Returns log-probabilities and presence `[batch, decisions]` as tensors."""
  where = [places(space, c) for c in choices]
  batch = make_batch(Vocabulary.of(space), choices, where, len(choices))
  return evaluated_by(policy, batch), batch.present.reshape(len(choices), -1)


def by_hand(space, policy, choices):
  """Returns the log-probability of each choice, step by step in float64."""
  sigmoid = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731
  weights = dict(
    zip(WEIGHTS, (v.numpy() for v in policy.variables), strict=True)
  )
  weights = {name: w.astype(np.float64) for name, w in weights.items()}
  vocabulary = Vocabulary.of(space)
  hidden = cell = np.zeros(policy.units)
  embedded = weights['embedding'][-1]
  group, result, total = None, [], 0
  for position, choice in enumerate(choices):
    decision = space.next_decision(choices[:position])
    if decision.group != group:
      gates = (
        (embedded if position == 0 else total) @ weights['lstm_kernel']
        + hidden @ weights['lstm_recurrent_kernel']
        + weights['lstm_bias']
      )
      into, forget, new, out = np.split(gates, 4)
      cell = sigmoid(forget) * cell + sigmoid(into) * np.tanh(new)
      hidden = sigmoid(out) * np.tanh(cell)
      logits = hidden @ weights['head_kernel'] + weights['head_bias']
      group, total = decision.group, 0
    start = vocabulary.offset(decision)
    head = np.exp(logits[start : start + decision.size])
    probs = head * decision.allowed / np.sum(head * decision.allowed)
    result.append(np.log(probs[choice]))
    total = total + weights['embedding'][start + choice]
  return result


@pytest.mark.parametrize('space', SPACES, ids=lambda s: type(s).__name__)
def test_log_probabilities_are_those_of_an_lstm(space):
  policy = Policy(Vocabulary.of(space).size, CONFIG, seed=3)
  rng = np.random.default_rng(0)
  choices = [random_choices(space, rng) for _ in range(6)]
  taken, present = evaluated(space, policy, choices)
  for row, mine in enumerate(choices):
    np.testing.assert_allclose(
      taken.numpy()[row][present[row] == 1],
      by_hand(space, policy, mine),
      atol=2e-6,
    )


@pytest.mark.parametrize('space', SPACES[1:], ids=lambda s: type(s).__name__)
def test_probabilities_of_all_choices_sum_to_one(space):
  policy = Policy(Vocabulary.of(space).size, CONFIG, seed=4)
  if isinstance(space, toy_spaces.ChainSpace):
    space = toy_spaces.ChainSpace(5)
    policy = Policy(Vocabulary.of(space).size, CONFIG, seed=4)
  choices = toy_spaces.enumerate_choices(space)
  taken, present = evaluated(space, policy, choices)
  joint = tf.exp(tf.reduce_sum(taken * present, axis=1))
  assert float(tf.reduce_sum(joint)) == pytest.approx(1, abs=1e-5)


def test_weights_are_uniform_within_the_scale():
  policy = Policy(21, ControllerConfig(), seed=0)
  for variable in policy.variables:
    values = variable.numpy()
    assert np.abs(values).max() <= 0.1
    assert values.std() == pytest.approx(0.1 / 3**0.5, rel=0.25)


def test_weights_depend_on_the_seed_only():
  keras.utils.set_random_seed(1)
  one = Policy(21, ControllerConfig(), seed=0)
  state = np.random.get_state()[1].copy()  # noqa: NPY002 - not to be touched.
  keras.utils.set_random_seed(2)
  same = Policy(21, ControllerConfig(), seed=0)
  other = Policy(21, ControllerConfig(), seed=1)
  for a, b, c in zip(*(p.variables for p in (one, same, other)), strict=True):
    np.testing.assert_array_equal(a.numpy(), b.numpy())
    assert not np.array_equal(a.numpy(), c.numpy())
  assert state is not None


def test_mixed_precision_for_children_is_not_for_the_policy():
  keras.mixed_precision.set_global_policy('mixed_bfloat16')
  try:
    policy = Policy(4, CONFIG, seed=0)
    logits, *_ = policy.step(
      tf.ones((1, 5)), tf.zeros((1, 5)), tf.zeros((1, 5))
    )
  finally:
    keras.mixed_precision.set_global_policy('float32')
  assert logits.dtype == tf.float32


MASKED = toy_spaces.FixedSpace(('a', '110'), ('b', '11'), ('a', '111'))


def rewards_of(choices):
  return tf.constant(
    [0.3 * a - 0.5 * b + 0.2 * c + 0.7 * (a == c) for a, b, c in choices]
  )


@pytest.mark.parametrize('space', [MASKED, toy_spaces.AnchorSpace(3)])
def test_policy_gradient_is_the_exact_gradient(space):
  policy = Policy(Vocabulary.of(space).size, CONFIG, seed=5)
  choices = toy_spaces.enumerate_choices(space)
  rewards = rewards_of([c[:3] for c in choices])
  with tf.GradientTape(persistent=True) as tape:
    taken, present = evaluated(space, policy, choices)
    probs = tf.exp(tf.reduce_sum(taken * present, axis=1))
    expected_reward = tf.reduce_sum(probs * rewards)
    weights = tf.stop_gradient(probs)
    reinforce = losses.reinforce_loss(taken, present, rewards - 0.1, weights)
    ppo = losses.ppo_loss(
      taken, tf.stop_gradient(taken), present, rewards - 0.1, weights, 0.2
    )
  exact = tape.gradient(expected_reward, policy.variables)
  assert float(tf.linalg.global_norm(exact)) > 0.05
  for loss in (reinforce, ppo):
    for estimate, gradient in zip(
      tape.gradient(loss, policy.variables), exact, strict=True
    ):
      np.testing.assert_allclose(-estimate, gradient, atol=1e-5)
