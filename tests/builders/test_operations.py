"""Tests of the operations: their layers, and their values against NumPy."""

import re

import numpy as np
import pytest

from nasnet_search.builders import fitting
from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.graph import Graph
from nasnet_search.builders.network import model_of_graph
from nasnet_search.builders.operations import OPERATIONS
from nasnet_search.builders.primitives import (
  AveragePool,
  Convolution,
  DepthwiseConvolution,
  Image,
  MaxPool,
  Relu,
)
from nasnet_search.builders.scope import Scope
from nasnet_search.cells import operations as names

EPSILON = 1e-5


def _scope(shape):
  # Only the batch normalisation is read from the configuration.
  scope = Scope.root(NetworkConfig((8, 8, 1), 2, batch_norm_epsilon=EPSILON))
  return scope, scope.add('image', Image(shape))


def _graph(scope):
  return Graph(nodes=tuple(scope.nodes.values()), cells=())


def _built(add, shape, *arguments):
  """Returns the images and what a model of only one operation makes of them."""
  scope, image = _scope(shape)
  add(scope, image, *arguments)
  model = model_of_graph(_graph(scope), seed=0)
  images = np.random.default_rng(0).normal(size=(2, *shape)).astype('float32')
  return model, images, model(images, training=False).numpy()


def _kernel(model, name):
  return model.get_layer(name).kernel.numpy()


def _correlate(images, kernel, stride=(1, 1), dilation=1, centred=True):
  """Returns a zero-padded correlation, pixel by pixel.

  Args:
    images: `[batch, height, width, channels]`.
    kernel: `[rows, columns, channels, filters]`.
    stride: Rows and columns from one value to the next.
    dilation: Pixels from one value of the kernel to the next.
    centred: Whether the first value has its centre on the first pixel, as in
      PyTorch; else padding is split as TensorFlow does, which is more at the
      end.
  """
  sides = images.shape[1:3]
  fields = [(n - 1) * dilation + 1 for n in kernel.shape[:2]]
  counts = [-(-n // s) for n, s in zip(sides, stride, strict=True)]
  before = [(field - 1) // 2 for field in fields]
  if not centred:
    before = [
      max((count - 1) * s + field - side, 0) // 2
      for count, s, field, side in zip(
        counts, stride, fields, sides, strict=True
      )
    ]
  padded = np.pad(images, ((0, 0), (9, 9), (9, 9), (0, 0)))
  result = np.zeros((len(images), *counts, kernel.shape[3]))
  for (row, column), _ in np.ndenumerate(kernel[:, :, 0, 0]):
    top = 9 - before[0] + row * dilation
    left = 9 - before[1] + column * dilation
    seen = padded[:, top:, left:][:, :: stride[0], :: stride[1]]
    seen = seen[:, : counts[0], : counts[1]]
    result += seen @ kernel[row, column]
  return result


def _normalised(x):
  # Moving mean 0 and variance 1, as they start.
  return x / np.sqrt(1 + EPSILON)


def _depthwise(kernel):
  """Returns a depthwise kernel as a full one, with zeros between channels."""
  channels = kernel.shape[2]
  return kernel * np.eye(channels)


def _close(left, right):
  np.testing.assert_allclose(left, right, rtol=1e-4, atol=1e-5)


def _relu(x):
  return np.maximum(x, 0)


def test_every_named_operation_is_built():
  assert tuple(OPERATIONS) == names.OPERATIONS


@pytest.mark.parametrize('size', [(8, 8), (7, 10)])
@pytest.mark.parametrize('channels', [4, 6])
@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize('name', names.OPERATIONS)
def test_shapes(name, stride, channels, size):
  scope, image = _scope((*size, channels))
  result = OPERATIONS[name](scope, image, 4, stride)
  height, width = size
  expected = (height + stride - 1) // stride, (width + stride - 1) // stride, 4
  assert result.shape == expected


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
  scope, image = _scope((8, 8, channels))
  OPERATIONS[name](scope, image, 4, stride)
  found = [
    'relu' if isinstance(x.primitive, Relu) else x.name
    for x in scope.nodes.values()
  ]
  assert ' '.join(found[1:]) == expected


@pytest.mark.parametrize('name', names.OPERATIONS)
def test_windows_are_those_of_the_name(name):
  scope, image = _scope((8, 8, 4))
  OPERATIONS[name](scope, image, 4, 1)
  windows = []
  for node in scope.nodes.values():
    primitive = node.primitive
    if isinstance(primitive, Convolution):
      windows.append(primitive.kernel)
    elif isinstance(primitive, DepthwiseConvolution | MaxPool | AveragePool):
      windows.append((primitive.size, primitive.size))
  # '1x3_3x1' names two windows; a separable convolution has its own window
  # and a pointwise one, twice.
  named = [(int(x), int(y)) for x, y in re.findall(r'(\d)x(\d)', name)]
  if 'separable' in name or 'dilated' in name:
    named = [*named, (1, 1)] * (2 if 'separable' in name else 1)
  assert windows == named


@pytest.mark.parametrize('side', [6, 7])
@pytest.mark.parametrize('stride', [1, 2])
def test_factorized_convolution_is_a_row_then_a_column(stride, side):
  model, images, result = _built(
    OPERATIONS['conv_1x3_3x1'], (side, side, 3), 4, stride
  )
  row, column = (_kernel(model, f'convolution_{x}') for x in (1, 2))
  assert row.shape == (1, 3, 3, 4)
  assert column.shape == (3, 1, 4, 4)
  x = _correlate(_relu(images), row, (1, stride), centred=False)
  x = _correlate(x, column, (stride, 1), centred=False)
  _close(result, _normalised(x))


@pytest.mark.parametrize('side', [6, 7])
@pytest.mark.parametrize('stride', [1, 2])
def test_dilated_convolution_has_rate_2(stride, side):
  model, images, result = _built(
    OPERATIONS['dilated_conv_3x3'], (side, side, 3), 4, stride
  )
  x = _correlate(
    _relu(images),
    _depthwise(_kernel(model, 'depthwise')),
    (stride, stride),
    dilation=2,
  )
  _close(result, _normalised(x @ _kernel(model, 'convolution')[0, 0]))


@pytest.mark.parametrize('side', [6, 7])
@pytest.mark.parametrize('stride', [1, 2])
def test_separable_convolution_is_applied_twice(stride, side):
  model, images, x = _built(
    OPERATIONS['separable_conv_5x5'], (side, side, 3), 4, stride
  )
  result = x
  x = images
  for number, step in ((1, stride), (2, 1)):
    depthwise = _depthwise(_kernel(model, f'depthwise_{number}'))
    x = _correlate(_relu(x), depthwise, (step, step), centred=False)
    x = _normalised(x @ _kernel(model, f'convolution_{number}')[0, 0])
  _close(result, x)


def test_average_pool_leaves_the_padding_out():
  _, _, result = _built(OPERATIONS['average_pool_3x3'], (4, 4, 1), 1, 1)
  ones = _built(lambda *_: None, (4, 4, 1))[1]
  _close(result[:, 0, 0], ones[:, :2, :2].mean(axis=(1, 2)))
  _close(result[:, 1, 1], ones[:, :3, :3].mean(axis=(1, 2)))


def test_max_pool_leaves_the_padding_out():
  scope, image = _scope((4, 4, 1))
  OPERATIONS['max_pool_5x5'](scope, image, 1, 2)
  model = model_of_graph(_graph(scope), seed=0)
  images = -np.arange(1, 17, dtype='float32').reshape(1, 4, 4, 1)
  # Windows of 5 from -1 and 1: the first sees pixels 0 to 3, the second 1 to 3.
  np.testing.assert_array_equal(
    model(images, training=False)[0, :, :, 0], [[-1, -2], [-5, -6]]
  )


@pytest.mark.parametrize('size', [(6, 6), (7, 7), (6, 7), (2, 2), (3, 1)])
def test_factorized_reduction_sees_both_diagonals(size):
  model, images, result = _built(fitting.factorized_reduction, (*size, 3), 4)
  height, width = -(-size[0] // 2), -(-size[1] // 2)
  straight = images[:, ::2, ::2]
  shifted = np.zeros_like(straight)
  odd = images[:, 1::2, 1::2]
  shifted[:, : odd.shape[1], : odd.shape[2]] = odd
  halves = (
    straight @ _kernel(model, 'convolution_1')[0, 0],
    shifted @ _kernel(model, 'convolution_2')[0, 0],
  )
  assert result.shape == (2, height, width, 4)
  _close(result, _normalised(np.concatenate(halves, axis=-1)))


def test_output_is_fitted_without_a_relu():
  scope, image = _scope((8, 8, 3))
  fitting.fit_output(scope, image, 4, (8, 8))
  assert list(scope.nodes) == ['image', 'convolution', 'batch_normalization']
  scope, image = _scope((8, 8, 3))
  fitting.fit_output(scope, image, 4, (4, 4))
  assert not [x for x in scope.nodes.values() if isinstance(x.primitive, Relu)]


def test_what_fits_is_left_alone():
  scope, image = _scope((8, 8, 4))
  assert fitting.fit_previous(scope, image, 4, (8, 8)) is image
  assert fitting.fit_output(scope, image, 4, (8, 8)) is image
  # The other input is squeezed all the same.
  assert fitting.fit_current(scope, image, 4) is not image


def test_names_are_used_once():
  scope, image = _scope((8, 8, 4))
  OPERATIONS['conv_1x1'](scope, image, 4, 1)
  with pytest.raises(ValueError, match=r"a new name.*'convolution'"):
    OPERATIONS['conv_1x1'](scope, image, 4, 1)
