"""Tests of the operations that convolve, against NumPy and their sources."""

import pytest

from nasnet_search.builders.operations import OPERATIONS
from nasnet_search.builders.primitives import Convolution
from tests.builders.by_hand import (
  assert_close,
  built,
  correlate,
  depthwise,
  kernel_of,
  layers_of,
  normalised,
  relu,
  scope_of,
)


@pytest.mark.parametrize('side', [6, 7])
@pytest.mark.parametrize('stride', [1, 2])
def test_factorized_convolution_is_a_row_then_a_column(stride, side):
  model, images, result = built(
    OPERATIONS['conv_1x3_3x1'], (side, side, 3), 4, stride
  )
  row, column = (kernel_of(model, f'convolution_{x}') for x in (1, 2))
  assert row.shape == (1, 3, 3, 4)
  assert column.shape == (3, 1, 4, 4)
  x = correlate(relu(images), row, (1, stride), centred=False)
  x = correlate(x, column, (stride, 1), centred=False)
  assert_close(result, normalised(x))


@pytest.mark.parametrize('side', [6, 7])
@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize('size', [3, 5])
def test_dilated_convolution_has_rate_2(size, stride, side):
  model, images, result = built(
    OPERATIONS[f'dilated_conv_{size}x{size}'], (side, side, 3), 4, stride
  )
  x = correlate(
    relu(images),
    depthwise(kernel_of(model, 'depthwise')),
    (stride, stride),
    dilation=2,
  )
  assert_close(result, normalised(x @ kernel_of(model, 'convolution')[0, 0]))


@pytest.mark.parametrize('side', [6, 7])
@pytest.mark.parametrize('stride', [1, 2])
def test_separable_convolution_is_applied_twice(stride, side):
  model, x, result = built(
    OPERATIONS['separable_conv_5x5'], (side, side, 3), 4, stride
  )
  for number, step in ((1, stride), (2, 1)):
    kernel = depthwise(kernel_of(model, f'depthwise_{number}'))
    x = correlate(relu(x), kernel, (step, step), centred=False)
    x = normalised(x @ kernel_of(model, f'convolution_{number}')[0, 0])
  assert_close(result, x)


@pytest.mark.parametrize('side', [6, 7])
@pytest.mark.parametrize('stride', [1, 2])
def test_dilated_separable_convolution_is_dilated_twice(stride, side):
  model, x, result = built(
    OPERATIONS['dilated_separable_conv_5x5'], (side, side, 3), 4, stride
  )
  for number, step in ((1, stride), (2, 1)):
    kernel = depthwise(kernel_of(model, f'depthwise_{number}'))
    x = correlate(relu(x), kernel, (step, step), dilation=2)
    x = normalised(x @ kernel_of(model, f'convolution_{number}')[0, 0])
  assert_close(result, x)


@pytest.mark.parametrize('stride', [1, 2])
def test_dilation_may_be_ignored(stride):
  # The TPU code of AmoebaNet, `_stacked_separable_conv`.
  ignored, separable = (
    built(OPERATIONS[name], (7, 7, 3), 4, stride, ignore_dilation=True)[2]
    for name in ('dilated_separable_conv_5x5', 'separable_conv_5x5')
  )
  assert_close(ignored, separable)


@pytest.mark.parametrize(
  ('name', 'filters', 'expected'),
  # network_utils.py of the TPU code, `_apply_operation`: an inner width of
  # filters / 4, for 1x3 and 3x1 of 3 filters / 8, both rounded down.
  [
    ('conv_3x3', 10, [((1, 1), 2), ((3, 3), 2), ((1, 1), 10)]),
    ('dilated_conv_3x3', 10, [((1, 1), 2), ((3, 3), 2), ((1, 1), 10)]),
    ('conv_1x7_7x1', 8, [((1, 1), 2), ((1, 7), 2), ((7, 1), 2), ((1, 1), 8)]),
    ('conv_1x3_3x1', 8, [((1, 1), 3), ((1, 3), 3), ((3, 1), 3), ((1, 1), 8)]),
    # Too narrow for a bottleneck.
    ('conv_3x3', 2, [((3, 3), 2)]),
    ('conv_1x7_7x1', 2, [((1, 7), 2), ((7, 1), 2)]),
    ('conv_1x1', 8, [((1, 1), 8)]),
  ],
)
def test_bottleneck(name, filters, expected):
  scope, image = scope_of((8, 8, 6), convolution_style='bottleneck')
  OPERATIONS[name](scope, image, filters, 1)
  found = [
    (x.primitive.kernel, x.primitive.filters)
    for x in scope.nodes.values()
    if isinstance(x.primitive, Convolution)
  ]
  assert found == expected
  # A ReLU before and a batch normalisation behind every convolution, also
  # between 1x7 and 7x1.
  steps = [x.partition('_')[0] for x in layers_of(scope).split()]
  assert steps == ['relu', 'convolution', 'batch'] * len(expected)


@pytest.mark.parametrize('side', [6, 7])
@pytest.mark.parametrize('stride', [1, 2])
def test_bottleneck_of_a_dilated_convolution_is_full(stride, side):
  model, images, result = built(
    OPERATIONS['dilated_conv_3x3'],
    (side, side, 3),
    8,
    stride,
    convolution_style='bottleneck',
  )
  x = normalised(relu(images) @ kernel_of(model, 'convolution_squeeze')[0, 0])
  square = kernel_of(model, 'convolution_1')
  x = normalised(correlate(relu(x), square, (stride, stride), dilation=2))
  x = normalised(relu(x) @ kernel_of(model, 'convolution_expand')[0, 0])
  assert square.shape == (3, 3, 2, 2)
  assert_close(result, x)


@pytest.mark.parametrize('side', [6, 7])
def test_bottleneck_strides_in_its_middle(side):
  model, images, result = built(
    OPERATIONS['conv_1x7_7x1'],
    (side, side, 3),
    8,
    2,
    convolution_style='bottleneck',
  )
  x = normalised(relu(images) @ kernel_of(model, 'convolution_squeeze')[0, 0])
  for number, stride in ((1, (1, 2)), (2, (2, 1))):
    kernel = kernel_of(model, f'convolution_{number}')
    x = normalised(correlate(relu(x), kernel, stride, centred=False))
  x = normalised(relu(x) @ kernel_of(model, 'convolution_expand')[0, 0])
  assert_close(result, x)
