"""The rule of each primitive.

Importing this module imports TensorFlow.
"""

from collections.abc import Callable

from nasnet_search.builders.backpropagation.classifier import (
  DenseRule,
  FlattenRule,
  GlobalAveragePoolRule,
)
from nasnet_search.builders.backpropagation.convolutions import convolution_rule
from nasnet_search.builders.backpropagation.noise import NoiseRule
from nasnet_search.builders.backpropagation.normalization import (
  BatchNormalizationRule,
)
from nasnet_search.builders.backpropagation.pooling import (
  AveragePoolRule,
  MaxPoolRule,
)
from nasnet_search.builders.backpropagation.rule import Rule
from nasnet_search.builders.backpropagation.structure import (
  AddRule,
  ConcatenateRule,
  CropRule,
  PadRule,
  ReluRule,
)
from nasnet_search.builders.primitives import (
  Add,
  AveragePool,
  BatchNormalization,
  Concatenate,
  Convolution,
  Crop,
  Dense,
  DepthwiseConvolution,
  Dropout,
  DropPath,
  Flatten,
  GlobalAveragePool,
  MaxPool,
  Pad,
  Primitive,
  Relu,
)


def rule_of(primitive: Primitive, *, on_cpu: bool) -> Rule:
  """Returns the rule of a primitive.

  Args:
    primitive: Any but the image.
    on_cpu: Whether a CPU computes it; some gradients then go another way.
  """
  match primitive:
    case Convolution() | DepthwiseConvolution():
      return convolution_rule(primitive, on_cpu=on_cpu)
    case BatchNormalization():
      return BatchNormalizationRule(primitive)
    case AveragePool():
      return AveragePoolRule(primitive, on_cpu)
    case MaxPool():
      return MaxPoolRule(primitive)
    case DropPath() | Dropout():
      return NoiseRule(primitive)
    case Pad():
      return PadRule(primitive)
  plain: dict[type, Callable[[], Rule]] = {
    Relu: ReluRule,
    Add: AddRule,
    Concatenate: ConcatenateRule,
    Crop: CropRule,
    GlobalAveragePool: GlobalAveragePoolRule,
    Flatten: FlattenRule,
    Dense: DenseRule,
  }
  return plain[type(primitive)]()
