"""The configuration of a network built from an architecture.

Plain data; must not import TensorFlow. The defaults of `NetworkConfig` are
the smallest network that still ranks cells; published sizes are set by their
callers.
"""

import dataclasses

from nasnet_search.cells.errors import UserError


@dataclasses.dataclass(frozen=True)
class NetworkConfig:
  """How often and how wide an architecture's cells are stacked.

  The CIFAR skeleton (NASNet paper, Figure 2 and section 3): stem, `repeats`
  normal cells, a reduction cell, `repeats` normal cells, a reduction cell,
  `repeats` normal cells, ReLU, global average pooling, classifier.

  Attributes:
    image_shape: Height, width and channels of an image.
    classes: Number of classes, at least 2.
    repeats: N, the number of normal cells in a row.
    filters: F, the filters of the first normal cells; doubled at each
      reduction.
    reductions: Number of reduction cells (2 in the paper's CIFAR networks).
    stem_filters: Filters of the stem convolution; None means 3 F, as in
      slim's `cifar_config` (stem_multiplier 3.0).
    drop_path_keep: Probability of keeping a path at the end of training; 1.0
      switches scheduled drop-path off.
    dropout: Share of features dropped before the classifier.
    batch_norm_momentum: Decay of the moving statistics (slim `cifar_config`:
      0.9).
    batch_norm_epsilon: Added to the variance (slim `cifar_config`: 1e-5).
  """

  image_shape: tuple[int, int, int]
  classes: int
  repeats: int = 1
  filters: int = 8
  reductions: int = 2
  stem_filters: int | None = None
  drop_path_keep: float = 1.0
  dropout: float = 0.0
  batch_norm_momentum: float = 0.9
  batch_norm_epsilon: float = 1e-5

  def __post_init__(self) -> None:
    height, width, channels = self.image_shape
    if self.reductions < 0:
      raise UserError(
        f'Expected no fewer than 0 reductions. Received: {self.reductions}.'
      )
    smallest = 2 ** (self.reductions + 1)
    if min(height, width) < smallest:
      raise UserError(
        f'Expected images of at least {smallest}x{smallest} pixels for '
        f'{self.reductions} reductions. Received: {height}x{width}. Use '
        'larger images (--image_size) or fewer reductions.'
      )
    if channels < 1:
      raise UserError(
        f'Expected images of at least 1 channel. Received: {channels}.'
      )
    if self.classes < 2:
      raise UserError(f'Expected at least 2 classes. Received: {self.classes}.')
    if self.repeats < 1:
      raise UserError(
        f'Expected at least 1 repeat of the normal cell. Received: '
        f'{self.repeats}.'
      )
    if self.filters < 2 or self.filters % 2:
      raise UserError(
        'Expected an even number of filters, because a factorized reduction '
        f'gives half of them to each of its two paths. Received: '
        f'{self.filters}.'
      )
    for name in ('drop_path_keep', 'batch_norm_momentum'):
      if not 0 < getattr(self, name) <= 1:
        raise UserError(
          f'Expected {name} above 0 and at most 1. Received: '
          f'{getattr(self, name)}.'
        )
    if not 0 <= self.dropout < 1:
      raise UserError(
        f'Expected dropout of at least 0 and below 1. Received: {self.dropout}.'
      )

  @property
  def stem(self) -> int:
    """Filters of the stem convolution."""
    return 3 * self.filters if self.stem_filters is None else self.stem_filters
