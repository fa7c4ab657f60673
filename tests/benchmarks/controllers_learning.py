"""What controllers learn in a few hundred trials, against random search.

Rewards are synthetic (`SyntheticReward`: about 0.8 with a deviation of 0.03
over random choices) and differ from seed to seed; a seed has the same reward
for all controllers. `small` has 1,000 choices, `nasnet` is the space of the
paper with B = 5, and in `failures` 5 % of its children fail at chance level.

  python -m tests.benchmarks.controllers_learning

"mean 200" is the mean true reward of trials 101 to 200 in percent, "best 200"
the true reward of the best measured of the first 200; random search in full,
the others as the paired difference from it with its 95 % interval. "entropy"
is that of a decision after the search, in nats, the least of the seeds.
`reinforce*` has a learning rate of 0.01, `ppo paper` the paper's constants.

10 seeds, two CPU cores, TensorFlow 2.21, Keras 3.15, about 4 minutes:

small       mean 100  best 100  mean 200  best 200  mean 300  best 300  entropy
random          80.0      86.9      80.1      87.3      80.0      87.8      nan
ppo         +2.4±0.8  +0.1±1.4  +6.5±1.1  +0.0±1.2  +7.1±1.1  -0.4±1.2     0.00
reinforce   +0.3±0.2  +0.0±0.8  +2.6±0.6  +0.6±0.7  +5.4±1.0  +0.1±0.7     0.02
reinforce*  +0.9±0.3  +0.5±0.7  +4.8±1.0  +0.6±0.7  +6.2±1.0  +0.1±0.7     0.00
ppo paper   -0.0±0.2  -0.3±1.1  +0.1±0.2  -0.1±1.0  +0.4±0.4  -0.4±0.8     1.13

nasnet      mean 100  best 100  mean 200  best 200  mean 300  best 300  entropy
random          80.2      88.1      80.1      88.4      79.9      88.8      nan
ppo         +3.5±1.2  +4.3±2.5 +12.5±2.1 +10.5±2.8 +16.7±2.4 +11.8±2.1     0.16
reinforce   +1.1±0.9  +1.2±2.3  +9.1±2.8  +7.4±3.7 +14.7±3.2 +10.6±2.7     0.19
reinforce*  +4.3±1.5  +7.0±2.8 +13.5±3.4 +10.6±2.9 +16.6±3.4 +11.5±2.9     0.08
ppo paper   +0.1±0.3  -0.9±1.3  +0.6±0.2  +0.1±1.5  +1.9±0.6  +0.5±1.7     1.52

failures    mean 100  best 100  mean 200  best 200  mean 300  best 300  entropy
random          80.2      88.0      80.1      88.5      79.9      88.9      nan
ppo         +2.5±0.9  +2.1±2.1  +8.9±2.8  +7.2±3.1 +12.8±3.6  +9.2±3.1     0.37
reinforce   +0.6±0.7  +0.1±1.6  +6.4±2.8  +5.9±3.2 +12.5±3.1  +8.8±2.8     0.41
reinforce*  +2.6±1.7  +3.3±3.3 +10.5±3.3  +8.3±3.1 +14.7±3.2 +10.0±3.2     0.18
ppo paper   -0.0±0.3  -0.9±1.4  +0.2±0.3  -0.3±1.5  +0.5±0.2  -0.5±1.4     1.69

So among 1,000 choices 300 random trials are hard to beat on the best one, and
the constants of the paper, made for 20,000 children, learn next to nothing in
300. What decided the defaults, on `small`, `nasnet` and the table of
NAS-Bench-201, 10 seeds each:

- Learning rate 0.005 with 4 epochs: 0.002 is slower; 0.01, or 8 epochs, is
  faster for 200 trials and then stands still.
- Entropy weight 0.03: 0.01 gains as much in 300 trials of `nasnet`, but after
  800 it had proposed 506 different cells and not 722, and its best was no
  better (6 seeds); 0.1 learns two thirds as fast.
- Batches of 10: 5 are faster and collapse within 300 trials, 20 are slower.
- Outliers limited before normalizing: without it `failures` gains less than
  half at 200 trials, and nothing else changes.
- Units (32, 64, 100), decay of the baseline (0.9, 0.95) and initial scale
  (0.05, 0.1) make no difference beyond the intervals.
"""

import numpy as np
from absl import app, flags

from nasnet_search.cells.nasnet_space import NASNetSpace
from nasnet_search.controllers.config import ControllerConfig
from tests.controllers.synthetic import (
  SyntheticReward,
  paired_interval,
  search,
)
from tests.controllers.toy_spaces import SMALL

_SEEDS = flags.DEFINE_integer('seeds', 10, 'Seeds of each search.')
_BUDGET = flags.DEFINE_integer('budget', 300, 'Trials of each search.')
_TASKS = flags.DEFINE_list('tasks', [], 'Tasks to run; empty for all.')

# Name: space, share of failing children.
TASKS = {
  'small': (SMALL, 0.0),
  'nasnet': (NASNetSpace(), 0.0),
  'failures': (NASNetSpace(), 0.05),
}
CONTROLLERS = {
  'random': ControllerConfig(controller='random'),
  'ppo': ControllerConfig(),
  'reinforce': ControllerConfig(controller='reinforce'),
  'reinforce*': ControllerConfig(
    controller='reinforce', policy_learning_rate=0.01
  ),
  'ppo paper': ControllerConfig(
    controller_batch_size=20,
    policy_units=100,
    policy_learning_rate=3.5e-4,
    entropy_weight=1e-5,
    baseline_decay=0.95,
    advantage='baseline',
  ),
}


def measure(space, failures, config, seeds, budget):
  """Returns what a controller reaches, by name: one number a seed."""
  found = {}
  for seed in range(seeds):
    reward = SyntheticReward(space, seed, failures)
    trues, bests, diagnostics = search(space, config, reward, seed, budget)
    for end in range(100, budget + 1, 100):
      found.setdefault(f'mean {end}', []).append(trues[end - 100 : end].mean())
      found.setdefault(f'best {end}', []).append(bests[end - 1])
    found.setdefault('entropy', []).append(diagnostics.get('entropy', np.nan))
  return {key: np.array(values) for key, values in found.items()}


def row(name, found, reference):
  """Returns a line of the table."""
  cells = []
  for key, values in found.items():
    if key == 'entropy':
      cells.append(f'{values.min():.2f}')
    elif found is reference:
      cells.append(f'{100 * values.mean():.1f}')
    else:
      mean, width = paired_interval(100 * (values - reference[key]))
      cells.append(f'{mean:+.1f}±{width:.1f}')
  return f'{name:<10}' + ''.join(f'{cell:>10}' for cell in cells)


def main(argv):
  del argv
  for task in _TASKS.value or TASKS:
    space, failures = TASKS[task]
    reference = None
    for name, config in CONTROLLERS.items():
      found = measure(space, failures, config, _SEEDS.value, _BUDGET.value)
      if reference is None:
        reference = found
        print(f'\n{task:<10}' + ''.join(f'{key:>10}' for key in found))
      print(row(name, found, reference), flush=True)


if __name__ == '__main__':
  app.run(main)
