"""Tests of the operations: their layers, and their values against NumPy."""

import re

import numpy as np
import pytest

from nasnet_search.builders import options
from nasnet_search.builders.network import model_of_graph
from nasnet_search.builders.operations import OPERATIONS
from nasnet_search.builders.primitives import (
  AveragePool,
  Convolution,
  DepthwiseConvolution,
  MaxPool,
)
from nasnet_search.cells import operations as names
from tests.builders.by_hand import (
  assert_close,
  built,
  graph_of,
  kernel_of,
  layers_of,
  normalised,
  relu,
  scope_of,
)


def test_every_named_operation_is_built():
  assert tuple(OPERATIONS) == names.ALL_OPERATIONS


@pytest.mark.parametrize('size', [(8, 8), (7, 10)])
@pytest.mark.parametrize('channels', [4, 6])
@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize('name', names.ALL_OPERATIONS)
def test_shapes(name, stride, channels, size):
  height, width = size
  expected = (height + stride - 1) // stride, (width + stride - 1) // stride, 4
  for choices in (
    {},
    {'convolution_style': 'bottleneck', 'ignore_dilation': True},
    {'padding': 'zeros', 'strided_identity': 'factorized_reduction'},
  ):
    scope, image = scope_of((*size, channels), **choices)
    assert OPERATIONS[name](scope, image, 4, stride).shape == expected


@pytest.mark.parametrize(
  ('name', 'stride', 'channels', 'expected'),
  [
    ('identity', 1, 4, ''),
    ('identity', 1, 6, 'relu convolution batch_normalization'),
    ('identity', 2, 4, 'relu convolution batch_normalization'),
    ('conv_1x1', 1, 4, 'relu convolution batch_normalization'),
    ('conv_3x3', 2, 4, 'relu convolution batch_normalization'),
    (
      'conv_1x7_7x1',
      2,
      4,
      'relu convolution_1 convolution_2 batch_normalization',
    ),
    ('max_pool_5x5', 2, 4, 'pool'),
    ('average_pool_3x3', 1, 6, 'pool convolution batch_normalization'),
    (
      'dilated_conv_3x3',
      1,
      4,
      'relu depthwise convolution batch_normalization',
    ),
    (
      'separable_conv_3x3',
      1,
      4,
      'relu depthwise_1 convolution_1 batch_normalization_1 '
      'relu depthwise_2 convolution_2 batch_normalization_2',
    ),
  ],
)
def test_layers_in_order(name, stride, channels, expected):
  scope, image = scope_of((8, 8, channels))
  OPERATIONS[name](scope, image, 4, stride)
  assert layers_of(scope) == expected


@pytest.mark.parametrize('name', names.ALL_OPERATIONS)
def test_windows_are_those_of_the_name(name):
  scope, image = scope_of((8, 8, 4))
  OPERATIONS[name](scope, image, 4, 1)
  windows = []
  for node in scope.nodes.values():
    primitive = node.primitive
    if isinstance(primitive, Convolution):
      windows.append(primitive.kernel)
    elif isinstance(primitive, DepthwiseConvolution | MaxPool | AveragePool):
      windows.append((primitive.size, primitive.size))
  # '1x3_3x1' names two windows; a separable convolution has its own window
  # and a pointwise one, twice, and a dilated one once.
  named = [(int(x), int(y)) for x, y in re.findall(r'(\d)x(\d)', name)]
  if 'separable' in name:
    named = [*named, (1, 1)] * 2
  elif 'dilated' in name:
    named = [*named, (1, 1)]
  assert windows == named


def test_average_pool_leaves_the_padding_out():
  _, _, result = built(OPERATIONS['average_pool_3x3'], (4, 4, 1), 1, 1)
  ones = built(lambda *_: None, (4, 4, 1))[1]
  assert_close(result[:, 0, 0], ones[:, :2, :2].mean(axis=(1, 2)))
  assert_close(result[:, 1, 1], ones[:, :3, :3].mean(axis=(1, 2)))


def test_max_pool_leaves_the_padding_out():
  scope, image = scope_of((4, 4, 1))
  OPERATIONS['max_pool_5x5'](scope, image, 1, 2)
  model = model_of_graph(graph_of(scope), seed=0)
  images = -np.arange(1, 17, dtype='float32').reshape(1, 4, 4, 1)
  # Windows of 5 from -1 and 1: the first sees pixels 0 to 3, the second 1 to 3.
  np.testing.assert_array_equal(
    model(images, training=False)[0, :, :, 0], [[-1, -2], [-5, -6]]
  )


def _windows(image, size, fill):
  """Returns windows of stride 2 as TensorFlow places them, one in each row."""
  side = len(image)
  count = -(-side // 2)
  total = max((count - 1) * 2 + size - side, 0)
  before = total // 2
  padded = np.pad(image, (before, total - before), constant_values=fill)
  return np.array(
    [
      padded[2 * row : 2 * row + size, 2 * column : 2 * column + size].ravel()
      for row in range(count)
      for column in range(count)
    ]
  )


@pytest.mark.parametrize('side', [6, 7])
@pytest.mark.parametrize('size', [2, 3])
def test_padding_of_zeros_enters_strided_pools(size, side):
  # As with ZeroPadding2D and a "valid" pool in keras.applications.
  for name, reduce in (('max', np.max), ('average', np.mean)):
    if name == 'average' and size == 2:
      continue  # There is none.
    operation = OPERATIONS[f'{name}_pool_{size}x{size}']
    # Negative pixels, so that the zeros are the greatest.
    scope, image = scope_of((side, side, 1), padding='zeros')
    operation(scope, image, 1, 2)
    model = model_of_graph(graph_of(scope), seed=0)
    images = -np.random.default_rng(0).uniform(1, 2, (1, side, side, 1))
    result = model(images.astype('float32'), training=False).numpy().ravel()
    expected = reduce(_windows(images[0, :, :, 0], size, 0.0), axis=1)
    assert_close(result, expected)


def test_padding_of_zeros_is_shared_and_leaves_unstrided_pools():
  scope, image = scope_of((8, 8, 4), padding='zeros')
  places = [scope.inside(name) for name in 'abc']
  OPERATIONS['max_pool_3x3'](places[0], image, 4, 2)
  OPERATIONS['average_pool_3x3'](places[1], image, 4, 2)
  OPERATIONS['average_pool_3x3'](places[2], image, 4, 1)
  assert layers_of(scope) == 'image.pad_3_2 a.pool b.pool c.pool'
  assert scope.nodes['c.pool'].primitive == AveragePool(3)


@pytest.mark.parametrize(
  ('reading', 'expected'),
  [
    ('convolution', 'relu convolution batch_normalization'),
    (
      'factorized_reduction',
      'pool_1 crop pool_2 convolution_1 convolution_2 concatenate '
      'batch_normalization',
    ),
    (
      'relu_factorized_reduction',
      'relu pool_1 crop pool_2 convolution_1 convolution_2 concatenate '
      'batch_normalization',
    ),
  ],
)
def test_readings_of_a_strided_identity(reading, expected):
  scope, image = scope_of((8, 8, 4), strided_identity=reading)
  OPERATIONS['identity'](scope, image, 4, 2)
  assert layers_of(scope) == expected


@pytest.mark.parametrize('reading', options.STRIDED_IDENTITIES)
def test_identity_without_a_stride_is_one_in_every_reading(reading):
  scope, image = scope_of((8, 8, 4), strided_identity=reading)
  assert OPERATIONS['identity'](scope, image, 4, 1) is image
  # Of other channels it is a 1x1 convolution.
  OPERATIONS['identity'](scope, image, 6, 1)
  assert layers_of(scope) == 'relu convolution batch_normalization'


def test_strided_identity_takes_every_second_pixel():
  model, images, result = built(OPERATIONS['identity'], (6, 6, 4), 4, 2)
  x = relu(images)[:, ::2, ::2] @ kernel_of(model, 'convolution')[0, 0]
  assert_close(result, normalised(x))


def test_names_are_used_once():
  scope, image = scope_of((8, 8, 4))
  OPERATIONS['conv_1x1'](scope, image, 4, 1)
  with pytest.raises(ValueError, match=r"a new name.*'convolution'"):
    OPERATIONS['conv_1x1'](scope, image, 4, 1)
