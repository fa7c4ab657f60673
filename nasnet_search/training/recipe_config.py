"""Settings of the recipe, how a network is trained; flags of `nasnet-train`."""

import dataclasses

from nasnet_search.settings import check_settings, setting


@dataclasses.dataclass(frozen=True)
class RecipeConfig:
  """How the network is trained: the recipe."""

  epochs: int = setting(30, 'Epochs.', lower=1)
  batch_size: int = setting(
    64,
    'Images in a step over all devices together, which share them. Those '
    'that do not fill a last step are left out of the epoch, others in every '
    'epoch.',
    lower=1,
  )
  learning_rate: float = setting(
    0.1, 'Greatest learning rate, after the warm-up.', lower=0
  )
  learning_rate_batch: int = setting(
    0,
    'Batch size that --learning_rate is meant for: it is multiplied by '
    '--batch_size over this (Goyal et al. 2017, arXiv 1706.02677); 0 to leave '
    'it as it is, however many devices there are.',
    lower=0,
  )
  warmup_epochs: float = setting(
    0.0,
    'Epochs over which the learning rate first rises from 0; parts of one too.',
    lower=0,
  )
  schedule: str = setting(
    'cosine',
    'What the learning rate does then: cosine (falls to 0 along half a '
    'cosine), exponential (--decay_rate every --decay_epochs, in steps) or '
    'constant.',
    choices=('cosine', 'exponential', 'constant'),
  )
  decay_rate: float = setting(
    0.97,
    'Factor of --schedule=exponential (slim, NASNet on ImageNet: 0.97).',
    lower=0,
    upper=1,
  )
  decay_epochs: float = setting(
    2.4,
    'Epochs between two of its steps (slim, NASNet on ImageNet: 2.4).',
    lower=1e-3,
  )
  optimizer: str = setting(
    'sgd',
    'sgd (Nesterov momentum), rmsprop (with momentum) or adamw (decoupled '
    'weight decay).',
    choices=('sgd', 'rmsprop', 'adamw'),
  )
  momentum: float = setting(
    0.9, 'Momentum of sgd and rmsprop; beta 1 of adamw.', lower=0, upper=0.9999
  )
  square_decay: float = setting(
    0.9,
    'Decay of the mean squared gradients: of rmsprop (NASNet paper, App. A.7: '
    '0.9); beta 2 of adamw (0.999 is usual).',
    lower=0,
    upper=0.999999,
  )
  optimizer_epsilon: float = setting(
    1e-7,
    'Added to them: in rmsprop under the root (NASNet paper, App. A.7: 1.0), '
    'in adamw outside of it.',
    lower=0,
  )
  weight_decay: float = setting(
    1e-4,
    'Weight decay of convolution and dense kernels: as the gradient of half '
    'their squares; in adamw apart from the gradient.',
    lower=0,
  )
  gradient_clip: float = setting(
    5.0, 'Greatest global norm of the gradients; 0 for no limit.', lower=0
  )
  label_smoothing: float = setting(
    0.0,
    'Share of the label given to all classes alike, in training (NASNet '
    'paper, App. A.7, ImageNet: 0.1).',
    lower=0,
    upper=1,
  )
  auxiliary_weight: float = setting(
    0.4,
    "Weight of the auxiliary classifier's loss (NASNet paper, App. A.7: 0.4).",
    lower=0,
  )
  average_decay: float = setting(
    0.0,
    'Decay of the moving average of all weights that is valued and kept in '
    'place of the last ones (NASNet paper, App. A.7: 0.9999); 0 for none.',
    lower=0,
    upper=0.999999,
  )
  precision: str = setting(
    'float32',
    'float32, or mixed_bfloat16: computes in bfloat16, keeps weights and '
    'losses in float32. For GPUs and TPUs.',
    choices=('float32', 'mixed_bfloat16'),
  )
  sync_batch_norm: bool = setting(
    False,
    'Whether batch normalisation takes its statistics over all devices, not '
    'over the images of each.',
  )
  train_on_validation: bool = setting(
    False,
    'Whether the validation images are trained on too, as in the papers; '
    'nothing is then validated.',
  )

  def __post_init__(self) -> None:
    check_settings(self)

  @property
  def scaled_learning_rate(self) -> float:
    """The greatest learning rate at this batch size."""
    if not self.learning_rate_batch:
      return self.learning_rate
    return self.learning_rate * self.batch_size / self.learning_rate_batch
