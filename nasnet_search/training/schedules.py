"""How the learning rate runs over a training."""

from typing import Any

import keras
import tensorflow as tf
from keras.optimizers.schedules import LearningRateSchedule

from nasnet_search.training.recipe_config import RecipeConfig


@keras.saving.register_keras_serializable(package='nasnet_search')
class Warmup(LearningRateSchedule):
  """Rises linearly from 0 to where another schedule begins, then follows it.

  Args:
    steps: Steps that the rise takes, at least 1.
    then: The schedule after it, whose step 0 is the first after the rise.
  """

  def __init__(self, steps: int, then: LearningRateSchedule) -> None:
    self.steps = steps
    self.then = then

  def __call__(self, step: Any) -> Any:
    """Returns the learning rate of a step, a float32 scalar."""
    done = tf.cast(step, tf.float32) / self.steps
    later = tf.maximum(tf.cast(step, tf.float32) - self.steps, 0.0)
    return tf.minimum(done, 1.0) * self.then(later)

  def get_config(self) -> dict[str, Any]:
    """Returns the configuration."""
    return {'steps': self.steps, 'then': self.then}


def learning_rate_schedule(
  recipe: RecipeConfig, steps_per_epoch: int
) -> LearningRateSchedule:
  """Returns the learning rate of a recipe over the steps of a training.

  Args:
    recipe: Schedule, learning rate, warm-up and number of epochs.
    steps_per_epoch: Steps in an epoch.
  """
  total = recipe.epochs * steps_per_epoch
  # At least one step is left for the schedule itself.
  warmup = min(round(recipe.warmup_epochs * steps_per_epoch), total - 1)
  after = _after_warmup(recipe, total - warmup, steps_per_epoch)
  return Warmup(warmup, after) if warmup else after


def _after_warmup(
  recipe: RecipeConfig, steps: int, steps_per_epoch: int
) -> LearningRateSchedule:
  schedules = keras.optimizers.schedules
  rate = float(recipe.scaled_learning_rate)
  match recipe.schedule:
    case 'cosine':
      return schedules.CosineDecay(rate, steps)
    case 'exponential':
      return schedules.ExponentialDecay(
        rate,
        decay_steps=max(round(recipe.decay_epochs * steps_per_epoch), 1),
        decay_rate=recipe.decay_rate,
        staircase=True,
      )
    case 'constant':
      return schedules.PiecewiseConstantDecay([steps], [rate, rate])
  raise ValueError(f'Expected a known schedule. Received: {recipe.schedule!r}.')
