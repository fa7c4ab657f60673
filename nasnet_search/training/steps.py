"""The two functions of a training: a training step and an evaluation step.

Both return sums over the images of a batch, `[3]` of float32: of the losses,
of the images whose class is the most probable, and of those whose class is
among the five most probable. Shares are made of them on the host, in float64.
"""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from nasnet_search.builders.layers.training_clock import TrainingClock
from nasnet_search.builders.network import AUXILIARY_LOGITS, LOGITS
from nasnet_search.data import augmentation
from nasnet_search.data.config import DataConfig
from nasnet_search.data.dataset import DatasetRecord
from nasnet_search.training.averaging import Averages
from nasnet_search.training.distribution import Replicas
from nasnet_search.training.optimizers import Updates
from nasnet_search.training.recipe_config import RecipeConfig

TOP = 5
"""The most probable classes that a class has to be among (ILSVRC)."""


def training_step(
  model: keras.Model,
  updates: Updates,
  averages: Averages | None,
  clock: TrainingClock,
  replicas: Replicas,
  *,
  record: DatasetRecord,
  data: DataConfig,
  recipe: RecipeConfig,
  batch: int,
  seed: int,
) -> Callable[[Any, Any], tf.Tensor]:
  """Returns a function that trains a network on one batch.

  What is descended is the mean cross-entropy of the whole batch, with label
  smoothing, plus that of the auxiliary head times its weight, plus the weight
  decay.

  Args:
    model: The network, as `build_network` returns it.
    updates: What is done with the gradients.
    averages: Moving averages of the weights, if they are kept.
    clock: Where training stands; advanced once a step.
    replicas: Who takes which part of a batch.
    record: How images are normalised.
    data: How images are augmented.
    recipe: Label smoothing and the weight of the auxiliary head.
    batch: Images in a step, over all replicas.
    seed: Seed of the augmentation.

  Returns:
    A function from the replicas' images, uint8 `[batch / replicas, height,
    width, channels]`, and labels to the sums; the loss in them is that of the
    main classifier.
  """

  def step(images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    context = tf.distribute.get_replica_context()
    pixels = augmentation.augment(
      images,
      tf.stack([tf.constant(seed, tf.int64), clock.step]),
      record,
      data,
      part=context.replica_id_in_sync_group,
      parts=replicas.count,
    )
    variables = [each.value for each in model.trainable_variables]
    with tf.GradientTape() as tape:
      logits = _by_head(model(pixels, training=True))
      losses = {
        head: _cross_entropy(labels, each, recipe.label_smoothing)
        for head, each in logits.items()
      }
      share = tf.reduce_sum(_of_all_heads(losses, recipe)) / batch
    updates.apply(tape.gradient(share, variables))
    if averages is not None:
      averages.update()
    clock.advance()
    return _sums(labels, logits[LOGITS], losses[LOGITS])

  return _over_replicas(step, replicas)


def evaluation_step(
  model: keras.Model, replicas: Replicas, record: DatasetRecord
) -> Callable[[Any, Any, Any], tf.Tensor]:
  """Returns a function that values a network on one batch.

  Args:
    model: The network, as `build_network` returns it.
    replicas: Who takes which part of a batch.
    record: How images are normalised.

  Returns:
    A function from the replicas' images, labels and weights, float32
    `[batch / replicas]`, to the weighted sums.
  """

  def step(
    images: tf.Tensor, labels: tf.Tensor, weights: tf.Tensor
  ) -> tf.Tensor:
    outputs = model(augmentation.normalize(images, record), training=False)
    logits = _by_head(outputs)[LOGITS]
    return _sums(labels, logits, _cross_entropy(labels, logits), weights)

  return _over_replicas(step, replicas)


def _over_replicas(
  step: Callable[..., tf.Tensor], replicas: Replicas
) -> Callable[..., tf.Tensor]:
  strategy = replicas.strategy

  def summed(*arguments: Any) -> tf.Tensor:
    sums = strategy.run(step, args=arguments)
    return strategy.reduce(tf.distribute.ReduceOp.SUM, sums, axis=None)

  # XLA is a TPU's own affair; on a CPU it makes depthwise convolutions 40
  # times slower.
  return tf.function(summed, autograph=False)


def _by_head(outputs: Any) -> dict[str, tf.Tensor]:
  """Returns a network's logits by head: the classifier's, any auxiliary's."""
  return outputs if isinstance(outputs, dict) else {LOGITS: outputs}


def _of_all_heads(
  losses: dict[str, tf.Tensor], recipe: RecipeConfig
) -> tf.Tensor:
  """Returns the loss of each image, `[batch]`, over all heads."""
  if AUXILIARY_LOGITS not in losses:
    return losses[LOGITS]
  return losses[LOGITS] + recipe.auxiliary_weight * losses[AUXILIARY_LOGITS]


def _cross_entropy(
  labels: tf.Tensor, logits: tf.Tensor, smoothing: float = 0.0
) -> tf.Tensor:
  if not smoothing:
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
  classes = logits.shape[-1]
  share = smoothing / classes
  targets = tf.one_hot(labels, classes, 1.0 - smoothing + share, share)
  return tf.nn.softmax_cross_entropy_with_logits(targets, logits)


def _sums(
  labels: tf.Tensor,
  logits: tf.Tensor,
  losses: tf.Tensor,
  weights: tf.Tensor | None = None,
) -> tf.Tensor:
  rows = [losses, *(_among(labels, logits, top) for top in (1, TOP))]
  if weights is not None:
    rows = [row * weights for row in rows]
  return tf.stack([tf.reduce_sum(row) for row in rows])


def _among(labels: tf.Tensor, logits: tf.Tensor, top: int) -> tf.Tensor:
  found = tf.math.in_top_k(labels, logits, min(top, logits.shape[-1]))
  return tf.cast(found, tf.float32)
