"""Losses of policy gradients, as pure functions of tensors.

Shapes: `batch` are lessons, `decisions` the decisions of a lesson (padded
ones are marked absent), `outcomes` what a decision can choose.

A lesson's log-probability is the sum over its decisions (the joint
probability is the product of the softmaxes: NASNet paper, App. A.1), and so
is its entropy. A batch is a weighted sum over its lessons: with weights of
one over their number the losses are sample means, and with the probabilities
of all lessons as weights they are exact expectations.
"""

from typing import Any

import tensorflow as tf

IMPOSSIBLE = -1e30
"""The log-probability of what is not allowed: finite, so that times a
probability of 0 it is 0 and not NaN, also in gradients."""

MAX_LOG_RATIO = 20.0
"""Log-ratios are held within plus or minus this: exp(89) is infinite in
float32, and one infinite gradient would end a search. It is far outside of
any clip range, so it never binds unless something is already amiss."""


def masked_log_softmax(logits: Any, allowed: Any) -> Any:
  """Returns log-probabilities over the allowed outcomes.

  Args:
    logits: `[..., outcomes]`; whatever they are where not allowed.
    allowed: bool `[..., outcomes]`, at least one true in each.

  Returns:
    `[..., outcomes]`, about `IMPOSSIBLE` where not allowed.
  """
  return tf.nn.log_softmax(tf.where(allowed, logits, IMPOSSIBLE))


def entropy(log_probs: Any) -> Any:
  """Returns the entropy of masked softmaxes, in nats.

  Args:
    log_probs: `[..., outcomes]`, as `masked_log_softmax` returns them.

  Returns:
    `[...]`.
  """
  return -tf.reduce_sum(tf.exp(log_probs) * log_probs, axis=-1)


def of_chosen(log_probs: Any, chosen: Any) -> Any:
  """Returns the log-probabilities of what was chosen.

  Args:
    log_probs: `[..., outcomes]`, as `masked_log_softmax` returns them.
    chosen: A single 1 in each, same shape.

  Returns:
    `[...]`.
  """
  return tf.reduce_sum(log_probs * chosen, axis=-1)


def reinforce_loss(
  log_probs: Any, present: Any, advantages: Any, weights: Any
) -> Any:
  """Returns REINFORCE's loss (Williams 1992).

  Its gradient is minus the score-function estimate of the gradient of the
  expected reward.

  Args:
    log_probs: Of what was chosen, `[batch, decisions]`.
    present: 1 where there is a decision and 0 elsewhere, same shape.
    advantages: `[batch]`.
    weights: `[batch]`.

  Returns:
    A scalar.
  """
  _check_ranks(log_probs, present, advantages, weights)
  joint = tf.reduce_sum(log_probs * present, axis=1)
  return -tf.reduce_sum(weights * advantages * joint)


def ppo_loss(
  log_probs: Any,
  old_log_probs: Any,
  present: Any,
  advantages: Any,
  weights: Any,
  clip: float,
) -> Any:
  """Returns PPO's clipped loss (Schulman et al. 2017, equation 7).

  Each decision is an action with its own probability ratio; all decisions of
  a lesson have the lesson's advantage. Where old and present policy are
  equal, its gradient is that of `reinforce_loss`.

  Args:
    log_probs: Of what was chosen, `[batch, decisions]`.
    old_log_probs: The same when it was proposed, same shape.
    present: 1 where there is a decision and 0 elsewhere, same shape.
    advantages: `[batch]`.
    weights: `[batch]`.
    clip: How far the ratio may leave 1 before the gain is cut off.

  Returns:
    A scalar.
  """
  _check_ranks(log_probs, present, advantages, weights, old_log_probs)
  ratios = _ratios(log_probs, old_log_probs)
  gains = advantages[:, None]
  clipped = tf.clip_by_value(ratios, 1 - clip, 1 + clip)
  lower = tf.minimum(ratios * gains, clipped * gains)
  return -tf.reduce_sum(weights * tf.reduce_sum(lower * present, axis=1))


def expected_ppo_loss(
  log_probs: Any,
  old_log_probs: Any,
  values: Any,
  present: Any,
  weights: Any,
  clip: float,
) -> Any:
  """Returns PPO's clipped loss, expected over what could have been chosen.

  As `ppo_loss`, but of every outcome in proportion to its old probability, and
  not only of the one that was sampled (Ciosek and Whiteson 2018, arXiv
  1706.05374, section 3). The advantage of an outcome is its value less the mean
  of the values under the old policy.

  Args:
    log_probs: Of what could be chosen, `[batch, decisions, outcomes]`.
    old_log_probs: The same before the update, same shape.
    values: What each outcome is worth, broadcast to the same shape.
    present: 1 where there is a decision and 0 elsewhere, `[batch, decisions]`.
    weights: `[batch]`.
    clip: How far the ratio may leave 1 before the gain is cut off.

  Returns:
    A scalar.
  """
  chances = tf.exp(old_log_probs)
  gains = values - tf.reduce_sum(chances * values, axis=-1, keepdims=True)
  ratios = _ratios(log_probs, old_log_probs)
  clipped = tf.clip_by_value(ratios, 1 - clip, 1 + clip)
  lower = tf.minimum(ratios * gains, clipped * gains)
  expected = tf.reduce_sum(chances * lower, axis=-1)
  _check_ranks(expected, present, weights, weights)
  return -tf.reduce_sum(weights * tf.reduce_sum(expected * present, axis=1))


def entropy_bonus(entropies: Any, present: Any, weights: Any) -> Any:
  """Returns the weighted sum of the lessons' entropies.

  Args:
    entropies: Of each decision, `[batch, decisions]`.
    present: 1 where there is a decision and 0 elsewhere, same shape.
    weights: `[batch]`.

  Returns:
    A scalar, in nats.
  """
  _check_ranks(entropies, present, weights, weights)
  return tf.reduce_sum(weights * tf.reduce_sum(entropies * present, axis=1))


def mean_over_decisions(values: Any, present: Any) -> Any:
  """Returns the mean of a number over the decisions that are present.

  Args:
    values: `[batch, decisions]`.
    present: 1 where there is a decision and 0 elsewhere, same shape.

  Returns:
    A scalar.
  """
  return tf.math.divide_no_nan(
    tf.reduce_sum(values * present), tf.reduce_sum(present)
  )


def approximate_kl(log_probs: Any, old_log_probs: Any, present: Any) -> Any:
  """Returns an estimate of the divergence of the policy from the old one.

  KL(old || new) as the mean of `ratio - 1 - log(ratio)` over what the old
  policy chose: unbiased, never negative, of less variance than the mean of
  `-log(ratio)` (Schulman, "Approximating KL divergence", 2020).

  Args:
    log_probs: Of what was chosen, `[batch, decisions]`.
    old_log_probs: The same when it was proposed, same shape.
    present: 1 where there is a decision and 0 elsewhere, same shape.

  Returns:
    A scalar, in nats per decision.
  """
  ratios = _ratios(log_probs, old_log_probs)
  return mean_over_decisions(ratios - 1 - tf.math.log(ratios), present)


def clip_fraction(
  log_probs: Any, old_log_probs: Any, present: Any, clip: float
) -> Any:
  """Returns the share of decisions whose ratio is outside the clip range.

  Args:
    log_probs: Of what was chosen, `[batch, decisions]`.
    old_log_probs: The same when it was proposed, same shape.
    present: 1 where there is a decision and 0 elsewhere, same shape.
    clip: The clip range.

  Returns:
    A scalar from 0 to 1.
  """
  outside = tf.abs(_ratios(log_probs, old_log_probs) - 1) > clip
  return mean_over_decisions(tf.cast(outside, tf.float32), present)


def _ratios(log_probs: Any, old_log_probs: Any) -> Any:
  difference = log_probs - old_log_probs
  return tf.exp(tf.clip_by_value(difference, -MAX_LOG_RATIO, MAX_LOG_RATIO))


def _check_ranks(
  decisions: Any, present: Any, advantages: Any, weights: Any, *more: Any
) -> None:
  for tensor, rank in (
    *((t, 2) for t in (decisions, present, *more)),
    *((t, 1) for t in (advantages, weights)),
  ):
    # A [batch] tensor would broadcast against [batch, decisions] silently.
    if len(tensor.shape) != rank:
      raise ValueError(
        f'Expected a tensor of rank {rank}. Received: shape {tensor.shape}.'
      )
