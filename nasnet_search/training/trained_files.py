"""The files of a trained network: its record, and its weights.

A *model directory* holds both:

trained_network.json  the record: what the network is and how it came about
trained.weights.h5    the weights of the network for inference

The record is written last and knows the digest of the weights, so that the
two are found together or not at all. Reading either executes nothing.
Importing this module must not import TensorFlow.
"""

import hashlib
import json
import os
import pathlib
import warnings
from typing import TYPE_CHECKING, Any

from nasnet_search.cells.errors import UserError
from nasnet_search.cells.plain_data import read_mapping, shortened
from nasnet_search.training.trained_network import TrainedNetwork

if TYPE_CHECKING:
  import keras

RECORD_FILE = 'trained_network.json'
WEIGHTS_FILE = 'trained.weights.h5'

_DIGEST = 'weights_sha256'


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
  try:
    _write(folder, trained, network)
  except OSError as error:
    raise UserError(
      'Expected --model_dir to be a directory that can be written. Received: '
      f'{folder}: {error.strerror or error}. Change its permissions, free '
      'space, or name another one.'
    ) from error


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


def _write(
  folder: pathlib.Path, trained: TrainedNetwork, network: 'keras.Model'
) -> None:
  """Writes both files under other names first, and leaves none of those."""
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
  finally:
    for draft in (weights, record):
      if draft.parent.is_dir():
        draft.unlink(missing_ok=True)


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
