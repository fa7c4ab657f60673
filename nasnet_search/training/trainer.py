"""The training loop, which can be taken up again at any checkpoint.

`keras.Model.fit` is not used: it cannot be entered in the middle of an epoch,
its random draws do not survive an interruption, and it fails on several
machines. Keras' callbacks are called as `fit` calls them; their own state is
not part of a checkpoint.

Where training stands is: the weights, the optimizer's slots, the averages,
the step, and the sums of the epoch so far. All else follows from the seed and
the step.
"""

import contextlib
import dataclasses
import functools
import time
from collections.abc import Iterator, Sequence
from typing import Any

import keras

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.layers.training_clock import TrainingClock
from nasnet_search.builders.network import build_network
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.errors import UserError
from nasnet_search.randomness import derived_seed
from nasnet_search.training.averaging import Averages
from nasnet_search.training.checkpoints import Checkpoint
from nasnet_search.training.config import TrainConfig
from nasnet_search.training.distribution import (
  Replicas,
  synchronize_batch_norm,
)
from nasnet_search.training.history import Row, Sums, keras_logs
from nasnet_search.training.image_batches import ImageBatches
from nasnet_search.training.init_weights import freeze, load_init_weights
from nasnet_search.training.optimizers import Updates, make_optimizer
from nasnet_search.training.steps import TOP, evaluation_step, training_step

_SECONDS_BETWEEN_LOOKS = 1.0
"""How often callbacks learn the loss so far, which waits for the device."""


@dataclasses.dataclass
class Standing:
  """Where a training stands, besides its arrays.

  Attributes:
    step: Steps taken.
    sums: Sums over the images of the epoch so far.
    rows: The figures of the epochs that are over.
    seconds: Wall-clock time of all starts up to the last checkpoint.
  """

  step: int = 0
  sums: Sums = dataclasses.field(default_factory=Sums)
  rows: list[Row] = dataclasses.field(default_factory=list)
  seconds: float = 0.0


class Trainer:
  """A network in training.

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
    standing: Where the training stands.
    total_steps: Steps of the whole training.
    interrupted: Whether to stop after the present step.

  Raises:
    UserError: The weights to start from do not fit, or the batch cannot be
      shared.
  """

  def __init__(
    self,
    architecture: Architecture,
    network: NetworkConfig,
    config: TrainConfig,
    images: ImageBatches,
    replicas: Replicas,
    *,
    fresh: bool,
  ) -> None:
    recipe, seed = config.recipe, config.subject.seed
    replicas.check_batch(images.batch_size)
    self._config = config
    self._images = images
    self._replicas = replicas
    self._classes = network.classes
    self.standing = Standing()
    self.interrupted = False
    self.total_steps = recipe.epochs * images.steps_per_epoch
    with replicas.strategy.scope():
      self._clock = TrainingClock(self.total_steps)
      with _precision(recipe.precision):
        self.model = build_network(
          architecture,
          network,
          seed=derived_seed(seed, 'network'),
          clock=self._clock,
        )
      if fresh:
        load_init_weights(config.init, self.model, architecture, network)
      if config.init.freeze:
        freeze(self.model)
      if recipe.sync_batch_norm:
        synchronize_batch_norm(self.model)
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
    self._pending: list[Any] = []
    self._began = time.monotonic()

  @property
  def epoch(self) -> int:
    """Epochs that are over."""
    return self.standing.step // self._images.steps_per_epoch

  def train_epoch(self, callbacks: keras.callbacks.CallbackList) -> bool:
    """Trains to the end of the epoch, or to where a checkpoint is due.

    Args:
      callbacks: Told of every batch.

    Returns:
      Whether the epoch is over.

    Raises:
      UserError: The loss became NaN or infinite.
    """
    steps = self._images.steps_per_epoch
    looked = time.monotonic()
    due = self._config.output.checkpoint_steps
    while True:
      step, batch = self.standing.step, self.standing.step % steps
      callbacks.on_train_batch_begin(batch)
      self._pending.append(self._step(step))
      self.standing.step += 1
      logs = {}
      if time.monotonic() - looked > _SECONDS_BETWEEN_LOOKS:
        self._collect()
        logs = keras_logs(self._means())
        looked = time.monotonic()
      callbacks.on_train_batch_end(batch, logs)
      over = self.standing.step % steps == 0
      stopping = self.interrupted or self.model.stop_training
      if over or stopping or self.standing.step % due == 0:
        self._collect()
        self._check_finite()
        return over

  def end_epoch(self) -> Row:
    """Values the network after an epoch and returns the epoch's figures."""
    standing = self.standing
    row: dict[str, float] = {
      'epoch': self.epoch,
      'step': standing.step,
      'learning_rate': float(self._optimizer.learning_rate),
      **self._means(),
    }
    if self._images.count('validation'):
      row |= self.evaluate('validation')
    row['seconds'] = self._seconds()
    standing.rows.append(row)
    standing.sums = Sums()
    return row

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
        share = self._replicas.share(
          functools.partial(_rows, batch), len(batch[0])
        )
        sums.add(self._evaluate(*share).numpy(), int(batch[2].sum()))
    return sums.means(part, top=self._classes > TOP)

  def finish(self) -> None:
    """Puts the averages, if there are any, in the place of the weights."""
    self._agree()
    if self._averages:
      self._averages.put_in_place()

  def checkpoint(self) -> Checkpoint:
    """Returns all that is needed to go on exactly from here."""
    self._agree()
    self.standing.seconds = self._seconds()
    self._began = time.monotonic()
    return Checkpoint(
      step=self.standing.step,
      arrays={
        name: [each.numpy() for each in variables]
        for name, variables in self._variables().items()
      },
      state=dataclasses.asdict(self.standing),
    )

  def restore(self, checkpoint: Checkpoint) -> None:
    """Goes back to a checkpoint.

    Raises:
      UserError: It is of another network.
    """
    for name, variables in self._variables().items():
      arrays = checkpoint.arrays.get(name, ())
      shapes = [tuple(each.shape) for each in arrays]
      if shapes != [tuple(each.shape) for each in variables]:
        raise UserError(
          f'Expected a checkpoint of this network. Received {name} of another '
          'one: it was made by another version, or for another architecture. '
          'Name another --model_dir.'
        )
      for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
    state = checkpoint.state
    self.standing = Standing(
      step=checkpoint.step,
      sums=Sums(**state['sums']),
      rows=list(state['rows']),
      seconds=state['seconds'],
    )
    self._clock.step.assign(checkpoint.step)
    self._began = time.monotonic()

  def _step(self, step: int) -> Any:
    batch = self._images.batch_size
    share = self._replicas.share(
      lambda rows: self._images.training_batch(step, rows), batch
    )
    return self._train(*share)

  def _collect(self) -> None:
    """Adds up the sums of the last steps, one by one: order tells."""
    for sums in self._pending:
      self.standing.sums.add(sums.numpy(), self._images.batch_size)
    self._pending = []

  def _means(self) -> dict[str, float]:
    return self.standing.sums.means('training', top=False)

  def _check_finite(self) -> None:
    if not self.standing.sums.finite:
      raise UserError(
        f'The loss became NaN or infinite in epoch {self.epoch + 1}, at or '
        f'before step {self.standing.step}. The checkpoint before it is kept. '
        'A smaller --learning_rate or a --gradient_clip may help, in a new '
        '--model_dir.'
      )

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

  def _seconds(self) -> float:
    return self.standing.seconds + time.monotonic() - self._began


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
