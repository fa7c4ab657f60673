"""Whether memory grows while a search goes on: the coordinator's, a worker's.

  python -m tests.benchmarks.memory_over_time --output=memory_over_time.png

Above, the coordinator: two searches of 10,000 trials, by chance and with the
PPO policy, in the NASNet space (B = 5), with one worker process whose
evaluator answers at once. Its resident memory from the first settled trial to
the last may grow by less than 100 MB, which is 10 kB a trial: it keeps what
it has proposed.

Below, a worker: 300 children, one after another in one process, trained on
the digits as any search trains them, only small: N = 1, F = 4, two training
steps of 64 images. Each builds, traces and runs a graph of its own, and that
is what could stay behind. From the 20th child on, the slope of resident
memory (Theil and Sen's, the median over all pairs) must be below 0.5 MB a
child. With --workers=0 the same in the process of the search.

It draws both, and exits with status 1 if a limit is exceeded.

x86-64, two cores, busy with other work, Python 3.11, TensorFlow 2.21, Keras
3.15, seed 0, about 50 minutes (memory_over_time.png):

  coordinator, random: +10 MB, from 46 over 10002 trials
  coordinator, ppo: +49 MB, from 677 over 10002 trials
  worker: +0.050 MB a child (+0.014 to +0.085), 818 to 912 MB over 300 children

Of the 49 MB of the policy 47 come with the first 50 trials, when it is traced;
what TensorFlow's allocator keeps of a child varies by 50 MB either way, which
is why it takes hundreds of children to see a slope.
"""

import concurrent.futures
import dataclasses
import multiprocessing
import os
import pathlib
import platform
import sys
import tempfile
from importlib.metadata import version

import numpy as np
import psutil
from absl import app, flags

from nasnet_search.cells.drawing import save_figure
from nasnet_search.config import (
  ControllerConfig,
  GoalConfig,
  RunConfig,
  SearchConfig,
  WorkersConfig,
)
from nasnet_search.data.config import DataConfig
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.report.palette import LIGHT
from nasnet_search.runs import observer
from nasnet_search.search import search

# Values of their own: a test imports this module beside the programs', whose
# flags have the same names.
_VALUES = flags.FlagValues()
_TRIALS = flags.DEFINE_integer(
  'trials',
  10_000,
  'Trials of each search of the coordinator; 0 for none.',
  flag_values=_VALUES,
)
_CHILDREN = flags.DEFINE_integer(
  'children',
  300,
  'Children of the worker; 0 for none.',
  flag_values=_VALUES,
)
_WORKERS = flags.DEFINE_integer(
  'workers',
  1,
  'Where the children train: 1 for a worker process, 0 for none.',
  flag_values=_VALUES,
)
_SEED = flags.DEFINE_integer(
  'seed', 0, 'Seed of the searches.', flag_values=_VALUES
)
_OUTPUT = flags.DEFINE_string(
  'output', '', 'The picture; empty for none.', flag_values=_VALUES
)

GROWTH_LIMIT = 100.0
"""MB that a coordinator may grow by over 10,000 trials."""
SLOPE_LIMIT = 0.5
"""MB that a worker may grow by with every child."""
WARM_UP = 20
"""Children that pay for what is made once: images, TensorFlow's pools."""
_MB = 1e6
_COLORS = {
  'random': LIGHT['blue'],
  'ppo': LIGHT['orange'],
  'worker': LIGHT['green'],
}


class Memory:
  """An observer that notes resident memory, in MB, as trials settle.

  Args:
    of_worker: Whether that of the worker process, and not of this one.
  """

  def __init__(self, of_worker):
    self.used = []
    self.pids = set()
    self._of_worker = of_worker

  def __call__(self, event, progress):
    del progress
    if isinstance(event, observer.Settled):
      process = psutil.Process()
      if self._of_worker:
        # The other child, the watchdog, is a tenth of its size.
        process = max(process.children(), key=lambda p: p.memory_info().rss)
      self.pids.add(process.pid)
      self.used.append(process.memory_info().rss / _MB)


def coordinator_memory(controller, trials, seed):
  """Returns the coordinator's memory after each trial, in MB: `[trials]`."""
  return _memory(
    SearchConfig(
      goal=GoalConfig(seed=seed, plugin=('tests.benchmarks.instant',)),
      controller=ControllerConfig(controller=controller),
      evaluator=EvaluatorConfig(evaluator='instant'),
      run=RunConfig(trials=trials),
      workers=WorkersConfig(workers=1),
    ),
    of_worker=False,
  )


def worker_memory(children, seed, workers=1):
  """Returns memory where children train, after each, in MB: `[children]`."""
  return _memory(
    SearchConfig(
      goal=GoalConfig(seed=seed),
      controller=ControllerConfig(controller='random'),
      proxy=ProxyConfig(repeats=1, filters=4, epochs=1),
      data=DataConfig(data='digits', train_images=128, validation_images=64),
      run=RunConfig(trials=children - 2),  # Two references come first.
      workers=WorkersConfig(workers=workers),
    ),
    of_worker=workers > 0,
  )


def slope(used):
  """Returns the growth a child, in MB, and its 95 % interval."""
  from scipy import stats

  steady = used[WARM_UP:]
  middle, _, low, high = stats.theilslopes(steady, np.arange(len(steady)))
  return middle, low, high


def draw(coordinators, worker, path):
  """Draws what was measured beside what would be too much.

  Args:
    coordinators: Memory after each trial, in MB, by controller.
    worker: Memory after each child, in MB.
    path: Where to save the picture.
  """
  from matplotlib.figure import Figure

  figure = Figure(figsize=(6, 5.4), layout='constrained', facecolor='white')
  above, below = figure.subplots(2)
  for name, used in coordinators.items():
    _line(above, used - used[0], _COLORS[name], f'{name}: {_grown(used)}')
  above.axhline(GROWTH_LIMIT, ls='--', color=LIGHT['ink'])
  above.text(0, GROWTH_LIMIT, f'limit: {GROWTH_LIMIT:+.0f} MB', va='bottom')
  above.set(
    ylim=(0, 1.2 * GROWTH_LIMIT),
    title='Coordinator: growth since its first trial',
    xlabel='trials settled',
    ylabel='MB',
  )
  if len(worker):
    _draw_worker(below, worker)
  below.set(
    title=f'Worker: growth since children {WARM_UP} to {2 * WARM_UP}',
    xlabel='children trained in one process',
    ylabel='MB',
  )
  for axes in (above, below):
    axes.margins(x=0.01)
    axes.grid(color=LIGHT['line'])
    axes.spines[['top', 'right']].set_visible(False)
  save_figure(figure, path)


def _draw_worker(axes, used):
  growth = used - np.median(used[WARM_UP : 2 * WARM_UP])
  axes.plot(growth, '.', ms=3, color=_COLORS['worker'], label='after a child')
  children = np.arange(len(used) - WARM_UP)
  for per_child, style, text in (
    (slope(used)[0], '-', 'slope found'),
    (SLOPE_LIMIT, '--', 'limit'),
  ):
    axes.plot(
      WARM_UP + children,
      per_child * children,
      style,
      color=LIGHT['ink'],
      label=f'{text}: {per_child:.2f} MB a child',
    )
  axes.set_ylim(-150, max(200, 1.5 * axes.get_ylim()[1]))
  axes.legend(loc='upper left', frameon=False)


def _line(axes, values, color, text):
  axes.plot(np.arange(len(values)), values, color=color, lw=1)
  axes.annotate(
    text,
    (len(values), np.max(values)),
    (0, 3),
    textcoords='offset points',
    ha='right',
    color=color,
    weight='bold',
  )


def main(argv):
  del argv
  print(
    f'{platform.machine()}, {os.cpu_count()} cores, Python '
    f'{platform.python_version()}, TensorFlow {version("tensorflow")}, Keras '
    f'{version("keras")}, seed {_SEED.value}'
  )
  coordinators, worker, exceeded = {}, np.array([]), False
  for name in ('random', 'ppo') if _TRIALS.value else ():
    used = apart(coordinator_memory, name, _TRIALS.value, _SEED.value)
    coordinators[name] = used
    exceeded |= used[-1] - used[0] >= GROWTH_LIMIT
    print(f'coordinator, {name}: {_grown(used)} over {len(used)} trials')
  if _CHILDREN.value:
    worker = apart(worker_memory, _CHILDREN.value, _SEED.value, _WORKERS.value)
    exceeded |= slope(worker)[0] >= SLOPE_LIMIT
    print(f'worker: {_sloped(worker)} over {len(worker)} children')
  if _OUTPUT.value:
    draw(coordinators, worker, _OUTPUT.value)
  if exceeded:
    sys.exit('Memory grows by more than it may.')


def _memory(config, *, of_worker):
  memory = Memory(of_worker)
  with tempfile.TemporaryDirectory() as folder:
    run = dataclasses.replace(
      config.run, run_dir=str(pathlib.Path(folder) / 'run')
    )
    search(dataclasses.replace(config, run=run), [memory])
  if len(memory.pids) > 1:
    raise RuntimeError(f'Expected one process. Received: {memory.pids}.')
  return np.array(memory.used)


def apart(function, *arguments):
  """Calls a function in a fresh process, so that nothing came before."""
  context = multiprocessing.get_context('spawn')
  with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
    return pool.submit(function, *arguments).result()


def _grown(used):
  return f'{used[-1] - used[0]:+.0f} MB, from {used[0]:.0f}'


def _sloped(used):
  middle, low, high = slope(used)
  return (
    f'{middle:+.3f} MB a child ({low:+.3f} to {high:+.3f}), '
    f'{used[WARM_UP]:.0f} to {used[-1]:.0f} MB'
  )


if __name__ == '__main__':
  flags.FLAGS.append_flag_values(_VALUES)
  _VALUES.mark_as_parsed()
  app.run(main)
