"""The whole configuration of a full training, as plain data.

Every field is a flag of `nasnet-train`, of the same name. A training is
defined by its `TrainConfig` less the operational part: two trainings with
equal defining fields, on one device, give the same weights, bit by bit.

Importing this module costs no TensorFlow.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from nasnet_search.cells.errors import UserError
from nasnet_search.data.config import DataConfig
from nasnet_search.settings import check_settings, setting
from nasnet_search.training.recipe_config import RecipeConfig
from nasnet_search.training.stack_config import StackConfig

KERAS_IMAGENET = 'keras:imagenet'
"""The --init_weights that means those of keras.applications."""


@dataclasses.dataclass(frozen=True)
class SubjectConfig:
  """What is trained."""

  architecture: str = setting(
    '',
    'Cell to train: a published one by name (nasnet-inspect list), an '
    'architecture file, or the directory of a search, whose best cell is '
    'taken.',
  )
  run_dir: str = setting(
    '',
    'Directory of a search: its best cell is trained, unless --architecture '
    'names another, on its data set. Flags about the data win; its '
    '--train_images is left behind, so that all images are trained on.',
  )
  seed: int = setting(
    0, 'Seed of initial weights, order, augmentation and dropout.', lower=0
  )
  plugin: tuple[str, ...] = setting(
    (), 'Modules to import first, which register data sets of your own.'
  )

  def __post_init__(self) -> None:
    check_settings(self)


@dataclasses.dataclass(frozen=True)
class InputConfig:
  """How images come from their files."""

  stream: bool = setting(
    False,
    'Whether images of --data=folder (class folders or TFRecord files) stay in '
    'their files and are decoded when they are needed, for sets too large to '
    'decode once. Pixels then go to the network between -1 and 1.',
  )
  random_crop_area: float = setting(
    0.0,
    'With --stream: least share of an image that a random crop covers, which '
    'is scaled to --image_size (Szegedy et al. 2015: 0.08); 0 for the whole.',
    lower=0,
    upper=1,
  )
  color: float = setting(
    0.0,
    'With --stream: how far random factors of brightness and saturation may be '
    'from 1 (slim: 0.5 for saturation).',
    lower=0,
    upper=1,
  )
  rand_augment: float = setting(
    0.0,
    'With --stream: magnitude of RandAugment, from 0 for none to 10 (Cubuk et '
    'al. 2020: 9 for ResNet-50 on ImageNet).',
    lower=0,
    upper=10,
  )
  rand_augment_operations: int = setting(
    2,
    'Distortions of RandAugment that each image goes through (Cubuk et al. '
    '2020: 2 for ResNet-50 on ImageNet).',
    lower=1,
  )

  def __post_init__(self) -> None:
    check_settings(self)
    for name in ('random_crop_area', 'color', 'rand_augment'):
      if getattr(self, name) and not self.stream:
        raise UserError(
          f'Expected --stream with --{name}. Received: {getattr(self, name)} '
          'for images that were decoded before. Add --stream, or use '
          '--crop_padding and --flip.'
        )


@dataclasses.dataclass(frozen=True)
class InitConfig:
  """What the weights are before training."""

  init_weights: str = setting(
    '',
    'Weights to start from, with a new classifier: keras:imagenet (NASNet-A '
    '4 @ 1056 or 6 @ 4032, downloaded by Keras), or the --model_dir of a '
    'network of the same cells trained earlier. Images are then normalised as '
    'for them. Empty for new weights.',
  )
  keep_classifier: bool = setting(
    False,
    'Whether the classifier is taken over too; the classes must be the same.',
  )
  freeze: bool = setting(
    False,
    'Whether only the classifier is trained; the rest stays as it is, batch '
    'normalisation included.',
  )

  def __post_init__(self) -> None:
    check_settings(self)
    for name in ('keep_classifier', 'freeze'):
      if getattr(self, name) and not self.init_weights:
        raise UserError(
          f'Expected --init_weights with --{name}. Received none. Name weights '
          f'to start from, or leave --{name} out.'
        )


@dataclasses.dataclass(frozen=True)
class OutputConfig:
  """Where a training runs and what it leaves behind; all operational."""

  model_dir: str = setting(
    '',
    'Directory of the trained network; a training that is there already is '
    'continued. Empty for a new one under models/ in the current directory.',
  )
  distribution: str = setting(
    'none',
    'none (one device), mirrored (all devices of this machine), multi_worker '
    '(several machines, each of which runs the same command with its own '
    'TF_CONFIG) or tpu.',
    choices=('none', 'mirrored', 'multi_worker', 'tpu'),
  )
  tpu: str = setting('', 'Name or address of the TPU of --distribution=tpu.')
  checkpoint_steps: int = setting(
    500,
    'Steps between two checkpoints, besides the one after every epoch.',
    lower=1,
  )
  decode_threads: int = setting(
    0, 'Threads that decode images of --stream; 0 for one a core.', lower=0
  )
  keep_checkpoints: int = setting(2, 'Checkpoints that are kept.', lower=1)

  def __post_init__(self) -> None:
    check_settings(self)


@dataclasses.dataclass(frozen=True)
class TrainConfig:
  """Everything about a training.

  Attributes:
    subject: What is trained.
    stack: How the cells are stacked.
    data: The images.
    input: How they come from their files.
    recipe: How the network is trained.
    init: What the weights are before.
    output: Where it runs and what it leaves behind (operational).
  """

  subject: SubjectConfig = SubjectConfig()
  stack: StackConfig = StackConfig()
  data: DataConfig = DataConfig()
  input: InputConfig = InputConfig()
  recipe: RecipeConfig = RecipeConfig()
  init: InitConfig = InitConfig()
  output: OutputConfig = OutputConfig()

  def __post_init__(self) -> None:
    if self.recipe.train_on_validation and self.data.train_images:
      raise UserError(
        'Expected no --train_images with --train_on_validation, which trains '
        f'on all. Received: --train_images={self.data.train_images}.'
      )
    if self.init.freeze:
      _check_frozen(self)

  @classmethod
  def of(cls, values: Mapping[str, Any]) -> 'TrainConfig':
    """Returns the configuration of values by flag name; others have defaults.

    Raises:
      UserError: A name is unknown, or a value is not as it should be.
    """
    rest = {
      name: tuple(value) if isinstance(value, list) else value
      for name, value in values.items()
    }
    parts = {}
    for part in dataclasses.fields(cls):
      default: Any = part.default
      names = [field.name for field in dataclasses.fields(default)]
      own = {name: rest.pop(name) for name in names if name in rest}
      parts[part.name] = dataclasses.replace(default, **own)
    if rest:
      raise UserError(
        'Expected the settings of a training of this version. Received: '
        f'{", ".join(map(repr, rest))}. Install a newer nasnet_search.'
      )
    return cls(**parts)

  def recipe_settings(self) -> dict[str, Any]:
    """Returns what defines the training besides cell, data and seed."""
    return dict(_settings(self.stack, self.input, self.recipe, self.init))

  def defining(self) -> dict[str, Any]:
    """Returns the fields that make the training what it is, by flag name."""
    return {
      **dict(_settings(self.data)),
      **self.recipe_settings(),
      'seed': self.subject.seed,
      'plugin': self.subject.plugin,
    }


def _settings(*configs: Any) -> Iterator[tuple[str, Any]]:
  for config in configs:
    for field in dataclasses.fields(config):
      yield field.name, getattr(config, field.name)


def _check_frozen(config: TrainConfig) -> None:
  """Checks that nothing is asked for that only helps weights to be learned."""
  stack = config.stack
  for name, harmless in (('auxiliary_head', 'none'), ('drop_path_keep', 1.0)):
    received = getattr(stack, name)
    if received != harmless:
      raise UserError(
        f'Expected --{name}={harmless:} with --freeze, which trains the '
        f'classifier only. Received: {received}.'
      )
