"""How an architecture is valued, as plain data. Must not import TensorFlow."""

import dataclasses

from nasnet_search.settings import check_settings, setting


@dataclasses.dataclass(frozen=True)
class EvaluatorConfig:
  """Which evaluator values architectures, and what children it refuses."""

  evaluator: str = setting(
    'child',
    'What values an architecture: child (trains a small network), cost (how '
    'close the parameter count comes to --target_parameters: no data, no '
    'training), language_model (trains one on --text_train), or one that a '
    'plugin registers. A --space that comes with its values (table, '
    'nasbench201, nasbench301) is valued by them, and recurrent_cell by '
    'language_model.',
  )
  target_parameters: int = setting(
    100_000,
    'For --evaluator=cost: the number of trainable parameters to come close '
    'to.',
    lower=1,
  )
  max_child_parameters: int = setting(
    0,
    'Children with more trainable parameters are refused before training; 0 '
    'for no limit.',
    lower=0,
  )
  table: str = setting(
    '',
    'For --space=table and nasbench201: a CSV file with a heading, may be '
    'gzipped, one row an architecture. For nasbench301: the surrogate model '
    'as an .npz file.',
  )
  decision_columns: tuple[str, ...] = setting(
    (),
    'Columns of --table that say what was chosen, in the order to choose in; '
    'empty for those that the benchmark is published with.',
  )
  reward_column: tuple[str, ...] = setting(
    (),
    'Column of --table to maximise. Of several, one is drawn by the seed of '
    'each trial: a noisy measurement.',
  )
  report_column: str = setting(
    '',
    'Column of --table that is measured beside the reward and not learned '
    'from; empty for the first --reward_column.',
  )

  max_child_memory: float = setting(
    0.0,
    'Children whose training step takes more memory than this, in GiB, by '
    'estimate and without what TensorFlow itself takes, are refused before '
    'training; 0 for no limit.',
    lower=0,
  )

  def __post_init__(self) -> None:
    check_settings(self)


@dataclasses.dataclass(frozen=True)
class ProxyConfig:
  """The setting children are trained in, besides the data."""

  repeats: int = setting(1, 'N, normal cells in a row in a child.', lower=1)
  filters: int = setting(
    8, 'F, filters of the first cells of a child; even.', lower=2
  )
  epochs: int = setting(3, 'Epochs a child is trained for.', lower=1)
  batch_size: int = setting(
    64,
    'Images in a training step. Those that do not fill a last step are left '
    'out of the epoch, others in every epoch; fewer images than this make '
    'one smaller step.',
    lower=1,
  )
  learning_rate: float = setting(
    0.05,
    'Greatest learning rate of a child; it falls to 0 along half a cosine.',
    lower=0,
  )
  warmup_steps: int = setting(
    0,
    'Training steps over which the learning rate first rises from 0.',
    lower=0,
  )
  momentum: float = setting(
    0.9,
    'Nesterov momentum of SGD (NASNet paper, App. A.1: 0.9).',
    lower=0,
    upper=1,
  )
  weight_decay: float = setting(
    1e-4, 'Weight of the L2 loss on convolution and dense kernels.', lower=0
  )
  drop_path_keep: float = setting(
    1.0,
    'Probability of keeping a path at the end of training; 1 for all.',
    lower=0,
    upper=1,
  )
  gradient_clip: float = setting(
    5.0,
    'Greatest global norm of the gradients; 0 for no limit (slim '
    'cifar_config: 5).',
    lower=0,
  )
  early_stopping: float = setting(
    0.0,
    'Children are given up early whose validation accuracy after an epoch is '
    'below this quantile of what those trained in full had reached by then, '
    'such as 0.25; 0 for none.',
    lower=0,
    upper=0.9,
  )
  early_stopping_after: int = setting(
    20,
    'Children trained in full before any is given up early.',
    lower=2,
  )

  def __post_init__(self) -> None:
    check_settings(self)
