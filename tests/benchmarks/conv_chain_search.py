"""Whether what searches chains of convolutions finds more than chance.

Runs the installed nasnet-search under each controller, with equal seeds and as
many trials, one search after the other, and prints the best reward, the mean of
the last quarter of the proposals and the parameters of the best. A search that
is there already is not made again.

  python tests/benchmarks/conv_chain_search.py --out=chains --seeds=5 \
      --trials=200 --workers=2

The reward is that of the flagfile: the validation accuracy, cubed.
"""

import pathlib
import subprocess
import sysconfig

import numpy as np
from absl import app, flags

from nasnet_search.runs.directory import RunDirectory
from nasnet_search.runs.reading import RunReader

CONTROLLERS = {
  'reinforce, anchors': ('--controller=reinforce', '--policy=anchors'),
  'reinforce, lstm': ('--controller=reinforce', '--policy=lstm'),
  'ppo, anchors': ('--controller=ppo', '--policy=anchors'),
  'evolution': ('--controller=evolution', '--controller_batch_size=1'),
  'random': ('--controller=random', '--policy=lstm'),
}
"""What differs from the flagfile."""

_OUT = flags.DEFINE_string('out', 'chains', 'Folder of the searches.')
_SEEDS = flags.DEFINE_integer('seeds', 5, 'Searches by each controller.')
_TRIALS = flags.DEFINE_integer('trials', 200, 'Trials of a search.')
_WORKERS = flags.DEFINE_integer('workers', 2, 'Children at a time.')
_FLAGFILE = flags.DEFINE_string('base', 'conv_chain_small', 'The flagfile.')
_ONLY = flags.DEFINE_multi_enum(
  'only', list(CONTROLLERS), list(CONTROLLERS), 'A controller; may be repeated.'
)


def searched(name, seed):
  """Makes a search, or goes on with it; returns its completed proposals."""
  folder = f'{name.replace(", ", "_")}_{seed}'
  path = pathlib.Path(_OUT.value, folder).absolute()
  subprocess.run(
    [
      pathlib.Path(sysconfig.get_path('scripts')) / 'nasnet-search',
      f'--flagfile={_FLAGFILE.value}',
      *CONTROLLERS[name],
      f'--seed={seed}',
      f'--trials={_TRIALS.value}',
      f'--workers={_WORKERS.value}',
      f'--run_dir={path}',
    ],
    check=True,
    capture_output=True,
  )
  reader = RunReader(RunDirectory(path).log)
  try:
    return [
      trial
      for trial in reader.trials()
      if trial.proposal is not None and trial.measurement is not None
    ]
  finally:
    reader.close()


def main(_):
  """Prints a line for each controller."""
  print(
    f'{"controller":20} {"best":>15} {"last quarter":>15} {"parameters":>11}'
  )
  for name in _ONLY.value:
    best, last, parameters = [], [], []
    for seed in range(_SEEDS.value):
      trials = searched(name, seed)
      winner = max(trials, key=lambda trial: trial.reward)
      best.append(winner.reward)
      quarter = trials[-len(trials) // 4 :]
      last.append(np.mean([trial.reward for trial in quarter]))
      parameters.append(winner.measurement.values['parameters'])
    shown = ' '.join(
      f'{np.mean(values):7.4f} ±{np.std(values):6.4f}'
      for values in (best, last)
    )
    print(f'{name:20} {shown} {np.mean(parameters):11,.0f}', flush=True)


if __name__ == '__main__':
  app.run(main)
