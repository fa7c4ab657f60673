"""The record of a trained network: what it is and how it came about.

Importing this module must not import TensorFlow.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.cells.architectures import (
  AnyArchitecture,
  read_architecture,
)
from nasnet_search.cells.errors import UserError, located
from nasnet_search.cells.plain_data import check_format, read_mapping, shortened
from nasnet_search.data.config import DataConfig
from nasnet_search.data.dataset import DatasetRecord

FORMAT = 'nasnet_search.trained_network'
FORMAT_VERSION = 1


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
