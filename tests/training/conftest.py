"""What the tests of training share: small cells and a short recipe."""

import os

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import pytest

from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.cell import Block, Cell
from tests.training import small


@pytest.fixture(scope='session')
def cells(tmp_path_factory):
  """An architecture file: a separable convolution and a pool in each cell."""
  block = Block(
    inputs=(0, 1), operations=('separable_conv_3x3', 'max_pool_3x3')
  )
  cell = Cell(blocks=(block,), concat=(2,))
  path = tmp_path_factory.mktemp('cells') / 'cells.json'
  path.write_text(Architecture(normal=cell, reduction=cell).to_json())
  return path


@pytest.fixture
def settings(cells, tmp_path):
  """The settings of a training of seconds, with all that is random."""
  return {
    **small.SETTINGS,
    'architecture': str(cells),
    'model_dir': str(tmp_path / 'model'),
  }
