"""Q-learning goes on bit by bit after kills: table, memory and epsilon."""

import pathlib

from tests.runs import test_kills as kills

SETTINGS = (
  '--space=layer_graph',
  '--layer_graph_depth=5',
  '--controller=q_learning',
  f'--controller_batch_size={kills.BATCH}',
  '--snapshot_interval=2',
  # So that the 40 proposals are of all stages.
  '--epsilon_scale=0.0148',
  '--evaluator=cost',
)


def test_q_learning_killed_twice_with_one_worker(tmp_path: pathlib.Path):
  trials = 40
  kills.alone(tmp_path / 'alone', SETTINGS, trials)
  expected = kills.content_of(tmp_path / 'alone', trials)
  epsilons = {trial.numbers.get('epsilon') for trial in expected['trials']}
  assert len(epsilons) > 8
  killed = kills.killed_at_moments(tmp_path / '1', SETTINGS, trials, 1, 2)
  kills.check(killed, expected, 2)
