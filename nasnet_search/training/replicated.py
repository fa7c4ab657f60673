"""A network in training, on all its replicas, with all that it is trained by.

What a training has in arrays is here: weights, optimizer slots, averages.
"""

import contextlib
import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.layers.training_clock import TrainingClock
from nasnet_search.builders.network import build_network
from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.cells.errors import UserError
from nasnet_search.randomness import derived_seed
from nasnet_search.training.averaging import Averages
from nasnet_search.training.config import TrainConfig
from nasnet_search.training.distribution import (
  Replicas,
  synchronize_batch_norm,
)
from nasnet_search.training.history import Sums
from nasnet_search.training.image_batches import ImageBatches
from nasnet_search.training.init_weights import freeze, load_init_weights
from nasnet_search.training.optimizers import Updates, make_optimizer
from nasnet_search.training.steps import TOP, evaluation_step, training_step


class ReplicatedNetwork:
  """A network on all its replicas, its optimizer and its averages.

  Args:
    architecture: The cells.
    network: How they are stacked.
    config: The recipe, and all else.
    images: Where batches come from.
    replicas: Where it is trained.
    fresh: Whether it begins; otherwise `restore` follows, and the weights to
      start from are not looked for.

  Attributes:
    model: The network.

  Raises:
    UserError: The weights to start from do not fit, or the batch cannot be
      shared.
  """

  def __init__(
    self,
    architecture: AnyArchitecture,
    network: NetworkConfig,
    config: TrainConfig,
    images: ImageBatches,
    replicas: Replicas,
    *,
    fresh: bool,
  ) -> None:
    replicas.check_batch(images.batch_size)
    recipe, seed = config.recipe, config.subject.seed
    self._images = images
    self._replicas = replicas
    self._classes = network.classes
    with replicas.strategy.scope():
      self._clock = TrainingClock(recipe.epochs * images.steps_per_epoch)
      self.model = _build(architecture, network, config, self._clock)
      if fresh:
        load_init_weights(config.init, self.model, architecture, network)
      if config.init.freeze:
        freeze(self.model)
      self._optimizer = make_optimizer(recipe, images.steps_per_epoch)
      updates = Updates(self._optimizer, self.model, recipe)
      self._averages = (
        Averages(self.model, recipe.average_decay, self._clock)
        if recipe.average_decay
        else None
      )
    self.model.optimizer = self._optimizer
    self._train = training_step(
      self.model,
      updates,
      self._averages,
      self._clock,
      replicas,
      record=images.record,
      data=config.data,
      recipe=recipe,
      batch=images.batch_size,
      seed=derived_seed(seed, 'augmentation'),
    )
    self._evaluate = evaluation_step(self.model, replicas, images.record)
    # Of the replicas; called before their statistics are used or kept.
    self._agree = replicas.agreement(self._moving())

  @property
  def learning_rate(self) -> float:
    """The learning rate of the next step."""
    return float(self._optimizer.learning_rate)

  def train(self, step: int) -> Any:
    """Takes a step, counted from 0; returns its sums without waiting."""
    batch = self._images.batch_size
    share = self._replicas.share(
      lambda rows: self._images.training_batch(step, rows), batch
    )
    return self._train(*share)

  def evaluate(self, part: str) -> dict[str, float]:
    """Returns loss and accuracies on a part of the images, by name.

    With weight averaging it is the average that is valued.

    Args:
      part: `validation` or `test`.
    """
    self._agree()
    sums = Sums()
    averages = self._averages
    place = averages.in_place() if averages else contextlib.nullcontext()
    with place:
      for batch in self._images.evaluation_batches(part, self._replicas.count):
        rows = functools.partial(_rows, batch)
        share = self._replicas.share(rows, len(batch[0]))
        sums.add(self._evaluate(*share).numpy(), int(batch[2].sum()))
    return sums.means(part, top=self._classes > TOP)

  def finish(self) -> None:
    """Puts the averages, if there are any, in the place of the weights."""
    self._agree()
    if self._averages:
      self._averages.put_in_place()

  def arrays(self) -> dict[str, list[np.ndarray]]:
    """Returns all that changes in training, by group."""
    self._agree()
    return {
      name: [each.numpy() for each in variables]
      for name, variables in self._variables().items()
    }

  def restore(
    self, step: int, arrays: Mapping[str, Sequence[np.ndarray]]
  ) -> None:
    """Goes back to the arrays of a step.

    Raises:
      UserError: They are of another network.
    """
    for name, variables in self._variables().items():
      values = arrays.get(name, ())
      shapes = [tuple(each.shape) for each in values]
      if shapes != [tuple(each.shape) for each in variables]:
        raise UserError(
          f'Expected a checkpoint of this network. Received {name} of another '
          'one: it was made by another version, or for another architecture. '
          'Name another --model_dir.'
        )
      for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    self._clock.step.assign(step)

  def _moving(self) -> list[Any]:
    """Returns the variables of which each replica has values of its own."""
    variables = [each.value for each in self.model.non_trainable_variables]
    if self._averages:
      variables += self._averages.variables
    return variables

  def _variables(self) -> dict[str, Sequence[Any]]:
    return {
      'weights': self.model.weights,
      'optimizer': self._optimizer.variables,
      'averages': self._averages.variables if self._averages else [],
    }


def _build(
  architecture: AnyArchitecture,
  network: NetworkConfig,
  config: TrainConfig,
  clock: TrainingClock,
) -> keras.Model:
  seed = derived_seed(config.subject.seed, 'network')
  with _precision(config.recipe.precision):
    model = build_network(architecture, network, seed=seed, clock=clock)
  if config.recipe.sync_batch_norm:
    synchronize_batch_norm(model)
  return model


def _rows(batch: Sequence[Any], rows: slice) -> tuple[Any, ...]:
  return tuple(each[rows] for each in batch)


@contextlib.contextmanager
def _precision(name: str) -> Iterator[None]:
  """Lets layers be made that compute in a precision."""
  before = keras.config.dtype_policy()
  keras.config.set_dtype_policy(name)
  try:
    yield
  finally:
    keras.config.set_dtype_policy(before)
