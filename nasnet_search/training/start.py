"""One start of a training: what is done, saved and told until it ends.

The training may have begun before and may not come to its end.
"""

import contextlib
import dataclasses
import time
from collections.abc import Iterator, Sequence

import keras

from nasnet_search.runs.opening import changed_versions
from nasnet_search.runs.stopping import interruptible
from nasnet_search.training.callbacks import callback_list
from nasnet_search.training.checkpoints import Checkpoints
from nasnet_search.training.config import TrainConfig
from nasnet_search.training.history import keras_logs, write_csv
from nasnet_search.training.model_directory import ModelDirectory, unwritable
from nasnet_search.training.preparation import Setup
from nasnet_search.training.replicated import ReplicatedNetwork
from nasnet_search.training.trained_files import save_trained
from nasnet_search.training.trained_network import TrainedNetwork
from nasnet_search.training.trainer import Trainer


class Start:
  """One start of a training.

  Args:
    config: Everything about it.
    directory: Where it is kept.
    setup: What it is made of.
    callbacks: The caller's callbacks.
  """

  def __init__(
    self,
    config: TrainConfig,
    directory: ModelDirectory,
    setup: Setup,
    callbacks: Sequence[keras.callbacks.Callback],
  ) -> None:
    self._config = config
    self._directory = directory
    self._setup = setup
    self._own = callbacks
    self._chief = setup.replicas.is_chief
    self._checkpoints = Checkpoints(
      directory.checkpoints, config.output.keep_checkpoints
    )
    self._images = setup.images
    self._newest = self._checkpoints.newest()
    self._network = ReplicatedNetwork(
      setup.training.architecture,
      setup.training.network,
      config,
      self._images,
      setup.replicas,
      fresh=self._newest is None,
    )
    self._trainer = Trainer(
      self._network, self._images, config.output.checkpoint_steps
    )

  def run(self) -> TrainedNetwork | None:
    """Trains to the end; returns None if it was interrupted before."""
    trainer = self._trainer
    with self._writing():
      if self._chief and not self._directory.exists:
        self._directory.describe(self._setup.training, self._config.defining())
      if self._newest is not None:
        trainer.restore(self._newest)
      callbacks = self._callbacks()
    callbacks.on_train_begin(self._beginning())
    with interruptible(self._interrupt):
      while trainer.epoch < self._config.recipe.epochs:
        self._stretch(callbacks)
        if trainer.interrupted or self._network.model.stop_training:
          break
    if trainer.interrupted:
      callbacks.on_train_end()
      return None
    trained = self._finish(callbacks)
    callbacks.on_train_end(keras_logs(trained.measures))
    return trained

  def _beginning(self) -> dict[str, float]:
    """Returns where the training stands, for the callbacks."""
    standing = self._trainer.standing
    accuracies = [row.get('validation_accuracy') for row in standing.rows]
    known = [each for each in accuracies if each is not None]
    best = {'best_val_accuracy': max(known)} if known else {}
    return {'step': standing.step, **best}

  def _stretch(self, callbacks: keras.callbacks.CallbackList) -> None:
    """Trains to the next checkpoint and saves it."""
    trainer = self._trainer
    epoch = trainer.epoch
    if trainer.standing.step % self._images.steps_per_epoch == 0:
      callbacks.on_epoch_begin(epoch)
    row = None
    if trainer.train_stretch(callbacks):
      callbacks.on_test_begin()
      row = trainer.end_epoch()
      callbacks.on_test_end()
    checkpoint = trainer.checkpoint()
    if self._chief:
      with self._writing():
        self._checkpoints.save(checkpoint)
        write_csv(self._directory.metrics, trainer.standing.rows)
    if row is not None:
      callbacks.on_epoch_end(epoch, keras_logs(row))

  def _finish(self, callbacks: keras.callbacks.CallbackList) -> TrainedNetwork:
    """Measures the network, once, and keeps it."""
    trainer = self._trainer
    rows = trainer.standing.rows
    measures = {
      name: value
      for name, value in (rows[-1] if rows else {}).items()
      if name.startswith(('training_', 'validation_'))
    }
    if self._images.count('test'):
      callbacks.on_test_begin()
      measures |= self._network.evaluate('test')
      callbacks.on_test_end()
    measures |= {
      'steps': trainer.standing.step,
      'seconds': trainer.standing.seconds,
    }
    self._network.finish()
    training = self._setup.training
    trained = dataclasses.replace(
      training,
      measures=measures,
      provenance={
        **training.provenance,
        'ended': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime()),
        'distribution': self._config.output.distribution,
        'replicas': self._setup.replicas.count,
      },
    )
    if self._chief:
      save_trained(self._directory.path, trained, self._network.model)
    return trained

  def _callbacks(self) -> keras.callbacks.CallbackList:
    notices = []
    if self._setup.begun:
      before = self._directory.described().provenance.get('versions', {})
      notices = [
        f'The training was begun with other versions: {change}. It goes on, '
        'but perhaps not with the same last digits.'
        for change in changed_versions(before)
      ]
    return callback_list(
      self._own,
      self._network.model,
      self._directory if self._chief else None,
      epochs=self._config.recipe.epochs,
      steps=self._images.steps_per_epoch,
      model_dir=str(self._directory.path),
      notices=notices,
    )

  def _interrupt(self) -> None:
    """Ends the training after this step; the second time at once."""
    # Machines that train together cannot agree on a step to stop after.
    several = self._config.output.distribution == 'multi_worker'
    if self._trainer.interrupted or several:
      raise KeyboardInterrupt
    self._trainer.interrupted = True

  @contextlib.contextmanager
  def _writing(self) -> Iterator[None]:
    try:
      yield
    except OSError as error:
      raise unwritable(self._directory.path, error) from error
