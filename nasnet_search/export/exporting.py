"""Exports a trained network: writes, compares, describes, and then appears.

Everything is written beside the output directory and takes its name when it
is complete.
"""

import contextlib
import importlib
import os
import pathlib
import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from nasnet_search.cells.errors import UserError
from nasnet_search.cells.plain_data import shortened
from nasnet_search.export import model_card
from nasnet_search.export.config import ExportConfig
from nasnet_search.export.formats import FORMATS, check_installed
from nasnet_search.export.images import ExportImages, export_images
from nasnet_search.export.parity import Check, check_format
from nasnet_search.registry import load_plugins
from nasnet_search.tensorflow_setup import quiet, steady_tensorflow
from nasnet_search.training.trained_files import load_model, load_trained
from nasnet_search.training.trained_network import TrainedNetwork

if TYPE_CHECKING:
  from nasnet_search.export.writers import Source


def export(
  config: ExportConfig, watch: Callable[[str], object] = lambda line: None
) -> dict[str, Any]:
  """Exports a trained network.

  Args:
    config: What, from where to where.
    watch: Told what is being done, a line at a time.

  Returns:
    The model card, as plain data; see `model_card`.

  Raises:
    UserError: Something cannot be read, written or converted, or a file does
      not give what the trained network gives. Then nothing is left.
  """
  load_plugins(config.plugin)
  check_installed(config.formats)
  trained = load_trained(config.model_dir)
  with _whole(pathlib.Path(config.output)) as folder:
    images = export_images(trained, config)
    watch('Loading the trained network')
    expected, source = _prepare(config, trained, images, folder)
    checks = list(_write_all(config, source, images, expected, watch))
    card = model_card.card_data(trained, images, expected, checks)
    model_card.write(folder, trained, card)
  return card


def _prepare(
  config: ExportConfig,
  trained: TrainedNetwork,
  images: ExportImages,
  folder: pathlib.Path,
) -> tuple[np.ndarray, 'Source']:
  """Returns what the trained network says, and what the writers need."""
  # On the processor, as the files are used: GPUs round products to fewer bits,
  # and the processes that use the files would want their memory.
  steady_tensorflow(hide_gpus=True)
  with quiet():
    from nasnet_search.export import networks, writers

    network = load_model(config.model_dir)
    expected = networks.trained_probabilities(trained, network, images.held_out)
    source = writers.Source(
      model=networks.pixel_network(network, trained.dataset),
      record=trained.dataset,
      calibration=images.calibration,
      folder=folder,
    )
  return expected, source


def _write_all(
  config: ExportConfig,
  source: 'Source',
  images: ExportImages,
  expected: np.ndarray,
  watch: Callable[[str], object],
) -> Iterator[Check]:
  for name in dict.fromkeys(config.formats):
    watch(f'Writing {FORMATS[name].title}')
    _write(name, source)
    watch(f'Comparing {FORMATS[name].title} with the trained network')
    yield from check_format(
      name, source.folder, images.held_out, images.labels, expected
    )


def _write(name: str, source: 'Source') -> None:
  module, _, function = FORMATS[name].writer.partition(':')
  try:
    with quiet():
      getattr(importlib.import_module(module), function)(source)
  except OSError:
    raise
  # Converters raise many kinds.
  except Exception as error:
    raise UserError(
      f'Expected a network that can be written as {FORMATS[name].title}. '
      f'Received an error of its converter: {shortened(str(error), 300)}. '
      f'Leave {name} out of --formats.'
    ) from error


@contextlib.contextmanager
def _whole(output: pathlib.Path) -> Iterator[pathlib.Path]:
  """Gives a folder to write into, which becomes the output when all is done.

  Raises:
    UserError: The output is there already, or cannot be written.
  """
  if output.exists() and not (output.is_dir() and not any(output.iterdir())):
    raise UserError(
      'Expected --output to be a new or an empty directory. Received: '
      f'{output}, which is in use. Name another one, or delete it.'
    )
  draft = output.with_name(f'.new.{output.name}.{os.getpid()}')
  try:
    draft.mkdir(parents=True)
    yield draft
    # Rename replaces an empty directory.
    draft.replace(output)
  except OSError as error:
    raise UserError(
      'Expected --output to be a directory that can be written. Received: '
      f'{output}: {error.strerror or error}. Change permissions, free space, '
      'or name another one.'
    ) from error
  finally:
    shutil.rmtree(draft, ignore_errors=True)
