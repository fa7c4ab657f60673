"""The classifier, and the second one that helps training.

Importing this module must not import TensorFlow.
"""

from collections.abc import Sequence

from nasnet_search.builders.options import AUXILIARY_POOL
from nasnet_search.builders.primitives import (
  AveragePool,
  Dense,
  Dropout,
  GlobalAveragePool,
  Node,
)
from nasnet_search.builders.scope import Scope
from nasnet_search.builders.skeleton import placed_cells

AUXILIARY = 'auxiliary'
"""What the names of all nodes of an auxiliary head start with."""
_PROJECTION = 128
_FEATURES = 768
"""Filters of an auxiliary head's convolutions (slim, DARTS and ENAS)."""


def add_head(scope: Scope, x: Node) -> Node:
  """Adds ReLU, global average pooling, dropout and classifier.

  Args:
    scope: Where to add the nodes.
    x: The output of the last cell.

  Returns:
    The logits, of shape `[classes]`.
  """
  if scope.config.final_relu:
    x = scope.relu(x)
  x = scope.add('global_average_pool', GlobalAveragePool(), x)
  if scope.config.dropout:
    x = scope.add('dropout', Dropout(scope.config.dropout), x)
  return _add_classifier(scope, x)


def add_auxiliary_head(scope: Scope, cells: Sequence[Node]) -> Node:
  """Adds the auxiliary head to the cell that the configuration says.

  ReLU, 5x5 average pool, 1x1 convolution, a convolution as large as the map
  that is left, and a classifier (slim, `_build_aux_head`). The trained network
  does not contain the head, so slim's serves for all: DARTS on ImageNet has no
  batch normalisation after the last convolution, by an oversight that its code
  mentions; ENAS pads that convolution and averages what comes out; the TPU
  code of AmoebaNet has 0.4 times the filters.

  Args:
    scope: Where to add the nodes.
    cells: The outputs of the cells.

  Returns:
    The logits, of shape `[classes]`.
  """
  place = scope.inside(AUXILIARY)
  x = scope.relu(cells[_auxiliary_cell(scope)])
  pool = AveragePool(AUXILIARY_POOL, scope.config.auxiliary_stride, 'valid')
  x = place.add('pool', pool, x)
  x = place.convolution(x, _PROJECTION, suffix='_1')
  height, width, _ = x.shape
  x = place.convolution(
    place.relu(x), _FEATURES, (height, width), suffix='_2', padding='valid'
  )
  # Of the one pixel that is left.
  x = place.add('global_average_pool', GlobalAveragePool(), place.relu(x))
  return _add_classifier(place, x)


def _auxiliary_cell(scope: Scope) -> int:
  kinds = [cell.kind for cell in placed_cells(scope.config)]
  last_reduction = len(kinds) - 1 - kinds[::-1].index('reduction')
  offsets = {
    'before_last_reduction': -1,
    'last_reduction': 0,
    'after_last_reduction': 1,
  }
  return last_reduction + offsets[scope.config.auxiliary_head]


def _add_classifier(scope: Scope, x: Node) -> Node:
  classifier = Dense(scope.config.classes, scope.config.classifier_bias)
  return scope.add('logits', classifier, x)
