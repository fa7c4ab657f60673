"""What a training is about: settings, cells, and the network made of them.

Importing this module must not import TensorFlow.
"""

import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.graph import check_buildable
from nasnet_search.builders.published import READINGS, published_config
from nasnet_search.cells import zoo
from nasnet_search.cells.architectures import AnyArchitecture
from nasnet_search.cells.errors import UserError
from nasnet_search.data.config import DataConfig
from nasnet_search.data.dataset import DatasetFacts
from nasnet_search.runs.directory import find_run
from nasnet_search.runs.first_trials import load_cell
from nasnet_search.runs.reading import RunReader
from nasnet_search.training.config import (
  KERAS_IMAGENET,
  InitConfig,
  SubjectConfig,
  TrainConfig,
)
from nasnet_search.training.model_directory import ModelDirectory
from nasnet_search.training.stack_config import StackConfig

_OTHERS_READING = 'slim'
"""Whose code the options follow for cells that nobody published."""
_KERAS_READING = 'keras_applications'
"""Whose code the ImageNet weights of Keras were trained with."""

# What a search leaves out only to be quick.
_OF_THE_SEARCH = ('train_images',)


def completed(given: Mapping[str, Any]) -> TrainConfig:
  """Returns the configuration of settings of which some are given.

  What is not given comes from the training that is in the model directory
  already, then from the search in the run directory, then from the defaults.

  Args:
    given: Settings by flag name.

  Raises:
    UserError: A value is not as it should be, or a directory is no such one.
  """
  values = dict(given)
  directory = ModelDirectory(given.get('model_dir', ''))
  if given.get('model_dir') and directory.exists:
    before = directory.described()
    known = {
      **dataclasses.asdict(before.data),
      **before.recipe,
      'seed': before.seed,
    }
    values = {**known, **values}
  elif given.get('run_dir'):
    values = {**run_data(given['run_dir']), **values}
  return TrainConfig.of(values)


def read_subject(subject: SubjectConfig) -> tuple[AnyArchitecture, str]:
  """Returns what to train, and where it comes from, for people.

  Raises:
    UserError: Nothing is named, or what is named holds nothing that a network
      is built of.
  """
  name = subject.architecture or subject.run_dir
  if not name:
    raise UserError(
      'Expected a cell to train: --architecture with a published cell '
      f'({", ".join(zoo.names())}), an architecture file or the directory of '
      'a search, or --run_dir with the latter. Received none.'
    )
  if not subject.architecture:
    find_run(subject.run_dir)
  architecture = load_cell(name)
  check_buildable(architecture)
  return architecture, name


def run_data(run_dir: str) -> dict[str, Any]:
  """Returns the data settings of a search, by flag name.

  The number of training images is left out: a search takes few to be quick.

  Args:
    run_dir: The directory of the search.

  Raises:
    UserError: There is no search, or its log cannot be read.
  """
  reader = RunReader(pathlib.Path(find_run(run_dir).log))
  try:
    defining = reader.facts().get('defining', {})
  finally:
    reader.close()
  known = DataConfig.__dataclass_fields__
  return {
    name: value
    for name, value in defining.items()
    if name in known and name not in _OF_THE_SEARCH
  }


def network_config(
  architecture: AnyArchitecture,
  stack: StackConfig,
  init: InitConfig,
  facts: DatasetFacts,
) -> NetworkConfig:
  """Returns the configuration of the network to train.

  Options that no flag sets come from the published network of the same cells
  and size, or from how those cells were published.

  Args:
    architecture: The cells.
    stack: How they are stacked.
    init: The weights to start from, which may ask for a reading.
    facts: The classes and images of the data set.

  Raises:
    UserError: The network cannot be built, of these images for example.
  """
  options: dict[str, Any] = {
    'image_shape': facts.image_shape,
    'classes': len(facts.class_names),
    **{name: getattr(stack, name) for name in _COPIED},
  }
  if stack.stem_filters:
    options['stem_filters'] = stack.stem_filters
  if stack.skip_reduction_layer_input:
    options['skip_reduction_layer_input'] = True
  reading = stack.reading
  if init.init_weights == KERAS_IMAGENET:
    reading = reading or _KERAS_READING
  entry = zoo.find(architecture)
  if entry is not None:
    return published_config(entry, reading=reading, **options)
  return NetworkConfig(**{**READINGS[reading or _OTHERS_READING], **options})


_COPIED = (
  'skeleton',
  'repeats',
  'filters',
  'reductions',
  'auxiliary_head',
  'auxiliary_stride',
  'drop_path_keep',
  'drop_path_by_depth',
  'dropout',
  'layer_dropout',
  'batch_norm_momentum',
  'batch_norm_epsilon',
)
