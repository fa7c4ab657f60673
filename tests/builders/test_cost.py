"""Tests of the cost against published counts and counts by hand."""

import time

import pytest

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.cost import network_cost
from nasnet_search.cells import zoo
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.cell import Block, Cell

NASNET_A = zoo.load('nasnet_a')


@pytest.mark.parametrize(
  ('repeats', 'filters', 'trainable', 'total'),
  [
    # NASNet-A 6 @ 768, printed as 3.3M in the NASNet paper, Table 1; exact
    # counts were computed from slim's code, and confirmed by other code.
    (6, 32, 3_346_538, 3_383_786),
    (2, 32, 1_294_698, None),
    (2, 24, 757_906, None),
  ],
)
def test_nasnet_a_has_the_published_size(repeats, filters, trainable, total):
  cost = network_cost(
    NASNET_A,
    NetworkConfig((32, 32, 3), 10, repeats=repeats, filters=filters),
  )
  assert cost.trainable_parameters == trainable
  if total is not None:
    assert cost.total_parameters == total


def test_nasnet_a_has_the_known_multiply_adds():
  config = NetworkConfig((32, 32, 3), 10, repeats=6, filters=32)
  # 544.3M, recomputed from slim's code.
  assert network_cost(NASNET_A, config).multiply_adds == pytest.approx(
    544.3e6, abs=0.05e6
  )


def test_tiny_network_by_hand():
  cell = Cell(
    blocks=(Block((0, 0), ('conv_3x3', 'average_pool_3x3')),), concat=(2,)
  )
  config = NetworkConfig((4, 4, 1), 3, filters=2, reductions=0, stem_filters=4)
  cost = network_cost(Architecture(cell, cell), config)
  kernels = {
    'stem': 3 * 3 * 1 * 4,
    'squeeze': 4 * 2,
    'conv_3x3': 3 * 3 * 2 * 2,
    'logits': 2 * 3,
  }
  normalised = 4 + 2 + 2  # Channels of stem, squeeze and conv_3x3.
  assert cost.trainable_parameters == (
    sum(kernels.values()) + 2 * normalised + 3
  )
  assert cost.total_parameters == cost.trainable_parameters + 2 * normalised
  assert cost.multiply_adds == 16 * (36 + 8 + 36) + 6
  assert cost.activation_sizes == {
    'image': 16,
    'stem.convolution': 64,
    'stem.batch_normalization': 64,
    'stem.batch_normalization.relu': 64,
    'cell_0.normal.current.convolution': 32,
    'cell_0.normal.current.batch_normalization': 32,
    'cell_0.normal.current.batch_normalization.relu': 32,
    'cell_0.normal.block_0.operation_1.convolution': 32,
    'cell_0.normal.block_0.operation_1.batch_normalization': 32,
    'cell_0.normal.block_0.operation_2.pool': 32,
    'cell_0.normal.block_0.add': 32,
    'cell_0.normal.block_0.add.relu': 32,
    'global_average_pool': 2,
    'logits': 3,
  }


def test_size_of_the_image_leaves_the_parameters():
  small, large = (
    network_cost(NASNET_A, NetworkConfig((side, side, 3), 10))
    for side in (8, 224)
  )
  assert small.total_parameters == large.total_parameters
  assert small.multiply_adds < large.multiply_adds


def test_counting_takes_milliseconds():
  config = NetworkConfig((32, 32, 3), 10, repeats=6, filters=32)
  seconds = []
  for _ in range(5):
    start = time.perf_counter()
    network_cost(NASNET_A, config)
    seconds.append(time.perf_counter() - start)
  # 2.5 ms where it was written; the limit leaves room for a busy machine.
  assert min(seconds) < 0.05
