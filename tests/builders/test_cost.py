"""Tests of the cost against published counts and counts by hand."""

import time

import pytest

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.cost import network_cost
from nasnet_search.builders.published import published_config
from nasnet_search.cells import zoo
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.cell import Block, Cell

NASNET_A = zoo.load('nasnet_a')


def _cost(name, skeleton, repeats, filters, **changes):
  entry = zoo.entry(name)
  config = published_config(
    entry, skeleton=skeleton, repeats=repeats, filters=filters, **changes
  )
  return network_cost(entry.architecture, config)


CIFAR = {'image_shape': (32, 32, 3), 'classes': 10}
SLIM = CIFAR | {'reading': 'slim'}
DARTS = CIFAR | {'reading': 'darts', 'auxiliary_head': 'none'}


@pytest.mark.parametrize(
  ('network', 'changes', 'trainable', 'total', 'multiply_adds'),
  [
    # Recomputed from the code of slim; the first three were confirmed with
    # Keras builds, the next two are what keras.applications counts.
    (('nasnet_a', 'cifar', 6, 32), {}, 3_346_538, 3_383_786, 544.3),
    (('nasnet_a', 'cifar', 2, 32), CIFAR, 1_294_698, None, None),
    (('nasnet_a', 'cifar', 2, 24), CIFAR, 757_906, None, None),
    (('nasnet_a', 'imagenet', 4, 44), {}, 5_289_978, 5_326_716, 563.6),
    (
      ('nasnet_a', 'imagenet', 6, 168),
      {},
      88_753_150,
      88_949_818,
      23_783.4,
    ),
    # slim has a class for the background.
    (
      ('nasnet_a', 'imagenet', 6, 168),
      {'classes': 1001},
      None,
      88_953_851,
      None,
    ),
    # titu1994/Keras-NASNet: as many filters in the stem as in the first cell.
    (
      ('nasnet_a', 'cifar', 6, 32),
      {'stem_filters': 32},
      3_318_058,
      3_354_858,
      None,
    ),
    # With the concat lists of the paper's rule.
    (('nasnet_a_darts', 'cifar', 6, 32), SLIM, 3_076_906, 3_114_090, None),
    # quark0/darts, NetworkCIFAR with 20 cells and C = 36, NetworkImageNet with
    # 14 cells and C = 48; what its README prints as 3.3M and 4.7M.
    (('darts_v2', 'cifar', 6, 36), {}, 3_349_342, None, None),
    (('darts_v1', 'cifar', 6, 36), {}, 3_169_414, None, None),
    (('darts_v2', 'darts_imagenet', 4, 48), {}, 4_718_752, None, 529.9),
    (('nasnet_a_darts', 'cifar', 6, 36), {}, 3_830_950, None, None),
    (('amoebanet_a_darts', 'cifar', 6, 36), {}, 3_145_078, None, None),
    (('pnasnet_5', 'cifar', 6, 36), DARTS, 4_481_110, None, None),
    # melodyguan/enas, scripts/cifar10_micro_final.sh, and the published 4.6M.
    (('enas_micro', 'cifar', 5, 36), {}, 3_894_372, None, None),
    (('enas_micro', 'cifar', 6, 36), {}, 4_587_372, None, None),
    # slim, pnasnet.py. A count that takes half of 27 filters, rounded down,
    # for both paths of the factorized reduction in the mobile stem is 32
    # parameters less: its 26 filters would not fit the 27 of slim's own test.
    (
      ('pnasnet_5', 'imagenet', 3, 54),
      {},
      5_064_455 + 32,
      5_098_119 + 32,
      587.3,
    ),
    (
      ('pnasnet_5', 'imagenet', 4, 216),
      {},
      86_057_668,
      86_234_656,
      24_937.4,
    ),
    (('pnasnet_5', 'cifar', 3, 48), {}, 3_189_082, None, None),
    (
      ('pnasnet_5', 'cifar', 3, 48),
      {'stem_filters': 48},
      3_155_194,
      None,
      None,
    ),
    # tensorflow/tpu, amoeba_net. The second path of a factorized reduction of
    # an odd number of filters again has 32 more (and 25 in the other one, of
    # 25 channels, that AmoebaNet-C has) than half of them, rounded down.
    (('amoebanet_a', 'cifar', 6, 32), {}, 2_567_754, None, None),
    (
      ('amoebanet_a', 'cifar', 6, 32),
      {'stem_filters': 32},
      2_548_682,
      None,
      None,
    ),
    (('amoebanet_a', 'cifar', 6, 36), {}, 3_218_266, None, None),
    (
      ('amoebanet_a', 'cifar', 6, 36),
      {'stem_filters': 36},
      3_194_506,
      None,
      None,
    ),
    (('amoebanet_a', 'imagenet', 4, 50), {}, 5_086_898 + 32, None, 554.7),
    (('amoebanet_a', 'imagenet', 6, 190), {}, 86_721_806 + 32, None, 23_133.7),
    (('amoebanet_a', 'imagenet', 6, 448), {}, 468_158_353, None, None),
    (('amoebanet_b', 'cifar', 6, 36), {}, 2_839_186, None, None),
    (
      ('amoebanet_b', 'cifar', 6, 36),
      {'stem_filters': 36},
      2_813_482,
      None,
      None,
    ),
    (('amoebanet_b', 'imagenet', 3, 62), {}, 5_258_668 + 32, None, 555.1),
    (('amoebanet_c', 'imagenet', 4, 50), {}, 6_353_758 + 32 + 25, None, 676.9),
    (('amoebanet_d', 'imagenet', 4, 256), {}, 84_007_145, None, 18_876.5),
  ],
)
def test_published_networks(network, changes, trainable, total, multiply_adds):
  cost = _cost(*network, **changes)
  assert trainable in (None, cost.trainable_parameters)
  assert total in (None, cost.total_parameters)
  if multiply_adds is not None:
    # In millions, to one digit.
    assert round(cost.multiply_adds / 1e6, 1) == multiply_adds


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
