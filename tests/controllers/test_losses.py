"""Expected values are worked out by hand."""

import math

import numpy as np
import pytest
import tensorflow as tf

from nasnet_search.controllers import losses

LOG = math.log


def tensor(values):
  return tf.constant(values, tf.float32)


def test_masked_log_softmax_is_normalised_over_what_is_allowed():
  logits = tensor([[LOG(1), LOG(3), 50.0], [7.0, LOG(2), LOG(2)]])
  allowed = tf.constant([[True, True, False], [False, True, True]])
  probs = tf.exp(losses.masked_log_softmax(logits, allowed))
  np.testing.assert_allclose(probs, [[0.25, 0.75, 0], [0, 0.5, 0.5]], 1e-6)


def test_single_allowed_outcome_has_neither_choice_nor_gradient():
  logits = tensor([[-3.0, 900.0]])
  with tf.GradientTape() as tape:
    tape.watch(logits)
    log_probs = losses.masked_log_softmax(logits, tf.constant([[True, False]]))
    value = log_probs[0, 0] + losses.entropy(log_probs)[0]
  assert float(log_probs[0, 0]) == 0
  assert float(losses.entropy(log_probs)[0]) == 0
  np.testing.assert_array_equal(tape.gradient(value, logits), [[0, 0]])


@pytest.mark.parametrize('hidden', [math.inf, -math.inf, math.nan, 1e38])
def test_what_is_not_allowed_spoils_nothing(hidden):
  logits = tensor([[LOG(1), LOG(3), hidden]])
  allowed = tf.constant([[True, True, False]])
  with tf.GradientTape() as tape:
    tape.watch(logits)
    entropy = losses.entropy(losses.masked_log_softmax(logits, allowed))
  expected = -0.25 * LOG(0.25) - 0.75 * LOG(0.75)
  np.testing.assert_allclose(entropy, [expected], 1e-6)
  # dH/dlogit_i = -p_i (log p_i + H).
  slope = -0.25 * (LOG(0.25) + expected)
  np.testing.assert_allclose(
    tape.gradient(entropy, logits), [[slope, -slope, 0]], atol=1e-6
  )


def test_entropy_of_even_softmax_is_log_of_its_size():
  log_probs = losses.masked_log_softmax(
    tf.zeros((1, 5)), tf.constant([[True, True, False, True, True]])
  )
  np.testing.assert_allclose(losses.entropy(log_probs), [LOG(4)], 1e-6)


def test_reinforce_loss():
  loss = losses.reinforce_loss(
    tensor([[-1.0, -2.0], [-3.0, -4.0]]),
    tensor([[1, 1], [1, 0]]),
    tensor([2.0, -1.0]),
    tensor([0.5, 0.25]),
  )
  # -(0.5 * 2 * (-1 - 2) + 0.25 * -1 * -3)
  assert float(loss) == pytest.approx(2.25)


def test_ppo_loss_cuts_off_gains_but_not_losses():
  log_probs = tensor([[LOG(1.5), LOG(0.5), LOG(1.1), LOG(9)]] * 2)
  loss = losses.ppo_loss(
    log_probs,
    tf.zeros((2, 4)),
    tensor([[1, 1, 1, 0]] * 2),
    tensor([1.0, -2.0]),
    tensor([1.0, 0.5]),
    clip=0.2,
  )
  # Advantage 1: min(1.5, 1.2) + min(0.5, 0.8) + 1.1 = 2.8.
  # Advantage -2: min(-3, -2.4) + min(-1, -1.6) + -2.2 = -6.8.
  assert float(loss) == pytest.approx(-(2.8 - 0.5 * 6.8))


def test_ppo_gradient_vanishes_beyond_the_clip_and_is_reinforces_at_one():
  log_probs = tensor([[LOG(1.5), LOG(1.0), LOG(0.5)]])
  with tf.GradientTape() as tape:
    tape.watch(log_probs)
    loss = losses.ppo_loss(
      log_probs, tf.zeros((1, 3)), tf.ones((1, 3)), tensor([2.0]),
      tensor([1.0]), 0.2,
    )  # fmt: skip
  np.testing.assert_allclose(tape.gradient(loss, log_probs), [[0, -2, -1]])


def test_ppo_survives_ratios_that_float32_cannot_hold():
  log_probs = tensor([[0.0, -200.0]])
  with tf.GradientTape() as tape:
    tape.watch(log_probs)
    loss = losses.ppo_loss(
      log_probs, tensor([[-200.0, 0.0]]), tf.ones((1, 2)), tensor([-1.0]),
      tensor([1.0]), 0.2,
    )  # fmt: skip
  assert np.isfinite(float(loss))
  assert np.all(np.isfinite(tape.gradient(loss, log_probs)))


def test_expected_ppo_loss_weighs_all_outcomes():
  old = tensor([[[LOG(0.5), LOG(0.5)], [LOG(0.25), LOG(0.75)]]] * 2)
  new = tensor([[[LOG(0.8), LOG(0.2)], [LOG(0.4), LOG(0.6)]]] * 2)
  loss = losses.expected_ppo_loss(
    new,
    old,
    tensor([[[3.0, 1.0], [8.0, 0.0]]]),
    tensor([[1, 1], [1, 0]]),
    tensor([0.5, 2.0]),
    clip=0.2,
  )
  # The first decision: advantages 1 and -1, ratios 1.6 and 0.4, so
  # 0.5 * min(1.6, 1.2) + 0.5 * min(-0.4, -0.8) = 0.2. The second: advantages
  # 6 and -2, ratios 1.6 and 0.8, so 0.25 * 7.2 + 0.75 * -1.6 = 0.6.
  assert float(loss) == pytest.approx(-(0.5 * (0.2 + 0.6) + 2 * 0.2))


def test_expected_ppo_gradient_is_the_mean_of_sampled_ones():
  logits = tensor([[[0.3, -0.2, 1.0, 5.0]]])
  allowed = tf.constant([[[True, True, True, False]]])
  values = tensor([[[0.5, -1.0, 2.0, 0.0]]])
  old = losses.masked_log_softmax(logits, allowed)
  one = tf.ones((1, 1))
  with tf.GradientTape(persistent=True) as tape:
    tape.watch(logits)
    new = losses.masked_log_softmax(logits, allowed)
    expected = losses.expected_ppo_loss(new, old, values, one, one[0], 0.2)
    sampled = [
      losses.ppo_loss(
        new[..., k], old[..., k], one, values[0, 0, k : k + 1], one[0], 0.2
      )
      for k in range(3)
    ]
  chances = np.exp(old.numpy()[0, 0])
  mean = sum(
    p * tape.gradient(each, logits)
    for p, each in zip(chances, sampled, strict=False)
  )
  found = tape.gradient(expected, logits)
  np.testing.assert_allclose(found, mean, atol=1e-6)
  assert abs(found[0, 0, 2]) > 0.1


def test_entropy_bonus_leaves_padding_out():
  bonus = losses.entropy_bonus(
    tensor([[1.0, 2.0], [3.0, 100.0]]),
    tensor([[1, 1], [1, 0]]),
    tensor([0.5, 2.0]),
  )
  assert float(bonus) == pytest.approx(0.5 * 3 + 2 * 3)


def test_approximate_kl_and_clip_fraction():
  log_probs = tensor([[LOG(0.5), LOG(0.3)], [LOG(0.25), 0.0]])
  old = tensor([[LOG(0.5), LOG(0.1)], [LOG(0.5), -9.0]])
  present = tensor([[1, 1], [1, 0]])
  # Ratios 1, 3 and 0.5.
  expected = (0 + (2 - LOG(3)) + (-0.5 - LOG(0.5))) / 3
  kl = losses.approximate_kl(log_probs, old, present)
  assert float(kl) == pytest.approx(expected, rel=1e-5)
  fraction = losses.clip_fraction(log_probs, old, present, 0.2)
  assert float(fraction) == pytest.approx(2 / 3)


def test_approximate_kl_estimates_the_divergence():
  old, new = np.array([0.7, 0.2, 0.1]), np.array([0.5, 0.3, 0.2])
  drawn = np.random.default_rng(0).choice(3, 100_000, p=old)
  estimate = losses.approximate_kl(
    tensor(np.log(new[drawn])[None]),
    tensor(np.log(old[drawn])[None]),
    tf.ones((1, len(drawn))),
  )
  divergence = float(np.sum(old * np.log(old / new)))
  assert float(estimate) == pytest.approx(divergence, rel=0.05)


def test_mean_over_no_decisions_is_zero():
  assert (
    float(losses.mean_over_decisions(tf.ones((1, 2)), tf.zeros((1, 2)))) == 0
  )


@pytest.mark.parametrize('wrong', range(4))
def test_wrong_ranks_are_refused(wrong):
  arguments = [tf.zeros((2, 2)), tf.ones((2, 2)), tf.zeros(2), tf.zeros(2)]
  arguments[wrong] = tf.zeros((2, 2, 1))
  with pytest.raises(ValueError, match=r'Expected a tensor of rank [12]\. Rec'):
    losses.reinforce_loss(*arguments)
