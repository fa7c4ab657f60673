"""The configuration of a network built from an architecture.

Plain data; must not import TensorFlow. Where published implementations read
the papers differently, each reading is an option here, see `options`; who
published what with which, `published` knows. The defaults are those of slim's
CIFAR network, at the smallest size that still ranks cells.
"""

import dataclasses

from nasnet_search.builders.config_checks import check_config


@dataclasses.dataclass(frozen=True)
class NetworkConfig:
  """How often and how wide an architecture's cells are stacked.

  After the stem of its skeleton: `repeats` normal cells, and for each
  reduction a reduction cell and `repeats` normal cells; then ReLU, global
  average pooling and the classifier (NASNet paper, Figure 2 and section 3).

  Attributes:
    image_shape: Height, width and channels of an image.
    classes: Number of classes, at least 2.
    skeleton: What stands before the first stack, see `options.SKELETONS`.
    repeats: N, the number of normal cells in a row.
    filters: F, the filters of the first normal cells; doubled at each
      reduction.
    reductions: Number of reduction cells between stacks (2 in the papers).
    stem_filters: Filters of the stem's convolution. None means 3 F in the
      `cifar` skeleton (slim `cifar_config`: stem_multiplier 3.0), 32 in
      `imagenet` (slim `mobile_imagenet_config`) and F in `darts_imagenet`.
    reduction_in_stack: Whether a reduction cell takes the place of the first
      normal cell of its stack (slim's pnasnet.py) instead of standing before
      it.
    skip_reduction_layer_input: Whether the cell after a reduction cell reads
      as h_{i-1} not the cell before the reduction, but the one before that
      (slim `large_imagenet_config`).
    input_fitting: See `options.INPUT_FITTINGS`.
    strided_identity: See `options.STRIDED_IDENTITIES`.
    convolution_style: See `options.CONVOLUTION_STYLES`.
    ignore_dilation: Whether `dilated_separable_conv_5x5` has no dilation, as
      in the TPU code of AmoebaNet, which drops the rate in its name.
    padding: See `options.PADDINGS`.
    final_relu: Whether a ReLU stands before the global average pooling; not
      in DARTS.
    classifier_bias: Whether classifiers have a bias; not in ENAS.
    auxiliary_head: Where a second classifier stands that helps training, see
      `options.AUXILIARY_HEADS`.
    auxiliary_stride: Stride of its pool (DARTS on ImageNet: 2).
    drop_path_keep: Probability of keeping a path at the end of training; 1.0
      switches scheduled drop-path off.
    drop_path_by_depth: Whether that probability holds for the last cell only
      and falls linearly from 1 towards it (slim's version v3, ENAS); the
      paper does not mention it.
    dropout: Share of features dropped before the classifier.
    layer_dropout: Share of values dropped by the last of the dropouts within a
      chain of layers, see `layer_graph` (MetaQNN: 0.5).
    batch_norm_momentum: Decay of the moving statistics (slim `cifar_config`:
      0.9).
    batch_norm_epsilon: Added to the variance (slim `cifar_config`: 1e-5).

  Raises:
    UserError: A value is unknown or out of range, or the image is too small.
  """

  image_shape: tuple[int, int, int]
  classes: int
  skeleton: str = 'cifar'
  repeats: int = 1
  filters: int = 8
  reductions: int = 2
  stem_filters: int | None = None
  reduction_in_stack: bool = False
  skip_reduction_layer_input: bool = False
  input_fitting: str = 'as_needed'
  strided_identity: str = 'convolution'
  convolution_style: str = 'plain'
  ignore_dilation: bool = False
  padding: str = 'same'
  final_relu: bool = True
  classifier_bias: bool = True
  auxiliary_head: str = 'none'
  auxiliary_stride: int = 3
  drop_path_keep: float = 1.0
  drop_path_by_depth: bool = False
  dropout: float = 0.0
  layer_dropout: float = 0.5
  batch_norm_momentum: float = 0.9
  batch_norm_epsilon: float = 1e-5

  def __post_init__(self) -> None:
    check_config(self)

  @property
  def stem(self) -> int:
    """Filters of the stem's convolution; of the last ones, if several."""
    if self.stem_filters is not None:
      return self.stem_filters
    return {'cifar': 3 * self.filters, 'imagenet': 32}.get(
      self.skeleton, self.filters
    )
