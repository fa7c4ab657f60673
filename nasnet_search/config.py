"""The whole configuration of a search, as plain data.

A search is defined by its `SearchConfig` less the operational parts: two
runs with equal defining fields and no worker timing between them choose and
measure the same. On resuming a run its defining fields must match;
operational ones may change, and each change is logged.

Importing this module costs no TensorFlow.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from nasnet_search.cells.errors import UserError
from nasnet_search.cells.operations import FURTHER_OPERATIONS
from nasnet_search.compatibility import check_compatible, usual_evaluator
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.data.config import DataConfig
from nasnet_search.data.text_config import TextConfig
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.evaluators.language_config import LanguageModelConfig
from nasnet_search.settings import check_settings, setting
from nasnet_search.workers.config import WorkersConfig


@dataclasses.dataclass(frozen=True)
class SpaceConfig:
  """What is searched."""

  space: str = setting(
    'nasnet',
    'Search space: nasnet, nasbench201, nasbench301 (DARTS cells), table (the '
    'rows of --table), conv_chain (chains of convolutions, Zoph and Le 2017), '
    'recurrent_cell (trees, likewise), layer_graph (chains of layers, '
    'MetaQNN), or one that a plugin registers.',
  )
  blocks: int = setting(
    5, 'B, blocks in a cell (NASNet paper: 5).', lower=1, upper=10
  )
  operations: tuple[str, ...] = setting(
    (),
    'Operations to choose from; empty for the 13 of the NASNet paper. '
    f'{", ".join(FURTHER_OPERATIONS[:-1])} and {FURTHER_OPERATIONS[-1]} of '
    'later papers may be named besides.',
  )
  combinations: tuple[str, ...] = setting(
    (), 'Combinations to choose from; empty for both, add and concat.'
  )
  base_number: int = setting(
    8,
    'Leaves of the tree that a recurrent cell is, a power of two (Zoph and Le '
    '2017, section 4.2: 8).',
    lower=2,
    upper=64,
  )
  chain_layers: int = setting(
    6,
    'For --space=conv_chain: layers of the first proposals (Zoph and Le 2017, '
    'section 4.1: 6).',
    lower=1,
  )
  chain_layers_added: int = setting(
    2,
    'Layers more after every --chain_layers_interval proposals (there: 2); 0 '
    'for none.',
    lower=0,
  )
  chain_layers_interval: int = setting(
    1600, 'Proposals with one number of layers (there: 1,600).', lower=1
  )
  chain_layers_most: int = setting(
    20,
    'Greatest number of layers (their 12,800 proposals come to 20).',
    lower=1,
  )
  chain_filter_sizes: tuple[str, ...] = setting(
    ('1', '3', '5', '7'),
    'Heights and widths of filters to choose from, in pixels (there: these).',
  )
  chain_filters: tuple[str, ...] = setting(
    ('24', '36', '48', '64'),
    'Numbers of filters to choose from (there: these).',
  )
  chain_strides: tuple[str, ...] = setting(
    ('1',),
    'Strides to choose from, for height and width (there: 1, or 1,2,3).',
  )
  chain_types: tuple[str, ...] = setting(
    ('convolution',),
    'What a layer may be: convolution, or convolution,max_pool.',
  )
  chain_skips: bool = setting(
    True,
    'Whether it is chosen which of the earlier layers a layer reads (skip '
    'connections); if not, each reads the one before it.',
  )
  layer_graph_depth: int = setting(
    6,
    'For --space=layer_graph: most layers of a chain (MetaQNN, Table 1: 12; on '
    'CIFAR-10 18).',
    lower=1,
  )
  layer_graph_filters: tuple[str, ...] = setting(
    ('16', '32', '64'),
    'For --space=layer_graph: filters of a convolution to choose from '
    '(MetaQNN: 64,128,256,512).',
  )
  layer_graph_neurons: tuple[str, ...] = setting(
    ('64', '32'),
    'For --space=layer_graph: neurons of a fully connected layer to choose '
    'from; empty for chains without (MetaQNN: 512,256,128).',
  )

  def __post_init__(self) -> None:
    check_settings(self)


@dataclasses.dataclass(frozen=True)
class GoalConfig:
  """What is maximised, and what the search knows before it starts."""

  reward: str = setting(
    '',
    'The number to maximise: accuracy (validation accuracy of the last '
    'epoch), accuracy_cubed (greatest of the last five epochs, cubed: Zoph '
    'and Le 2017, section 4), closeness (of --evaluator=cost), perplexity (of '
    '--evaluator=language_model), or one that a plugin registers; empty for '
    'what the evaluator is made for.',
  )
  seed: int = setting(0, 'Seed of everything random in the run.', lower=0)
  include_cells: tuple[str, ...] = setting(
    (),
    'Cells to value before the controller proposes any: names of the zoo, '
    'such as nasnet_a, or architecture files. The controller learns from '
    'them.',
  )
  warm_start: str = setting(
    '',
    'Directory of an earlier run whose settled trials the controller learns '
    'from first.',
  )
  plugin: tuple[str, ...] = setting(
    (),
    'Modules to import first, which register data sets, evaluators, '
    'controllers, rewards or spaces of your own; in workers too.',
  )

  def __post_init__(self) -> None:
    check_settings(self)


@dataclasses.dataclass(frozen=True)
class RunConfig:
  """Where the run is kept and when it ends; all operational."""

  run_dir: str = setting(
    '',
    'Directory of the run; a run that is there already is continued. Empty '
    'for a new one under runs/ in the current directory.',
  )
  trials: int = setting(
    100,
    'Trials to settle, duplicates not counted, confirmations included. May be '
    'raised on a later start.',
    lower=1,
  )
  best_by: str = setting(
    'reward',
    'What the best is named by when the search ends: reward, the greatest of '
    'all, or predicted, the greatest of what a Gaussian process on all trials '
    'makes of each, which evens out noise. Confirmations, where there are '
    'some, name it instead.',
    choices=('reward', 'predicted'),
  )
  confirm_top: int = setting(
    0,
    'So many of the best architectures are valued again at the end, and the '
    'best is named by the mean of that; 0 for none. The trials that it takes '
    'are part of --trials.',
    lower=0,
  )
  confirm_repeats: int = setting(
    3, 'How often each of --confirm_top is valued again.', lower=1
  )
  max_hours: float = setting(
    0.0,
    'Hours after which no more trials are started, over all starts of '
    'the run; 0 for no limit.',
    lower=0,
  )
  patience: int = setting(
    0,
    'Trials without a better reward after which the run stops; 0 for never.',
    lower=0,
  )
  snapshot_interval: int = setting(
    5, 'Policy updates between two snapshots of the controller.', lower=1
  )

  def __post_init__(self) -> None:
    check_settings(self)
    least = self.confirm_top * (1 + self.confirm_repeats)
    if self.trials < least:
      raise UserError(
        f'Expected --trials to be at least {least}: to find the '
        f'{self.confirm_top} architectures of --confirm_top and to value each '
        f'of them {self.confirm_repeats} times again (--confirm_repeats). '
        f'Received: {self.trials}.'
      )


@dataclasses.dataclass(frozen=True)
class SearchConfig:
  """Everything about a search.

  Attributes:
    space: What is searched.
    goal: What is maximised.
    controller: Who proposes.
    evaluator: What an architecture is worth.
    proxy: The setting children are trained in.
    data: The images.
    text: The text, where language models are trained.
    language_model: The setting they are trained in.
    run: Where the run is kept and when it ends (operational).
    workers: Where evaluations run (operational).
  """

  space: SpaceConfig = SpaceConfig()
  goal: GoalConfig = GoalConfig()
  controller: ControllerConfig = ControllerConfig()
  evaluator: EvaluatorConfig = EvaluatorConfig()
  proxy: ProxyConfig = ProxyConfig()
  data: DataConfig = DataConfig()
  text: TextConfig = TextConfig()
  language_model: LanguageModelConfig = LanguageModelConfig()
  run: RunConfig = RunConfig()
  workers: WorkersConfig = WorkersConfig()

  def __post_init__(self) -> None:
    space, chosen = self.space.space, self.evaluator.evaluator
    usual = usual_evaluator(space, chosen, EvaluatorConfig.evaluator)
    if usual != chosen:
      valued = dataclasses.replace(self.evaluator, evaluator=usual)
      object.__setattr__(self, 'evaluator', valued)
    check_compatible(space, usual, self.controller.controller)

  @classmethod
  def from_defining(cls, defining: Mapping[str, Any]) -> 'SearchConfig':
    """Returns the configuration whose `defining` a run has kept.

    Args:
      defining: Values by name, as JSON gives them back. What is missing has
        its default: the run is older than the setting.

    Raises:
      UserError: A name is unknown, or a value is not as it should be.
    """
    values = {
      name: tuple(value) if isinstance(value, list) else value
      for name, value in defining.items()
    }
    parts = {}
    for part in dataclasses.fields(cls):
      default: Any = part.default
      if part.name not in ('run', 'workers'):
        parts[part.name] = dataclasses.replace(
          default,
          **{
            field.name: values.pop(field.name)
            for field in dataclasses.fields(default)
            if field.name in values
          },
        )
    if values:
      raise UserError(
        'Expected the settings of a search of this version. Received: '
        f'{", ".join(map(repr, values))}. Install a newer nasnet_search.'
      )
    return cls(**parts)

  def defining(self) -> dict[str, Any]:
    """Returns the fields that make the run what it is, by flag name."""
    return dict(
      _settings(
        self.space,
        self.goal,
        self.controller,
        self.evaluator,
        self.proxy,
        self.data,
        self.text,
        self.language_model,
      )
    )

  def operational(self) -> dict[str, Any]:
    """Returns the fields that may change between starts, by flag name."""
    return dict(_settings(self.run, self.workers))


def _settings(*configs: Any) -> Iterator[tuple[str, Any]]:
  for config in configs:
    for field in dataclasses.fields(config):
      yield field.name, getattr(config, field.name)
