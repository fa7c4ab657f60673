"""The training loop, which can be taken up again at any checkpoint.

`keras.Model.fit` is not used: it cannot be entered in the middle of an epoch,
its random draws do not survive an interruption, and it fails on several
machines. Keras' callbacks are called as `fit` calls them; their own state is
not part of a checkpoint.

Where training stands is: the weights, the optimizer's slots, the averages,
the step, and the sums of the epoch so far. All else follows from the seed and
the step.
"""

import dataclasses
import time
from typing import Any

import keras

from nasnet_search.cells.errors import UserError
from nasnet_search.training.checkpoints import Checkpoint
from nasnet_search.training.history import Row, Sums, keras_logs
from nasnet_search.training.image_batches import ImageBatches
from nasnet_search.training.replicated import ReplicatedNetwork

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
  """Trains a network, stretch by stretch.

  Args:
    network: The network.
    images: Where batches come from.
    checkpoint_steps: Steps between two checkpoints.

  Attributes:
    network: The network.
    standing: Where the training stands.
    interrupted: Whether to stop after the present step.
  """

  def __init__(
    self,
    network: ReplicatedNetwork,
    images: ImageBatches,
    checkpoint_steps: int,
  ) -> None:
    self.network = network
    self.standing = Standing()
    self.interrupted = False
    self._images = images
    self._due = checkpoint_steps
    self._pending: list[Any] = []
    self._began = time.monotonic()

  @property
  def epoch(self) -> int:
    """Epochs that are over."""
    return self.standing.step // self._images.steps_per_epoch

  def train_stretch(self, callbacks: keras.callbacks.CallbackList) -> bool:
    """Trains to the end of the epoch, or to where a checkpoint is due.

    Args:
      callbacks: Told of every batch.

    Returns:
      Whether the epoch is over.

    Raises:
      UserError: The loss became NaN or infinite.
    """
    steps, looked = self._images.steps_per_epoch, time.monotonic()
    over = stopping = False
    while not stopping:
      batch = self.standing.step % steps
      callbacks.on_train_batch_begin(batch)
      self._pending.append(self.network.train(self.standing.step))
      self.standing.step += 1
      logs = {}
      if time.monotonic() - looked > _SECONDS_BETWEEN_LOOKS:
        self._collect()
        logs = keras_logs(self._means())
        looked = time.monotonic()
      callbacks.on_train_batch_end(batch, logs)
      over = self.standing.step % steps == 0
      asked = self.interrupted or self.network.model.stop_training
      stopping = over or asked or self.standing.step % self._due == 0
    self._collect()
    self._check_finite()
    return over

  def end_epoch(self) -> Row:
    """Values the network after an epoch and returns the epoch's figures."""
    standing = self.standing
    row: dict[str, float] = {
      'epoch': self.epoch,
      'step': standing.step,
      'learning_rate': self.network.learning_rate,
      **self._means(),
    }
    if self._images.count('validation'):
      row |= self.network.evaluate('validation')
    row['seconds'] = self._seconds()
    standing.rows.append(row)
    standing.sums = Sums()
    return row

  def checkpoint(self) -> Checkpoint:
    """Returns all that is needed to go on exactly from here."""
    self.standing.seconds = self._seconds()
    self._began = time.monotonic()
    return Checkpoint(
      step=self.standing.step,
      arrays=self.network.arrays(),
      state=dataclasses.asdict(self.standing),
    )

  def restore(self, checkpoint: Checkpoint) -> None:
    """Goes back to a checkpoint.

    Raises:
      UserError: It is of another network.
    """
    self.network.restore(checkpoint.step, checkpoint.arrays)
    state = checkpoint.state
    self.standing = Standing(
      step=checkpoint.step,
      sums=Sums(**state['sums']),
      rows=list(state['rows']),
      seconds=state['seconds'],
    )
    self._began = time.monotonic()

  def _collect(self) -> None:
    """Adds up the sums of the last steps, one by one: order tells."""
    for sums in self._pending:
      self.standing.sums.add(sums.numpy(), self._images.batch_size)
    self._pending = []

  def _means(self) -> dict[str, float]:
    return self.standing.sums.means('training', top=False)

  def _check_finite(self) -> None:
    step = self.standing.step
    if not self.standing.sums.finite:
      raise UserError(
        f'The loss became NaN or infinite by step {step}, in epoch '
        f'{(step - 1) // self._images.steps_per_epoch + 1}. The checkpoint '
        'before it is kept. A smaller --learning_rate or a --gradient_clip may '
        'help, in a new --model_dir.'
      )

  def _seconds(self) -> float:
    return self.standing.seconds + time.monotonic() - self._began
