"""What a training is made of, checked before anything is written.

First what takes no TensorFlow and no images, so that mistakes are told at
once; then the rest.
"""

import dataclasses
import time
from typing import TYPE_CHECKING, Any

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.graph import network_graph
from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.cells.errors import UserError
from nasnet_search.data.dataset import DatasetRecord, ImageData
from nasnet_search.data.encoded import (
  EncodedData,
  describe_encoded,
  load_encoded,
)
from nasnet_search.data.registry import describe, load_data
from nasnet_search.registry import load_plugins
from nasnet_search.runs.opening import versions
from nasnet_search.tensorflow_setup import deterministic_tensorflow
from nasnet_search.training.config import TrainConfig
from nasnet_search.training.image_batches import ImageBatches, ImagesInMemory
from nasnet_search.training.model_directory import ModelDirectory
from nasnet_search.training.streaming import StreamedImages
from nasnet_search.training.subject import network_config, read_subject
from nasnet_search.training.trained_network import TrainedNetwork

if TYPE_CHECKING:
  from nasnet_search.training.distribution import Replicas


@dataclasses.dataclass(frozen=True)
class Intent:
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
  architecture: AnyArchitecture
  source: str
  network: NetworkConfig


@dataclasses.dataclass(frozen=True)
class Setup:
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


def read_intent(config: TrainConfig) -> Intent:
  """Returns what can be said of a training at once.

  Raises:
    UserError: The cells, the network or the directory are not as they should
      be.
  """
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
  network_graph(architecture, network)  # It tells what does not fit.
  # Of several machines, one has perhaps begun to write already.
  if before is None and config.output.distribution != 'multi_worker':
    directory.check_free()
  return Intent(directory, before, architecture, source, network)


def set_up(config: TrainConfig, intent: Intent) -> Setup:
  """Returns what a training is made of; starts TensorFlow.

  Raises:
    UserError: The images, the devices or the weights to start from are not as
      they should be, or another training was begun in the directory.
  """
  deterministic_tensorflow()
  from nasnet_search.training import distribution

  replicas = distribution.Replicas(distribution.make_strategy(config.output))
  data = (load_encoded if config.input.stream else load_data)(config.data)
  record = _bound_record(config, intent, data.record)
  training = TrainedNetwork(
    architecture=intent.architecture,
    network=intent.network,
    dataset=record,
    data=config.data,
    recipe=config.recipe_settings(),
    seed=config.subject.seed,
    measures={},
    provenance={'architecture': intent.source, 'versions': versions()},
  )
  if intent.before is not None:
    _check_same(intent.before, training, intent.directory)
  images = _image_batches(config, dataclasses.replace(data, record=record))
  return Setup(training, images, replicas, intent.before is not None)


def _bound_record(
  config: TrainConfig, intent: Intent, record: DatasetRecord
) -> DatasetRecord:
  """Returns the record of what is trained on, normalised as it will be."""
  from nasnet_search.training import init_weights

  if intent.before is None:
    record = init_weights.bound_record(config.init, record)
    init_weights.check_classifier(config.init, record)
  elif config.init.init_weights:
    # The weights to start from may be gone; what they bound is written down.
    was = intent.before.dataset
    record = dataclasses.replace(record, mean=was.mean, std=was.std)
  if not config.recipe.train_on_validation:
    return record
  return dataclasses.replace(
    record,
    train_images=record.train_images + record.validation_images,
    validation_images=0,
  )


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


def _new_name() -> str:
  return time.strftime('models/%Y%m%d-%H%M%S')
