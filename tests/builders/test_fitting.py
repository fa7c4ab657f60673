"""Tests of how states are brought to the channels and size of a cell."""

import numpy as np
import pytest

from nasnet_search.builders import fitting
from nasnet_search.builders.cell_graph import add_cell
from nasnet_search.builders.primitives import Relu
from nasnet_search.cells.cell import Block, Cell
from tests.builders.by_hand import (
  assert_close,
  built,
  kernel_of,
  layers_of,
  normalised,
  scope_of,
)

SQUEEZE = 'relu convolution batch_normalization'


@pytest.mark.parametrize('size', [(6, 6), (7, 7), (6, 7), (2, 2), (3, 1)])
def test_factorized_reduction_sees_both_diagonals(size):
  model, images, result = built(fitting.factorized_reduction, (*size, 3), 4)
  height, width = -(-size[0] // 2), -(-size[1] // 2)
  straight = images[:, ::2, ::2]
  shifted = np.zeros_like(straight)
  odd = images[:, 1::2, 1::2]
  shifted[:, : odd.shape[1], : odd.shape[2]] = odd
  halves = (
    straight @ kernel_of(model, 'convolution_1')[0, 0],
    shifted @ kernel_of(model, 'convolution_2')[0, 0],
  )
  assert result.shape == (2, height, width, 4)
  assert_close(result, normalised(np.concatenate(halves, axis=-1)))


def test_output_is_fitted_without_a_relu():
  scope, image = scope_of((8, 8, 3))
  fitting.fit_output(scope, image, 4, (8, 8))
  assert list(scope.nodes) == ['image', 'convolution', 'batch_normalization']
  scope, image = scope_of((8, 8, 3))
  fitting.fit_output(scope, image, 4, (4, 4))
  assert not [x for x in scope.nodes.values() if isinstance(x.primitive, Relu)]


def test_what_fits_is_left_alone():
  scope, image = scope_of((8, 8, 4))
  assert fitting.fit_previous(scope, image, 4, (8, 8)) is image
  assert fitting.fit_output(scope, image, 4, (8, 8)) is image
  # The other input is squeezed all the same.
  assert fitting.fit_current(scope, image, 4) is not image


@pytest.mark.parametrize('filters', [2, 3, 13])
def test_odd_filters_are_split_as_in_slim(filters):
  # slim, `factorized_reduction`: the second path has the additional one.
  model, _, result = built(fitting.factorized_reduction, (6, 6, 5), filters)
  assert kernel_of(model, 'convolution_1').shape[-1] == filters // 2
  assert kernel_of(model, 'convolution_2').shape[-1] == (filters + 1) // 2
  assert result.shape[-1] == filters


@pytest.mark.parametrize(
  ('reading', 'channels', 'current', 'previous'),
  [
    ('as_needed', 4, SQUEEZE, ''),
    ('as_needed', 6, SQUEEZE, SQUEEZE),
    ('always', 4, SQUEEZE, SQUEEZE),
    ('always', 6, SQUEEZE, SQUEEZE),
    ('current_twice', 4, SQUEEZE, ''),
    (
      'current_twice',
      6,
      f'relu calibration.convolution calibration.batch_normalization {SQUEEZE}',
      SQUEEZE,
    ),
  ],
)
def test_readings_of_inputs_of_the_right_size(
  reading, channels, current, previous
):
  scope, image = scope_of((8, 8, channels), input_fitting=reading)
  fitting.fit_current(scope, image, 4)
  assert layers_of(scope) == current
  scope, image = scope_of((8, 8, channels), input_fitting=reading)
  fitting.fit_previous(scope, image, 4, (8, 8))
  assert layers_of(scope) == previous


@pytest.mark.parametrize('reading', ['as_needed', 'always', 'current_twice'])
def test_larger_inputs_are_reduced_in_every_reading(reading):
  scope, image = scope_of((9, 8, 4), input_fitting=reading)
  assert fitting.fit_previous(scope, image, 4, (5, 4)).shape == (5, 4, 4)
  assert layers_of(scope).startswith('relu pool_1 ')


@pytest.mark.parametrize(
  ('reading', 'fitted'),
  [('as_needed', False), ('always', True), ('current_twice', True)],
)
def test_first_cell_fits_the_stem_as_its_second_input(reading, fitted):
  scope, image = scope_of((8, 8, 6), input_fitting=reading)
  cell = Cell((Block((0, 1), ('identity', 'identity')),), (2,))
  add_cell(scope, cell, image, None, 4, 1)
  assert ('previous.convolution' in scope.nodes) == fitted
