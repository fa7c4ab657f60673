"""nasnet-search over chains of layers, as a person uses it."""

import json
import re

import pytest

from tests.binaries import program

QUICK = (
  '--space=conv_chain',
  '--evaluator=cost',
  '--controller=random',
  '--chain_layers=2',
  '--chain_layers_interval=2',
  '--workers=0',
  '--trials=4',
  '--run_dir=run',
)


def nasnet_search(*arguments, cwd):
  return program.run('nasnet-search', *arguments, cwd=cwd)


def test_the_best_is_drawn_and_the_run_verified(tmp_path):
  done = nasnet_search(*QUICK, cwd=tmp_path)
  assert done.returncode == 0, done.stderr
  assert 'nasnet-inspect show run' in done.stdout
  assert 'nasnet-train --flagfile=chain_final --run_dir=run' in done.stdout
  assert (tmp_path / 'run' / 'best_chain.png').read_bytes()[1:4] == b'PNG'
  best = json.loads((tmp_path / 'run' / 'best_architecture.json').read_text())
  assert best['kind'] == 'conv_chain'
  verified = program.run('nasnet-report', 'run', '--verify', cwd=tmp_path)
  assert verified.stdout.startswith('Agrees: 10 proposals')


@pytest.mark.parametrize(
  ('flag', 'message'),
  [
    ('--chain_filters=8,x', "Expected --chain_filters .* Received: 'x'"),
    ('--chain_strides=2,3', 'Expected --chain_strides to contain 1'),
    ('--chain_layers_most=1', 'Expected --chain_layers_most of at least 2'),
    ('--chain_layers_interval=0', 'chain_layers_interval to be at least 1'),
    ('--include_cells=nasnet_a', "kind 'conv_chain'. Received: .* 'cells'"),
  ],
)
def test_mistakes_end_with_a_message(tmp_path, flag, message):
  done = nasnet_search(*QUICK, flag, cwd=tmp_path)
  assert done.returncode != 0
  assert 'Traceback' not in done.stderr
  assert re.search(message, done.stderr), done.stderr
  assert not (tmp_path / 'run').exists()
