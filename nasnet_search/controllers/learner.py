"""Which way a policy's weights should move: a loss, and its gradient."""

from collections.abc import Callable, Sequence
from typing import Any

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
    self._evaluate = tf.function(policy.evaluate, autograph=False)
    self._gradients = tf.function(self._take_gradients, autograph=False)

  def log_probs(self, batch: Batch) -> np.ndarray:
    """Returns the present log-probabilities of what a batch chose.

    Args:
      batch: The choices.

    Returns:
      float32, of the shape of `batch.present`.
    """
    taken, _ = self._evaluate(*_choices(batch))
    return taken.numpy().reshape(batch.present.shape)

  def update(
    self,
    batch: Batch,
    old_log_probs: np.ndarray,
    advantages: np.ndarray,
    step: Step,
    queue: int = 0,
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

    Returns:
      `entropy` (of a decision, mean) and, against the policy that proposed,
      `approximate_kl` and `clip_fraction`, all after the update; and the
      `gradient_norm` of the first step. See `losses` for what they are.
    """
    rows, lessons = len(batch.present), len(advantages)
    weights = np.where(np.arange(rows) < lessons, 1 / lessons, 0)
    gains = np.pad(advantages, (0, rows - lessons))
    choices = _choices(batch)
    taught = batch.present.reshape(rows, -1).copy()
    taught[lessons:] = 0  # Not what is of the queue.
    present = tf.constant(taught)
    queued = np.zeros_like(taught)
    if queue:
      here = slice(lessons, lessons + queue)
      queued[here] = batch.present.reshape(rows, -1)[here] / queue
    likely = tf.constant(queued)
    old = tf.constant(old_log_probs.reshape(rows, -1))
    per_lesson = [tf.constant(a, tf.float32) for a in (gains, weights)]
    norms = []
    for _ in range(self._epochs):
      gradients, norm = self._gradients(
        choices, present, old, *per_lesson, likely
      )
      step(gradients)
      norms.append(norm)
    after = self._compare(choices, present, old)
    return {**after, 'gradient_norm': float(norms[0])}

  def _take_gradients(
    self,
    choices: Any,
    present: Any,
    old: Any,
    gains: Any,
    weights: Any,
    likely: Any,
  ) -> Any:
    """Returns a gradient for each weight, and the norm of all of them."""
    with tf.GradientTape() as tape:
      log_probs, entropies = self._policy.evaluate(*choices)
      if self._algorithm == 'ppo':
        loss = losses.ppo_loss(
          log_probs, old, present, gains, weights, self._config.ppo_clip
        )
      else:
        loss = losses.reinforce_loss(log_probs, present, gains, weights)
      # Through the softmaxes only, as usual: not through which of them the
      # policy comes by.
      bonus = losses.entropy_bonus(entropies, present, weights)
      loss -= self._config.entropy_weight * bonus
      if self._config.queue_size:
        likelihood = tf.reduce_sum(log_probs * likely)
        loss -= self._config.queue_weight * likelihood
    gradients = [
      tf.convert_to_tensor(each)  # That of what was looked up is not dense.
      for each in tape.gradient(loss, self._policy.variables)
    ]
    return gradients, tf.linalg.global_norm(gradients)

  def _compare(self, choices: Any, present: Any, old: Any) -> dict[str, float]:
    """Compares the policy with the one that proposed."""
    log_probs, entropies = self._evaluate(*choices)
    clip = self._config.ppo_clip
    compared = {
      'entropy': losses.mean_over_decisions(entropies, present),
      'approximate_kl': losses.approximate_kl(log_probs, old, present),
      'clip_fraction': losses.clip_fraction(log_probs, old, present, clip),
    }
    return {name: float(value) for name, value in compared.items()}


def _choices(batch: Batch) -> tuple[Any, ...]:
  return (
    tf.constant(batch.inputs),
    tf.constant(batch.allowed),
    tf.constant(batch.chosen),
    tf.constant(batch.refers),
  )
