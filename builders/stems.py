"""What stands between the image and the first cell.

Importing this module must not import TensorFlow.
"""

from nasnet_search.builders.primitives import Node
from nasnet_search.builders.scope import Scope

_KERNEL = (3, 3)


def add_stem(scope: Scope, image: Node) -> list[Node]:
  """Adds the convolutions of the stem; the cells of one are placed elsewhere.

  Returns:
    What the first cells read, as if it were the outputs of cells: one node,
    or two in the `darts_imagenet` skeleton.
  """
  place = scope.inside('stem')
  match scope.config.skeleton:
    case 'imagenet':
      # Without padding: 224 pixels become 111 (slim, `_imagenet_stem`).
      return [
        place.convolution(
          image, scope.config.stem, _KERNEL, stride=2, padding='valid'
        )
      ]
    case 'darts_imagenet':
      return _three_convolutions(place, image)
  # Batch normalisation without a ReLU after it, as in slim.
  return [place.convolution(image, scope.config.stem, _KERNEL)]


def _three_convolutions(scope: Scope, image: Node) -> list[Node]:
  # DARTS, NetworkImageNet: the last two are what the first cell reads.
  filters = scope.config.stem
  x = scope.convolution(image, filters // 2, _KERNEL, 2, '_1')
  first = scope.convolution(scope.relu(x), filters, _KERNEL, 2, '_2')
  second = scope.convolution(scope.relu(first), filters, _KERNEL, 2, '_3')
  return [first, second]
