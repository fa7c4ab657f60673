"""A trained network as it is kept: its record, and its weights.

A *model directory* holds both:

trained_network.json  the record: what the network is and how it came about
trained.weights.h5    the weights of the network for inference

The record is written last and knows the digest of the weights, so that the
two are found together or not at all. Reading either executes nothing.
Importing this module must not import TensorFlow.
"""

import dataclasses
import hashlib
import json
import os
import pathlib
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.cells.architectures import (
  AnyArchitecture,
  read_architecture,
)
from nasnet_search.cells.errors import UserError, located
from nasnet_search.cells.plain_data import check_format, read_mapping, shortened
from nasnet_search.data.config import DataConfig
from nasnet_search.data.dataset import DatasetRecord

if TYPE_CHECKING:
  import keras

FORMAT = 'nasnet_search.trained_network'
FORMAT_VERSION = 1

RECORD_FILE = 'trained_network.json'
WEIGHTS_FILE = 'trained.weights.h5'

_DIGEST = 'weights_sha256'


@dataclasses.dataclass(frozen=True)
class TrainedNetwork:
  """What a trained network is and how it came about; a frozen value.

  Attributes:
    architecture: The cells, or what else it is made of.
    network: How they were stacked for training, auxiliary head included.
    dataset: The record of the images; inference prepares images as it says.
    data: The settings that these images are found again by.
    recipe: Settings of the training, by the name of the flag.
    seed: Seed of everything random in the training.
    measures: What was measured, by name, such as `test_accuracy`.
    provenance: Where it comes from: the source of the architecture, versions
      of packages, when, how long.
  """

  architecture: AnyArchitecture
  network: NetworkConfig
  dataset: DatasetRecord
  data: DataConfig
  recipe: Mapping[str, Any]
  seed: int
  measures: Mapping[str, float]
  provenance: Mapping[str, Any]

  def __post_init__(self) -> None:
    if self.network.image_shape != self.dataset.image_shape:
      raise UserError(
        'Expected a network for the images of its data set, of shape '
        f'{self.dataset.image_shape}. Received one for images of shape '
        f'{self.network.image_shape}.'
      )
    if self.network.classes != len(self.dataset.class_names):
      raise UserError(
        'Expected a network for the classes of its data set, '
        f'{len(self.dataset.class_names)}. Received one for '
        f'{self.network.classes}.'
      )

  def to_dict(self) -> dict[str, Any]:
    """Returns the record as plain data, with its format version."""
    return {
      'format': FORMAT,
      'format_version': FORMAT_VERSION,
      'architecture': self.architecture.to_dict(),
      'network': _plain(self.network),
      'dataset': self.dataset.to_dict(),
      'data': _plain(self.data),
      'recipe': dict(self.recipe),
      'seed': self.seed,
      'measures': dict(self.measures),
      'provenance': dict(self.provenance),
    }

  @classmethod
  def from_dict(cls, data: Any) -> 'TrainedNetwork':
    """Returns the record of what `to_dict` returned.

    Raises:
      UserError: The data are not such a record, or of a newer version.
    """
    check_format(data, FORMAT, FORMAT_VERSION)
    names = [field.name for field in dataclasses.fields(cls)]
    values = dict(
      zip(names, read_mapping(data, names, others=True), strict=True)
    )
    for name in ('recipe', 'measures', 'provenance'):
      if not isinstance(values[name], dict):
        raise UserError(
          f'Expected {name} to be a mapping. Received: '
          f'{shortened(values[name])}.'
        )
    if not isinstance(values['seed'], int):
      raise UserError(
        'Expected seed to be a whole number. Received: '
        f'{shortened(values["seed"])}.'
      )
    with located('architecture'):
      values['architecture'] = read_architecture(values['architecture'])
    with located('dataset'):
      values['dataset'] = DatasetRecord.from_dict(values['dataset'])
    values['network'] = _config('network', NetworkConfig, values['network'])
    values['data'] = _config('data', DataConfig, values['data'])
    return cls(**values)


def save_trained(
  directory: str | os.PathLike[str],
  trained: TrainedNetwork,
  model: 'keras.Model',
) -> None:
  """Writes a trained network into its model directory.

  What was there before is replaced. Wherever the process is killed, the
  directory holds the old network, the new one, or none.

  Args:
    directory: The model directory; made if it is missing.
    trained: The record.
    model: The network, with or without an auxiliary head.

  Raises:
    UserError: The directory cannot be written.
    ValueError: The model is not the one of the record.
  """
  from nasnet_search.builders import inference

  network = inference.inference_network(trained.architecture, trained.network)
  inference.copy_weights(model, network)
  folder = pathlib.Path(directory)
  # Keras wants the file to end in `.weights.h5`.
  weights = folder / f'.new.{WEIGHTS_FILE}'
  record = folder / f'.new.{RECORD_FILE}'
  try:
    folder.mkdir(parents=True, exist_ok=True)
    network.save_weights(weights)
    data = {**trained.to_dict(), _DIGEST: _digest(weights)}
    record.write_text(json.dumps(data, indent=2) + '\n', encoding='utf-8')
    _flush(weights)
    _flush(record)
    # From here on the old record would name weights that are gone.
    (folder / RECORD_FILE).unlink(missing_ok=True)
    weights.replace(folder / WEIGHTS_FILE)
    record.replace(folder / RECORD_FILE)
    _flush(folder)
  except OSError as error:
    raise UserError(
      'Expected --model_dir to be a directory that can be written. Received: '
      f'{folder}: {error.strerror or error}. Change its permissions, free '
      'space, or name another one.'
    ) from error
  finally:
    for draft in (weights, record):
      if draft.parent.is_dir():
        draft.unlink(missing_ok=True)


def load_trained(directory: str | os.PathLike[str]) -> TrainedNetwork:
  """Returns the record in a model directory.

  Raises:
    UserError: There is none, it is damaged, or of a newer version.
  """
  return TrainedNetwork.from_dict(_read_record(directory))


def load_model(directory: str | os.PathLike[str]) -> 'keras.Model':
  """Returns the network in a model directory, for inference.

  Returns:
    What `builders.inference.inference_network` returns, with the trained
    weights: from normalised images to logits, of layers of Keras only.

  Raises:
    UserError: There is none, it is damaged, of a newer version, or its
      weights are not those of its record.
  """
  data = _read_record(directory)
  trained = TrainedNetwork.from_dict(data)
  path = pathlib.Path(directory) / WEIGHTS_FILE
  (expected,) = read_mapping(data, (_DIGEST,), others=True)
  _check_weights(path, expected)
  from nasnet_search.builders.inference import inference_network

  model = inference_network(trained.architecture, trained.network)
  try:
    with warnings.catch_warnings():
      # Of what does not fit, an error tells.
      warnings.simplefilter('ignore')
      model.load_weights(path)
  # Keras raises many kinds on files that do not fit.
  except Exception as error:
    raise UserError(
      'Expected the weights of the network that its record describes. '
      f'Received: {path}, which does not fit it ({shortened(str(error))}). '
      'Copy the model directory as a whole.'
    ) from error
  return model


def _check_weights(path: pathlib.Path, expected: Any) -> None:
  try:
    received = _digest(path)
  except OSError as error:
    raise UserError(
      f'Expected the weights of a trained network at {path}. Received: '
      f'{error.strerror}. Copy the model directory as a whole.'
    ) from error
  if received != expected:
    raise UserError(
      f'Expected the weights that {RECORD_FILE} was written with. Received: '
      f'{path}, which is damaged or belongs to another network. Copy the '
      'model directory as a whole, or train the network again.'
    )


def _read_record(directory: str | os.PathLike[str]) -> Any:
  path = pathlib.Path(directory) / RECORD_FILE
  try:
    return json.loads(path.read_text(encoding='utf-8'))
  except OSError as error:
    raise UserError(
      'Expected --model_dir to be a model directory, the --model_dir of a '
      f'nasnet-train that has ended. Received: {os.fspath(directory)!r}, '
      f'whose {RECORD_FILE} cannot be read ({error.strerror}).'
    ) from error
  # Too deep a nesting is a RecursionError, everything else a ValueError.
  except (ValueError, RecursionError) as error:
    raise UserError(
      f'Expected the record of a trained network as JSON. Received: {path}, '
      f'which is damaged ({error}).'
    ) from error


def _plain(config: Any) -> dict[str, Any]:
  return {
    name: list(value) if isinstance(value, tuple) else value
    for name, value in dataclasses.asdict(config).items()
  }


def _config(name: str, config_class: type, data: Any) -> Any:
  if not isinstance(data, dict):
    raise UserError(
      f'Expected {name} to be a mapping. Received: {shortened(data)}.'
    )
  values = {
    key: tuple(value) if isinstance(value, list) else value
    for key, value in data.items()
  }
  with located(name):
    try:
      return config_class(**values)
    except UserError:
      raise
    # Such as a name that is unknown, or a shape of two numbers.
    except (TypeError, ValueError, AttributeError) as error:
      raise UserError(
        f'Expected the fields of a {config_class.__name__}. Received: {error}.'
      ) from error


def _digest(path: pathlib.Path) -> str:
  with path.open('rb') as file:
    return hashlib.file_digest(file, 'sha256').hexdigest()


def _flush(path: pathlib.Path) -> None:
  """Waits until a file, or the names in a folder, are on the disk."""
  descriptor = os.open(path, os.O_RDONLY)
  try:
    os.fsync(descriptor)
  finally:
    os.close(descriptor)
