"""How an architecture is valued, as plain data. Must not import TensorFlow."""

import dataclasses

from nasnet_search.cells.errors import UserError
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
  optimizer: str = setting(
    'sgd',
    'sgd, with --momentum, or adam (decays 0.9 and 0.999, epsilon 1e-8: '
    'MetaQNN, Appendix A).',
    choices=('sgd', 'adam'),
  )
  learning_rate: float = setting(
    0.05, 'Greatest learning rate of a child; see --schedule.', lower=0
  )
  schedule: str = setting(
    'cosine',
    'How the learning rate of a child falls: cosine (to 0 along half a cosine) '
    'or step (--step_factor every --step_epochs).',
    choices=('cosine', 'step'),
  )
  step_epochs: int = setting(
    5, 'For --schedule=step (MetaQNN, Appendix A: 5).', lower=1
  )
  step_factor: float = setting(
    0.2,
    'For --schedule=step (MetaQNN, Appendix A: 0.2).',
    lower=0,
    upper=1,
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
  layer_dropout: float = setting(
    0.5,
    'For --space=layer_graph: share of values dropped by the last dropout of a '
    'chain; there is one after every second layer, each dropping more than the '
    'one before it (MetaQNN, Appendix A: 0.5). 0 for none.',
    lower=0,
    upper=0.9,
  )
  gradient_clip: float = setting(
    5.0,
    'Greatest global norm of the gradients; 0 for no limit (slim '
    'cifar_config: 5).',
    lower=0,
  )
  restarts: int = setting(
    0,
    'How often a child is started again, with new weights and '
    '--restart_factor of the learning rate, that after its first epoch is not '
    'better than one that always says the same class. If the last start is not '
    'either, it ends there.',
    lower=0,
  )
  restart_factor: float = setting(
    0.4, 'For --restarts (MetaQNN, Appendix A: 0.4).', lower=0, upper=1
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
    if self.schedule == 'step' and self.warmup_steps:
      raise UserError(
        'Expected --warmup_steps=0 with --schedule=step, which starts at the '
        f'learning rate itself. Received: {self.warmup_steps}.'
      )
