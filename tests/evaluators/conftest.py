"""What the tests of the evaluators share: the smallest cells worth training."""

import os

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import pytest

from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.cell import Block, Cell


@pytest.fixture(scope='session')
def tiny_architecture():
  """One block a cell: a 3x3 convolution beside the input."""
  block = Block(inputs=(0, 1), operations=('conv_3x3', 'identity'))
  cell = Cell(blocks=(block,), concat=(2,))
  return Architecture(normal=cell, reduction=cell)


@pytest.fixture(scope='session')
def separable_architecture():
  """One block a cell: a separable convolution beside a pool."""
  block = Block(
    inputs=(0, 0), operations=('separable_conv_3x3', 'max_pool_3x3')
  )
  cell = Cell(blocks=(block,), concat=(2,))
  return Architecture(normal=cell, reduction=cell)
