"""Tests of which cells a network is stacked of, by hand from slim's code."""

import pytest

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.skeleton import PlacedCell, placed_cells


def _written(image=224, **options):
  """Returns cells as `n44` and `r88`, one cell older h_{i-1} as `n44<`."""
  config = NetworkConfig((image, image, 3), 10, **options)
  written = []
  for cell in placed_cells(config):
    assert cell.stride == (2 if cell.kind == 'reduction' else 1)
    older = {2: '', 3: '<'}[cell.previous]
    written.append(f'{cell.kind[0]}{cell.filters}{older}')
  return ' '.join(written)


def test_cifar_has_reductions_between_stacks():
  assert _written(repeats=2, filters=32) == 'n32 n32 r64 n64 n64 r128 n128 n128'


def test_number_of_reductions():
  assert _written(repeats=1, filters=8, reductions=0) == 'n8'
  assert (
    _written(repeats=1, filters=8, reductions=3) == 'n8 r16 n16 r32 n32 r64 n64'
  )


def test_imagenet_has_two_reduction_cells_first():
  # slim mobile_imagenet_config: 44 filters, filter scaling 1/4 and 1/2.
  assert _written(skeleton='imagenet', repeats=1, filters=44) == (
    'r11 r22 n44 r88 n88 r176 n176'
  )


@pytest.mark.parametrize(
  # slim, int(filters * scaling): PNASNet-5 mobile and AmoebaNet mobile.
  ('filters', 'stem'),
  [(54, 'r13 r27'), (50, 'r12 r25'), (62, 'r15 r31'), (190, 'r47 r95')],
)
def test_stems_round_down(filters, stem):
  written = _written(skeleton='imagenet', repeats=1, filters=filters)
  assert written.startswith(f'{stem} n{filters} ')


def test_darts_imagenet_has_no_cells_in_its_stem():
  assert _written(skeleton='darts_imagenet', repeats=1, filters=48) == (
    'n48 r96 n96 r192 n192'
  )


def test_skipping_makes_one_input_one_cell_older():
  # Only in the cell after a reduction cell, and not after those of the stem:
  # slim's stem appends both before the first cell takes its h_{i-1}.
  assert (
    _written(
      skeleton='imagenet',
      repeats=2,
      filters=8,
      skip_reduction_layer_input=True,
    )
    == 'r2 r4 n8 n8 r16 n16< n16 r32 n32< n32'
  )


def test_reduction_in_the_place_of_a_normal_cell():
  # slim pnasnet.py, 9 cells of which those at 3 and 6 have stride 2.
  assert (
    _written(
      skeleton='imagenet', repeats=3, filters=54, reduction_in_stack=True
    )
    == 'r13 r27 n54 n54 n54 r108 n108 n108 r216 n216 n216'
  )
  assert _written(repeats=1, filters=4, reduction_in_stack=True) == 'n4 r8 r16'


def test_a_cell_by_default():
  assert PlacedCell('normal', 8) == PlacedCell('normal', 8, 1, 2)
