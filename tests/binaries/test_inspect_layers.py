"""`nasnet-inspect` with chains of layers."""

import json

import pytest

from nasnet_search.cells.layer_graph import (
  Convolution,
  FullyConnected,
  LayerGraph,
  Pooling,
)
from tests.binaries.program import run

CHAIN = LayerGraph(
  (Convolution(3, 16), Pooling(2, 2), FullyConnected(32)), 'softmax'
)


@pytest.fixture
def chain(tmp_path):
  """Returns a function to what the program prints of a chain."""
  (tmp_path / 'chain.json').write_text(CHAIN.to_json())

  def inspect(command, *flags):
    return run('nasnet-inspect', command, 'chain.json', *flags, cwd=tmp_path)

  return inspect


def test_layers_are_shown_one_by_one(chain):
  lines = chain('show').stdout.splitlines()
  rows = [line.split('  ') for line in lines]
  rows = [[cell.strip() for cell in row if cell.strip()] for row in rows]
  assert ['0', 'Convolution', 'field 3, filters 16', 'C(16,3,1)'] in rows
  assert ['1', 'Pooling', 'field 2, stride 2', 'P(2,2)'] in rows
  assert ['2', 'Fully connected', 'neurons 32', 'FC(32)'] in rows
  assert 'C(16,3,1) P(2,2) FC(32) SM' in lines
  data = json.loads(chain('show', '--format=json').stdout)
  assert data['notation'] == 'C(16,3,1) P(2,2) FC(32) SM'
  assert data['canonical_key'] == CHAIN.canonical_key()


def test_cost_by_hand(chain):
  done = chain('cost', '--image_size=8', '--classes=10', '--format=json')
  data = json.loads(done.stdout)
  kernels = 3 * 3 * 3 * 16 + 4 * 4 * 16 * 32 + 32 * 10
  assert data['trainable_parameters'] == kernels + 16 + 32 + 10
  assert (data['images'], data['classes']) == ('8x8x3', 10)
  assert data['layers'] == ['8x8x16', '4x4x16', '32']


def test_what_is_missing_or_does_not_fit_is_told(chain):
  done = chain('cost', '--classes=10')
  assert done.returncode != 0
  assert 'Expected --image_size and --classes' in done.stderr
  done = chain('cost', '--classes=10', '--image_size=8')
  assert done.returncode == 0
  for command, *flags in (
    ('draw', '--output=x.svg'),
    ('convert', '--to=darts'),
  ):
    done = chain(command, *flags)
    assert done.returncode != 0
    assert "Received: an architecture of kind 'layer_graph'" in done.stderr
    assert 'Traceback' not in done.stderr
