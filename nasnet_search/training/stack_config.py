"""Settings of how cells are stacked into a network; flags of `nasnet-train`."""

import dataclasses

from nasnet_search.builders.options import AUXILIARY_HEADS, SKELETONS
from nasnet_search.builders.published import READINGS
from nasnet_search.cells.errors import UserError
from nasnet_search.settings import check_settings, setting


@dataclasses.dataclass(frozen=True)
class StackConfig:
  """How the cells are stacked into a network."""

  skeleton: str = setting(
    'cifar',
    'What stands before the first cells: cifar (a 3x3 convolution), imagenet '
    '(a convolution of stride 2 and two reduction cells) or darts_imagenet '
    '(three convolutions of stride 2).',
    choices=SKELETONS,
  )
  repeats: int = setting(2, 'N, normal cells in a row.', lower=1)
  filters: int = setting(
    16, 'F, filters of the first normal cells; even.', lower=2
  )
  reductions: int = setting(2, 'Reduction cells between stacks.', lower=0)
  stem_filters: int = setting(
    0,
    'Filters of the stem; 0 for those of the published network, else 3 F '
    'with --skeleton=cifar, 32 with imagenet, F with darts_imagenet.',
    lower=0,
  )
  skip_reduction_layer_input: bool = setting(
    False,
    'Whether the cell after a reduction reads the cell before it but one; so '
    'in any case where the published network does.',
  )
  reading: str = setting(
    '',
    'Whose code options follow that no flag sets: '
    f'{", ".join(READINGS)}; empty for that of the published cell, else slim.',
  )
  auxiliary_head: str = setting(
    'none',
    'Which cell a second classifier reads that helps training: '
    'before_last_reduction (slim), last_reduction (DARTS) or '
    'after_last_reduction (ENAS).',
    choices=AUXILIARY_HEADS,
  )
  auxiliary_stride: int = setting(
    3, "Stride of that classifier's pool (DARTS on ImageNet: 2).", lower=1
  )
  drop_path_keep: float = setting(
    1.0,
    'Probability of keeping a path at the end of training; falls to it from '
    '1 over the training (NASNet paper, App. A.5); 1 for all paths.',
    lower=0,
    upper=1,
  )
  drop_path_by_depth: bool = setting(
    False,
    'Whether that probability holds for the last cell only and falls from 1 '
    'towards it (slim; not in the paper).',
  )
  dropout: float = setting(
    0.0, 'Share of features dropped before the classifier.', lower=0, upper=1
  )
  layer_dropout: float = setting(
    0.5,
    'Of chains of --space=layer_graph: share of values dropped by the last '
    'dropout, as in the search (MetaQNN, Appendix A: 0.5). 0 for none.',
    lower=0,
    upper=0.9,
  )
  batch_norm_momentum: float = setting(
    0.9, 'Decay of the moving statistics.', lower=0, upper=1
  )
  batch_norm_epsilon: float = setting(
    1e-5, 'Added to the variance in batch normalisation.', lower=0
  )

  def __post_init__(self) -> None:
    check_settings(self)
    if self.reading and self.reading not in READINGS:
      raise UserError(
        f'Expected --reading to be empty or one of: {", ".join(READINGS)}. '
        f'Received: {self.reading!r}.'
      )
