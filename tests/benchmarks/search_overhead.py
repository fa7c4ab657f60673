"""What the search itself costs a trial, whatever its children cost.

Runs a search of 10,000 trials with an evaluator that answers at once and
prints, for each thousand trials, the time a trial takes (propose, record and
learn) and the coordinator's resident memory.

  python tests/benchmarks/search_overhead.py --controller=random
  python tests/benchmarks/search_overhead.py --controller=ppo

Budgets on two cores: at most 5 ms a trial (median) with random search, 15 ms
(mean) with the PPO policy, neither growing; memory grows by less than 100 MB.

Two CPU cores, one of them busy with other work, seed 0, TensorFlow 2.21:

  random: median 2.55 ms, mean 4.49 ms, memory +9 MiB
  ppo: median 2.38 ms, mean 14.82 ms (8 ms of processor time), memory +45 MiB
"""

import pathlib
import tempfile
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import psutil
from absl import app, flags

from nasnet_search.cells.architecture import Architecture
from nasnet_search.config import (
  ControllerConfig,
  RunConfig,
  SearchConfig,
  WorkersConfig,
)
from nasnet_search.evaluators.config import EvaluatorConfig
from nasnet_search.evaluators.protocol import Context, Request
from nasnet_search.evaluators.registry import EVALUATORS
from nasnet_search.runs import observer
from nasnet_search.runs.progress import Progress
from nasnet_search.search import search
from nasnet_search.trials import Measurement

_CONTROLLER = flags.DEFINE_string('controller', 'random', 'Who proposes.')
_TRIALS = flags.DEFINE_integer('trials', 10_000, 'Trials of the search.')
_BLOCK = 1000
_MIB = 2**20


class Instant:
  """Values an architecture at once, by what its choices look like."""

  name = 'instant'
  default_reward = 'closeness'

  def __init__(self, *configs: Any) -> None:
    del configs

  def check(self, architecture: Architecture) -> None:
    """Refuses nothing."""

  def chance(self) -> Mapping[str, float]:
    """Returns 0."""
    return {'closeness': 0.0}

  def facts(self) -> Mapping[str, Any]:
    """Returns nothing."""
    return {}

  def evaluate(self, request: Request, context: Context) -> Measurement:
    """Returns the share of separable convolutions."""
    del context
    names = [
      name
      for _, cell in request.architecture.cells()
      for block in cell.blocks
      for name in block.operations
    ]
    share = sum(name.startswith('separable') for name in names) / len(names)
    return Measurement({'closeness': share})


class Clock:
  """An observer that notes the time and the memory of each trial."""

  def __init__(self) -> None:
    self.times: list[float] = []
    self.memory: list[float] = []
    self._process = psutil.Process()

  def __call__(self, event: observer.Event, progress: Progress) -> None:
    """Notes a settled trial."""
    del progress
    if isinstance(event, observer.Settled):
      if len(self.times) % _BLOCK == 0:
        self.memory.append(self._process.memory_info().rss / _MIB)
      self.times.append(time.perf_counter())


def main(arguments: list[str]) -> None:
  """Runs the search and prints the table."""
  del arguments
  EVALUATORS.register('instant', Instant)
  clock = Clock()
  with tempfile.TemporaryDirectory() as folder:
    config = SearchConfig(
      controller=ControllerConfig(controller=_CONTROLLER.value),
      evaluator=EvaluatorConfig(evaluator='instant'),
      run=RunConfig(
        run_dir=str(pathlib.Path(folder) / 'run'), trials=_TRIALS.value
      ),
      workers=WorkersConfig(workers=0),
    )
    search(config, [clock])
  milliseconds = 1000 * np.diff(clock.times)
  print(f'{_CONTROLLER.value}, {_TRIALS.value} trials')
  print('trials from  median ms  mean ms  resident MiB')
  for block, memory in enumerate(clock.memory):
    part = milliseconds[block * _BLOCK : (block + 1) * _BLOCK]
    if part.size:
      print(
        f'{block * _BLOCK:11}  {np.median(part):9.2f}  {part.mean():7.2f}'
        f'  {memory:12.0f}'
      )
  # The first trials pay for tracing the policy; the budget is for the rest.
  steady = milliseconds[100:]
  print(
    f'all: median {np.median(steady):.2f} ms, mean {steady.mean():.2f} ms, '
    f'memory {clock.memory[-1] - clock.memory[0]:+.0f} MiB'
  )


if __name__ == '__main__':
  app.run(main)
