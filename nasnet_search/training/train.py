"""A whole training as one call: `train(config)`.

Example:
  from nasnet_search.training.config import OutputConfig, SubjectConfig
  from nasnet_search.training.config import TrainConfig
  from nasnet_search.training.train import train

  result = train(
    TrainConfig(
      subject=SubjectConfig(architecture='nasnet_a'),
      output=OutputConfig(model_dir='models/mine'),
    )
  )
  print(result.trained.measures['test_accuracy'])

The call checks everything it was given before it writes anything. A training
that is in the directory already is continued, exactly: its weights come out
the same, bit by bit, as if it had not been interrupted, on the same device
and with as many threads.
"""

import contextlib
import dataclasses
import pathlib
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.errors import UserError
from nasnet_search.data.dataset import ImageData
from nasnet_search.data.encoded import (
  EncodedData,
  describe_encoded,
  load_encoded,
)
from nasnet_search.data.registry import describe, load_data
from nasnet_search.registry import load_plugins
from nasnet_search.runs.opening import changed_versions, versions
from nasnet_search.runs.stopping import interruptible
from nasnet_search.tensorflow_setup import deterministic_tensorflow
from nasnet_search.training.checkpoints import Checkpoints
from nasnet_search.training.config import TrainConfig
from nasnet_search.training.history import keras_logs, write_csv
from nasnet_search.training.image_batches import ImageBatches, ImagesInMemory
from nasnet_search.training.model_directory import ModelDirectory, unwritable
from nasnet_search.training.streaming import StreamedImages
from nasnet_search.training.subject import network_config, read_subject
from nasnet_search.training.trained_network import (
  TrainedNetwork,
  load_trained,
  save_trained,
)

if TYPE_CHECKING:
  import keras

  from nasnet_search.training.distribution import Replicas


def check(config: TrainConfig) -> None:
  """Checks what can be checked at once; `train` does so as well.

  Args:
    config: Everything about the training.

  Raises:
    UserError: The cells, the network or the directory are not as they should
      be; nothing was changed on disk.
  """
  _plan(config)


@dataclasses.dataclass(frozen=True)
class TrainResult:
  """What a training has come to.

  Attributes:
    model_dir: Where everything about it is kept.
    trained: The trained network; None if the training was interrupted.
  """

  model_dir: pathlib.Path
  trained: TrainedNetwork | None


def train(
  config: TrainConfig, callbacks: Sequence['keras.callbacks.Callback'] = ()
) -> TrainResult:
  """Trains a network, or goes on with it.

  Args:
    config: Everything about the training.
    callbacks: Callbacks of Keras, called as `keras.Model.fit` calls them.
      Their own state does not survive an interruption.

  Returns:
    What it has come to.

  Raises:
    UserError: Something given is wrong; nothing was changed on disk. Or the
      training diverged, or the disk refuses.
    KeyboardInterrupt: It was interrupted twice; the last checkpoint is kept.
  """
  plan = _plan(config)
  directory = plan.directory
  setup = _set_up(config, plan)
  if directory.ended:
    return TrainResult(directory.path, load_trained(directory.path))
  training = _Training(config, directory, setup, callbacks)
  with contextlib.ExitStack() as stack:
    if setup.replicas.is_chief:
      directory.create()
      directory.acquire()
      stack.callback(directory.release)
    trained = training.run()
  return TrainResult(directory.path, trained)


@dataclasses.dataclass(frozen=True)
class _Plan:
  """What can be said of a training without its images and TensorFlow.

  Attributes:
    directory: Where it is kept.
    before: What was begun there before, if anything.
    architecture: The cells.
    source: Where they come from, for people.
    network: How they are stacked.
  """

  directory: ModelDirectory
  before: TrainedNetwork | None
  architecture: Architecture
  source: str
  network: NetworkConfig


@dataclasses.dataclass(frozen=True)
class _Setup:
  """What a training is made of, checked, before anything is written.

  Attributes:
    training: What is trained; nothing is measured yet.
    images: Where batches come from.
    replicas: Where it is trained.
    begun: Whether the training has begun before.
  """

  training: TrainedNetwork
  images: ImageBatches
  replicas: 'Replicas'
  begun: bool


def _plan(config: TrainConfig) -> _Plan:
  load_plugins(config.subject.plugin)
  directory = ModelDirectory(config.output.model_dir or _new_name())
  before = directory.described() if directory.exists else None
  named = config.subject.architecture or config.subject.run_dir
  if before is not None and not named:
    architecture = before.architecture
    source = before.provenance.get('architecture', '')
  else:
    architecture, source = read_subject(config.subject)
  facts = (describe_encoded if config.input.stream else describe)(config.data)
  network = network_config(architecture, config.stack, config.init, facts)
  # Of several machines, one has perhaps begun to write already.
  if before is None and config.output.distribution != 'multi_worker':
    directory.check_free()
  return _Plan(directory, before, architecture, source, network)


def _set_up(config: TrainConfig, plan: _Plan) -> _Setup:
  deterministic_tensorflow()
  from nasnet_search.training import distribution, init_weights

  replicas = distribution.Replicas(distribution.make_strategy(config.output))
  data = (load_encoded if config.input.stream else load_data)(config.data)
  if plan.before is None:
    record = init_weights.bound_record(config.init, data.record)
    init_weights.check_classifier(config.init, record)
  elif config.init.init_weights:
    # The weights to start from may be gone; what they bound is written down.
    was = plan.before.dataset
    record = dataclasses.replace(data.record, mean=was.mean, std=was.std)
  else:
    record = data.record
  if config.recipe.train_on_validation:
    record = dataclasses.replace(
      record,
      train_images=record.train_images + record.validation_images,
      validation_images=0,
    )
  training = TrainedNetwork(
    architecture=plan.architecture,
    network=plan.network,
    dataset=record,
    data=config.data,
    recipe=config.recipe_settings(),
    seed=config.subject.seed,
    measures={},
    provenance={'architecture': plan.source, 'versions': versions()},
  )
  if plan.before is not None:
    _check_same(plan.before, training, plan.directory)
  images = _image_batches(config, dataclasses.replace(data, record=record))
  return _Setup(training, images, replicas, plan.before is not None)


def _image_batches(
  config: TrainConfig, data: ImageData | EncodedData
) -> ImageBatches:
  seed, recipe = config.subject.seed, config.recipe
  if isinstance(data, ImageData):
    return ImagesInMemory(
      data,
      seed,
      recipe.batch_size,
      train_on_validation=recipe.train_on_validation,
    )
  return StreamedImages(
    data,
    config.input,
    seed,
    recipe.batch_size,
    train_on_validation=recipe.train_on_validation,
    threads=config.output.decode_threads,
  )


def _check_same(
  before: TrainedNetwork, now: TrainedNetwork, directory: ModelDirectory
) -> None:
  """Raises unless the training is the one that was begun.

  Raises:
    UserError: It is another one; the message names every difference.
  """
  there, here = _facts(before), _facts(now)
  different = [
    f'{name} was {there.get(name)!r}, is now {value!r}'
    for name, value in here.items()
    if there.get(name) != value
  ]
  if before.architecture != now.architecture:
    different.insert(0, 'the architecture is another')
  if different:
    raise UserError(
      'Expected the settings that the training in --model_dir='
      f'{directory.path} was begun with. Received: {"; ".join(different)}. '
      'Leave these flags out to continue it, or name another --model_dir.'
    )


def _facts(training: TrainedNetwork) -> dict[str, Any]:
  data = training.to_dict()
  facts: dict[str, Any] = {}
  for part in ('dataset', 'data', 'recipe'):
    facts |= data[part]
  return facts | {'seed': training.seed}


class _Training:
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
    setup: _Setup,
    callbacks: Sequence['keras.callbacks.Callback'],
  ) -> None:
    from nasnet_search.training.trainer import Trainer

    self._config = config
    self._directory = directory
    self._setup = setup
    self._own = callbacks
    self._interrupted = False
    self._chief = setup.replicas.is_chief
    self._checkpoints = Checkpoints(
      directory.checkpoints, config.output.keep_checkpoints
    )
    self._images = setup.images
    self._newest = self._checkpoints.newest()
    self._trainer: Trainer = Trainer(
      setup.training.architecture,
      setup.training.network,
      config,
      self._images,
      setup.replicas,
      fresh=self._newest is None,
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
      while trainer.standing.step < trainer.total_steps:
        self._stretch(callbacks)
        if self._interrupted or trainer.model.stop_training:
          break
    if self._interrupted:
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

  def _stretch(self, callbacks: 'keras.callbacks.CallbackList') -> None:
    """Trains to the next checkpoint and saves it."""
    trainer = self._trainer
    epoch = trainer.epoch
    if trainer.standing.step % self._images.steps_per_epoch == 0:
      callbacks.on_epoch_begin(epoch)
    row = None
    if trainer.train_epoch(callbacks):
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

  def _finish(
    self, callbacks: 'keras.callbacks.CallbackList'
  ) -> TrainedNetwork:
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
      measures |= trainer.evaluate('test')
      callbacks.on_test_end()
    measures |= {
      'steps': trainer.standing.step,
      'seconds': trainer.standing.seconds,
    }
    trainer.finish()
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
      save_trained(self._directory.path, trained, trainer.model)
    return trained

  def _callbacks(self) -> 'keras.callbacks.CallbackList':
    from nasnet_search.training.callbacks import callback_list

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
      self._trainer,
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
    if self._interrupted or several:
      raise KeyboardInterrupt
    self._interrupted = True
    self._trainer.interrupted = True

  @contextlib.contextmanager
  def _writing(self) -> Iterator[None]:
    try:
      yield
    except OSError as error:
      raise unwritable(self._directory.path, error) from error


def _new_name() -> str:
  return time.strftime('models/%Y%m%d-%H%M%S')
