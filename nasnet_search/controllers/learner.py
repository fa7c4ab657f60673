"""Which way a policy's weights should move: a loss, and its gradient."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from nasnet_search.controllers import losses
from nasnet_search.controllers.batches import Batch
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.controllers.policies import AnyPolicy

Step = Callable[[Sequence[Any]], None]
"""Moves the weights of a policy, given a gradient for each of them."""


class Learner:
  """Updates a policy by `ppo` or `reinforce`.

  Args:
    algorithm: Which of them.
    policy: Whose gradient is taken.
    config: How it learns.
  """

  def __init__(
    self, algorithm: str, policy: AnyPolicy, config: ControllerConfig
  ) -> None:
    self._algorithm = algorithm
    self._policy = policy
    self._config = config
    # REINFORCE's estimate holds only where the samples came from, so it
    # takes one step.
    self._epochs = config.ppo_epochs if algorithm == 'ppo' else 1
    # Traced once for each shape; batches.py keeps the shapes few.
    self._evaluate = tf.function(self._log_probs, autograph=False)
    self._gradients = tf.function(self._take_gradients, autograph=False)

  def log_probs(self, batch: Batch) -> np.ndarray:
    """Returns the present log-probabilities of what a batch chose.

    Args:
      batch: The choices.

    Returns:
      float32, of the shape of `batch.present`.
    """
    choices = _choices(batch)
    taken = losses.of_chosen(self._evaluate(choices), choices.chosen)
    found: np.ndarray = taken.numpy().reshape(batch.present.shape)
    return found

  def update(
    self,
    batch: Batch,
    old_log_probs: np.ndarray,
    advantages: np.ndarray,
    step: Step,
    queue: int = 0,
    values: np.ndarray | None = None,
  ) -> dict[str, float]:
    """Has the policy's weights moved.

    Args:
      batch: What was chosen: by the lessons, then by the queue of the best
        architectures, then padding.
      old_log_probs: What `log_probs` would have returned when the lessons
        were proposed, of the shape of `batch.present`.
      advantages: How much better than expected each lesson was, `[lessons]`.
      step: What moves them.
      queue: How many of what was chosen are of the queue.
      values: How much better than others each outcome is, `[steps, outcomes]`,
        in place of the advantages; None for these.

    Returns:
      `entropy` (of a decision, mean) and, against the policy that proposed,
      `approximate_kl` and (PPO) `clip_fraction`, all after the update; and the
      `gradient_norm` of the first step. See `losses` for what they are.
    """
    rows, lessons = len(batch.present), len(advantages)
    choices = _choices(batch)
    taught = batch.present.reshape(rows, -1).copy()
    taught[lessons:] = 0  # Not what is of the queue.
    present = tf.constant(taught)
    queued = np.zeros_like(taught)
    if queue:
      here = slice(lessons, lessons + queue)
      queued[here] = batch.present.reshape(rows, -1)[here] / queue
    likely = tf.constant(queued)
    each = np.where(np.arange(rows) < lessons, 1 / lessons, 0)
    weights = tf.constant(each, tf.float32)
    old = tf.constant(old_log_probs.reshape(rows, -1))
    if values is None:
      gains = np.pad(advantages, (0, rows - lessons))
      judged = old, tf.constant(gains, tf.float32)
    else:
      judged = self._evaluate(choices), _of_decisions(values, batch)
    norms = []
    for _ in range(self._epochs):
      gradients, norm = self._gradients(
        choices, present, weights, likely, *judged
      )
      step(gradients)
      norms.append(norm)
    after = self._compare(choices, present, old)
    return {**after, 'gradient_norm': float(norms[0])}

  def _log_probs(self, choices: '_Choices') -> Any:
    """Returns log-probabilities `[batch, steps * slots, outcomes]`."""
    logits = self._policy.logits(choices.inputs, choices.refers)
    # Slots share logits where they have one for all of them.
    logits = tf.broadcast_to(logits, (*choices.refers.shape, logits.shape[-1]))
    batch, steps, slots = choices.refers.shape
    flat = tf.reshape(logits, (batch, steps * slots, logits.shape[-1]))
    return losses.masked_log_softmax(flat, choices.allowed)

  def _take_gradients(
    self,
    choices: '_Choices',
    present: Any,
    weights: Any,
    likely: Any,
    old: Any,
    gains: Any,
  ) -> Any:
    """Returns a gradient for each weight, and the norm of all of them.

    Args:
      choices: What was chosen.
      present: Where lessons have decisions, `[batch, decisions]`.
      weights: Of the lessons, `[batch]`.
      likely: Weights of the queue's decisions, `[batch, decisions]`.
      old: Log-probabilities before, of what was chosen; with a critic of all.
      gains: Advantages of the lessons; with a critic values of all outcomes.
    """
    with tf.GradientTape() as tape:
      everything = self._log_probs(choices)
      log_probs = losses.of_chosen(everything, choices.chosen)
      clip = self._config.ppo_clip
      if self._config.advantage == 'critic':
        # REINFORCE's one step is PPO's first, of which nothing is clipped.
        loss = losses.expected_ppo_loss(
          everything, old, gains, present, weights, clip
        )
      elif self._algorithm == 'ppo':
        loss = losses.ppo_loss(log_probs, old, present, gains, weights, clip)
      else:
        loss = losses.reinforce_loss(log_probs, present, gains, weights)
      # Through the softmaxes only, as usual: not through which of them the
      # policy comes by.
      bonus = losses.entropy_bonus(losses.entropy(everything), present, weights)
      loss -= self._config.entropy_weight * bonus
      if self._config.queue_size:
        likelihood = tf.reduce_sum(log_probs * likely)
        loss -= self._config.queue_weight * likelihood
    gradients = [
      tf.convert_to_tensor(each)  # That of what was looked up is not dense.
      for each in tape.gradient(loss, self._policy.variables)
    ]
    return gradients, tf.linalg.global_norm(gradients)

  def _compare(
    self, choices: '_Choices', present: Any, old: Any
  ) -> dict[str, float]:
    """Compares the policy with the one that proposed."""
    everything = self._evaluate(choices)
    log_probs = losses.of_chosen(everything, choices.chosen)
    clip = self._config.ppo_clip
    compared = {
      'entropy': losses.mean_over_decisions(
        losses.entropy(everything), present
      ),
      'approximate_kl': losses.approximate_kl(log_probs, old, present),
    }
    if self._algorithm == 'ppo':
      clipped = losses.clip_fraction(log_probs, old, present, clip)
      compared['clip_fraction'] = clipped
    return {name: float(value) for name, value in compared.items()}


class _Choices(NamedTuple):
  """A batch as tensors, the decisions of all steps in one row."""

  inputs: Any
  refers: Any
  allowed: Any
  chosen: Any


def _choices(batch: Batch) -> _Choices:
  rows, steps, slots, outcomes = batch.allowed.shape
  flat = rows, steps * slots, outcomes
  return _Choices(
    tf.constant(batch.inputs),
    tf.constant(batch.refers),
    tf.constant(batch.allowed.reshape(flat)),
    tf.constant(batch.chosen.reshape(flat)),
  )


def _of_decisions(values: np.ndarray, batch: Batch) -> Any:
  """Returns values `[steps, outcomes]` as `[1, steps * slots, outcomes]`."""
  _, steps, slots = batch.present.shape
  missing = max(0, steps - len(values))
  fitted = np.pad(values, ((0, missing), (0, 0)))[:steps]
  return tf.constant(np.repeat(fitted, slots, axis=0)[None], tf.float32)
