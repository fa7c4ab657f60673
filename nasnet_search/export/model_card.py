"""What an exported network is, for people and for programs.

model_card.md    for people, with drawings of the cells and the network
model_card.json  the same for programs, and more
class_names.json the classes, in the order of the outputs

Importing this module must not import TensorFlow.
"""

import dataclasses
import datetime
import json
import os
import pathlib
import platform
from collections.abc import Sequence
from typing import Any

import numpy as np

from nasnet_search.builders.cost import network_cost
from nasnet_search.builders.graph import network_graph
from nasnet_search.builders.outline import network_parts
from nasnet_search.builders.penultimate import penultimate_filters
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.conv_chain import ConvChain
from nasnet_search.cells.drawing import (
  draw_architecture,
  draw_chain,
  draw_network,
  save_figure,
)
from nasnet_search.cells.layer_graph import LayerGraph
from nasnet_search.export.card_text import card_text
from nasnet_search.export.formats import INPUTS
from nasnet_search.export.images import ExportImages
from nasnet_search.export.parity import MARGIN, TOLERANCE, Check
from nasnet_search.training.trained_network import TrainedNetwork
from nasnet_search.version import __version__

FORMAT = 'nasnet_search.model_card'
FORMAT_VERSION = 1


def card_data(
  trained: TrainedNetwork,
  images: ExportImages,
  expected: np.ndarray,
  checks: Sequence[Check],
) -> dict[str, Any]:
  """Returns a model card as plain data.

  Args:
    trained: The record of the trained network.
    images: What it was compared on.
    expected: What it gives for them, `[count, classes]`.
    checks: How the exported files compare.
  """
  return {
    'format': FORMAT,
    'format_version': FORMAT_VERSION,
    'created': datetime.datetime.now(datetime.UTC).isoformat('T', 'seconds'),
    'nasnet_search': __version__,
    'network_name': _network_name(trained),
    'classes': list(trained.dataset.class_names),
    'image_shape': list(trained.dataset.image_shape),
    'inputs': dict(INPUTS),
    'cost': _cost(trained),
    'comparison': _comparison(images, expected),
    'machine': _machine(),
    'files': [
      {
        **{k: v for k, v in vars(check).items() if k != 'agreement'},
        **dataclasses.asdict(check.agreement),
      }
      for check in checks
    ],
    'trained_network': trained.to_dict(),
  }


def write(
  folder: pathlib.Path, trained: TrainedNetwork, card: dict[str, Any]
) -> None:
  """Writes a model card with its drawings.

  Args:
    folder: Where to.
    trained: The record of the trained network.
    card: What `card_data` returned.
  """
  if isinstance(trained.architecture, Architecture):
    save_figure(draw_architecture(trained.architecture), folder / 'cells.png')
    config = dataclasses.replace(trained.network, auxiliary_head='none')
    parts = network_parts(trained.architecture, config)
    title = f'Network {card["network_name"]}'
    save_figure(draw_network(parts, title), folder / 'network.png')
  if isinstance(trained.architecture, ConvChain):
    save_figure(draw_chain(trained.architecture), folder / 'layers.png')
  for name, text in (
    ('model_card.md', card_text(card)),
    ('model_card.json', json.dumps(card, indent=2) + '\n'),
    ('class_names.json', json.dumps(card['classes'], indent=2) + '\n'),
  ):
    (folder / name).write_text(text, encoding='utf-8')


def _cost(trained: TrainedNetwork) -> dict[str, int]:
  cost = network_cost(trained.architecture, trained.network)
  return {
    name: value
    for name, value in dataclasses.asdict(cost).items()
    if isinstance(value, int) and not name.startswith('auxiliary')
  }


def _comparison(images: ExportImages, expected: np.ndarray) -> dict[str, Any]:
  likeliest = expected.argmax(axis=1)
  return {
    'images': len(images.labels),
    'test_images': images.test,
    'validation_images': len(images.labels) - images.test,
    'classes_given': len(set(likeliest.tolist())),
    'accuracy': float(np.mean(likeliest == images.labels)),
    'tolerance': TOLERANCE,
    'margin': MARGIN,
    'calibration_images': len(images.calibration),
  }


def _machine() -> dict[str, Any]:
  return {
    'processor': _processor(),
    'cores': os.cpu_count(),
    'system': platform.platform(),
    'python': platform.python_version(),
  }


def _network_name(trained: TrainedNetwork) -> str:
  config, architecture = trained.network, trained.architecture
  if isinstance(architecture, LayerGraph):
    return architecture.notation()
  if not isinstance(architecture, Architecture):
    return f'of {len(network_graph(architecture, config).cells)} layers'
  filters = penultimate_filters(architecture, config.filters, config.reductions)
  return f'{config.repeats} @ {filters}'


def _processor() -> str:
  # Where it is not told, `platform` has the machine's type or nothing.
  try:
    for line in pathlib.Path('/proc/cpuinfo').read_text().splitlines():
      if line.startswith('model name'):
        return line.partition(':')[2].strip()
  except OSError:
    pass
  return platform.processor() or platform.machine()
