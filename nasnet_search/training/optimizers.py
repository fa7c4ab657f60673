"""The optimizers of a recipe, and how their updates are applied.

Keras' own, but for momentum SGD, which is number for number Keras' in one
fused operation a variable. `Optimizer.apply` is not used: it would add the
gradients of all replicas again, which clipping by their norm needs added
before.
"""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from nasnet_search.builders.network import decayed_variables
from nasnet_search.evaluators.optimizer import FusedSGD, clipping_scale
from nasnet_search.training.recipe_config import RecipeConfig
from nasnet_search.training.schedules import learning_rate_schedule


def make_optimizer(
  recipe: RecipeConfig, steps_per_epoch: int
) -> keras.optimizers.Optimizer:
  """Returns the optimizer of a recipe, under its learning-rate schedule.

  Args:
    recipe: Which optimizer, and its constants.
    steps_per_epoch: Steps in an epoch.
  """
  schedule = learning_rate_schedule(recipe, steps_per_epoch)
  momentum, decay = float(recipe.momentum), float(recipe.square_decay)
  match recipe.optimizer:
    case 'sgd':
      return FusedSGD(schedule, momentum=momentum, nesterov=True)
    case 'rmsprop':
      # Keras' mean of squares begins at 0, that of TensorFlow 1, which slim
      # trained with, at 1: the first steps are larger here.
      return keras.optimizers.RMSprop(
        schedule, rho=decay, momentum=momentum, epsilon=recipe.optimizer_epsilon
      )
    case 'adamw':
      # Its decoupled weight decay is applied below, like that of the others.
      return keras.optimizers.Adam(
        schedule,
        beta_1=momentum,
        beta_2=decay,
        epsilon=recipe.optimizer_epsilon,
      )
  raise ValueError(
    f'Expected a known optimizer. Received: {recipe.optimizer!r}.'
  )


class Updates:
  """Applies gradients to a network as a recipe says.

  Weight decay and clipping come in the order of slim: the decay is part of
  the loss, so its gradient is clipped too. With `adamw` the decay is apart.

  Args:
    optimizer: The optimizer; it is built here.
    model: The network.
    recipe: Weight decay and clipping.
  """

  def __init__(
    self,
    optimizer: keras.optimizers.Optimizer,
    model: keras.Model,
    recipe: RecipeConfig,
  ) -> None:
    optimizer.build(model.trainable_variables)
    self._optimizer = optimizer
    self._decay = recipe.weight_decay
    self._decoupled = recipe.optimizer == 'adamw'
    self._clip = recipe.gradient_clip
    self._variables = [each.value for each in model.trainable_variables]
    names = {id(each) for each in decayed_variables(model)}
    self._decayed = [id(each) in names for each in model.trainable_variables]

  def apply(self, gradients: Sequence[Any]) -> None:
    """Updates the network; call it in a replica, with its own gradients.

    Args:
      gradients: Of the replica's share of the loss, in the order of the
        trainable variables.
    """
    context = tf.distribute.get_replica_context()
    if context.num_replicas_in_sync > 1:
      gradients = context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
    if self._decay and not self._decoupled:
      gradients = [
        gradient + self._decay * variable if decayed else gradient
        for gradient, variable, decayed in zip(
          gradients, self._variables, self._decayed, strict=True
        )
      ]
    if self._clip:
      scale = clipping_scale(gradients, self._clip)
      gradients = [gradient * scale for gradient in gradients]
    context.merge_call(self._update, args=(gradients,))
    self._optimizer.iterations.assign_add(1)

  def _update(
    self, strategy: tf.distribute.Strategy, gradients: Sequence[Any]
  ) -> None:
    rate = self._optimizer.learning_rate

    def update(variable: Any, gradient: Any, decayed: bool) -> None:
      if decayed and self._decoupled and self._decay:
        variable.assign_sub(variable * (rate * self._decay))
      self._optimizer.update_step(gradient, variable, rate)

    for variable, gradient, decayed in zip(
      self._variables, gradients, self._decayed, strict=True
    ):
      strategy.extended.update(
        variable, update, args=(gradient, decayed), group=False
      )
