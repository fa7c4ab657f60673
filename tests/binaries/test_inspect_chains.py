"""nasnet-inspect with chains of layers."""

import json

import pytest

from nasnet_search.binaries.inspect_others import whole_cost
from nasnet_search.cells.conv_chain import ChainLayer, ConvChain
from nasnet_search.cells.errors import UserError
from tests.binaries import program

CHAIN = ConvChain((ChainLayer(3, 5, 8, ()), ChainLayer(1, 7, 16, (0,), 2, 1)))


@pytest.fixture
def file(tmp_path):
  path = tmp_path / 'chain.json'
  path.write_text(CHAIN.to_json())
  return path


def inspect(*arguments, cwd):
  return program.run('nasnet-inspect', *arguments, cwd=cwd)


def test_show_lists_the_layers(file):
  done = inspect('show', file, cwd=file.parent)
  assert done.returncode == 0, done.stderr
  assert '16 filters of 1x7, stride 2x1' in done.stdout
  assert f'Canonical key: {CHAIN.canonical_key()}' in done.stdout


def test_cost_counts_the_network(file):
  done = inspect(
    'cost', file, '--image_size=9', '--classes=10', '--format=json',
    cwd=file.parent,
  )  # fmt: skip
  data = json.loads(done.stdout)
  assert data['layers'] == ['9x9x8', '5x9x16']
  weights = 3 * 5 * 3 * 8 + 1 * 7 * 8 * 16
  assert data['trainable_parameters'] == weights + 2 * 24 + 16 * 10 + 10


@pytest.mark.parametrize(
  ('options', 'size', 'message'),
  [
    ({'classes': 10}, None, 'Received: no --image_size'),
    ({}, 32, 'Received: no --classes'),
    ({'classes': 10, 'repeats': 3}, 32, 'Received: --repeats'),
  ],
)
def test_what_a_chain_does_not_have_is_refused(options, size, message):
  with pytest.raises(UserError, match=message):
    whole_cost(CHAIN, options, size, 64)


def test_draw_draws_it(file):
  done = inspect('draw', file, '--output=a.svg', cwd=file.parent)
  assert done.stdout == 'Written: a.svg\n'
  assert (file.parent / 'a.svg').read_text().count('<svg') == 1


def test_a_chain_is_not_written_as_cells(file):
  done = inspect('convert', file, '--to=darts', cwd=file.parent)
  assert done.returncode != 0
  assert "Received: an architecture of kind 'conv_chain'" in done.stderr
  assert 'Traceback' not in done.stderr
