"""Q-learning against random search and others, on chains of layers.

Each controller and seed is a search of its own, run by the installed program
and continued if it is there already; what is compared are its proposals in the
order in which they settled.

  python tests/benchmarks/layer_graph_search.py --out=layer_graph --seeds=5
  python tests/benchmarks/layer_graph_search.py --out=quick --seeds=10 \
      --evaluator=cost --trials=200 --epsilon_scale=0.074

The first trains 60 children of some seconds a search on digits, as
`metaqnn_small` says, an hour for 2 controllers and 5 seeds on one core; the
second trains none and takes minutes. It prints, over the seeds, the best reward
after a third, two thirds and all of the trials, and the mean reward of the last
third, each with its 95 % interval; then the difference to the last controller
named, paired by seed.
"""

import pathlib
import subprocess
import sysconfig

import numpy as np
from absl import app, flags

from nasnet_search.estimates import estimate
from nasnet_search.report.summary import read_summary

_OUT = flags.DEFINE_string('out', None, 'Folder of the runs.', required=True)
_SEEDS = flags.DEFINE_integer('seeds', 5, 'Searches of each controller.')
_CONTROLLERS = flags.DEFINE_list(
  'controllers', ['q_learning', 'random'], 'The last one is compared with.'
)
_TRIALS = flags.DEFINE_integer('trials', 60, 'Trials of a search.')
_EVALUATOR = flags.DEFINE_string('evaluator', 'child', 'child or cost.')
_SCALE = flags.DEFINE_float('epsilon_scale', 0.0222, 'Of the schedule.')

_MEASURES = ('best at 1/3', 'best at 2/3', 'best at end', 'mean of last 1/3')


def searched(controller, seed):
  """Returns the rewards of a search in the order in which they settled."""
  run_dir = pathlib.Path(_OUT.value) / f'{controller}_{seed}'
  subprocess.run(
    [
      pathlib.Path(sysconfig.get_path('scripts')) / 'nasnet-search',
      '--flagfile=metaqnn_small',
      f'--controller={controller}',
      f'--seed={seed}',
      f'--trials={_TRIALS.value}',
      f'--evaluator={_EVALUATOR.value}',
      f'--epsilon_scale={_SCALE.value}',
      f'--run_dir={run_dir}',
      '--workers=0',
    ],
    check=True,
    stdout=subprocess.DEVNULL,
  )
  trials = [t for t in read_summary(run_dir).trials if t.candidate]
  trials.sort(key=lambda trial: trial.settled_as)
  return np.array(
    [trial.reward for trial in trials if trial.reward is not None]
  )


def measures(rewards):
  """Returns what `_MEASURES` names."""
  third = len(rewards) // 3
  return [
    rewards[:third].max(),
    rewards[: 2 * third].max(),
    rewards.max(),
    rewards[-third:].mean(),
  ]


def main(_):
  found = {
    controller: np.array(
      [measures(searched(controller, seed)) for seed in range(_SEEDS.value)]
    )
    for controller in _CONTROLLERS.value
  }
  last = _CONTROLLERS.value[-1]
  print(f'{"controller":24}' + ''.join(f'{name:>20}' for name in _MEASURES))
  for controller, values in found.items():
    print(f'{controller:24}' + _row(values))
  for controller in _CONTROLLERS.value[:-1]:
    print(
      f'{f"{controller} - {last}":24}' + _row(found[controller] - found[last])
    )


def _row(values):
  columns = [estimate(column) for column in values.T]
  return ''.join(f'{x.mean:>12.4f} ± {x.half_width:.3f}' for x in columns)


if __name__ == '__main__':
  app.run(main)
