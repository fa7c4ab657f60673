"""A search whose chains grow, killed: as if nothing had happened.

As `test_kills`, over a space with a schedule and a policy with attention.
"""

import pytest

from tests.runs import test_kills

SETTINGS = (
  '--space=conv_chain',
  '--chain_layers=2',
  '--chain_layers_added=1',
  '--chain_layers_interval=8',
  '--chain_layers_most=5',
  '--chain_filters=8,12',
  '--chain_strides=1,2,3',
  '--evaluator=cost',
  '--target_parameters=20000',
  '--controller=reinforce',
  '--policy=anchors',
  '--policy_layers=2',
  '--policy_units=8',
  f'--controller_batch_size={test_kills.BATCH}',
  '--snapshot_interval=2',
)


@pytest.mark.slow
@pytest.mark.parametrize('workers', [0, 1])
def test_killed_while_chains_grow(tmp_path, workers):
  trials = 36
  test_kills.alone(tmp_path / 'alone', SETTINGS, trials)
  expected = test_kills.content_of(tmp_path / 'alone', trials)
  depths = {len(t.architecture.layers) for t in expected['trials']}
  assert depths == {2, 3, 4, 5}
  path = test_kills.killed_at_moments(
    tmp_path / 'killed', SETTINGS, trials, workers, 3
  )
  test_kills.check(path, expected, 3)
