"""What runs inside a worker process.

A worker makes its evaluator once and then values one trial after another.
It ignores Ctrl-C, which is the coordinator's to handle, and ends itself
within two seconds of the coordinator's death: an orphan would go on training
for nobody.
"""

import dataclasses
import os
import signal
import threading
import time
from typing import Any

from nasnet_search.data.config import DataConfig
from nasnet_search.evaluators.config import EvaluatorConfig, ProxyConfig
from nasnet_search.evaluators.protocol import Evaluator, Silent
from nasnet_search.evaluators.registry import make_evaluator
from nasnet_search.registry import load_plugins
from nasnet_search.trials import Outcome, Trial
from nasnet_search.workers.attempt import run_attempt

_PARENT_CHECK_SECONDS = 0.5

_evaluator: Evaluator | None = None
_failure: Exception | None = None


@dataclasses.dataclass(frozen=True)
class EvaluatorSpec:
  """All a process needs to make the evaluator of a run.

  Attributes:
    evaluator: Which evaluator, and what it refuses.
    proxy: The setting children are trained in.
    data: The images.
    plugins: Modules to import first.
  """

  evaluator: EvaluatorConfig
  proxy: ProxyConfig
  data: DataConfig
  plugins: tuple[str, ...] = ()

  def make(self) -> Evaluator:
    """Returns the evaluator."""
    load_plugins(self.plugins)
    return make_evaluator(self.evaluator, self.proxy, self.data)


def start(
  spec: EvaluatorSpec,
  parent: int,
  threads: int,
  gpu: str,
  pid: Any,
) -> None:
  """Prepares the process; runs once, before its first trial.

  Args:
    spec: The evaluator to make.
    parent: Process id of the coordinator.
    threads: CPU threads to compute with.
    gpu: Index of the GPU to use, empty for none.
    pid: Shared integer (`multiprocessing.Value`) that receives the id of this
      process.
  """
  global _evaluator, _failure
  signal.signal(signal.SIGINT, signal.SIG_IGN)
  pid.value = os.getpid()
  threading.Thread(target=_end_with_parent, args=(parent,), daemon=True).start()
  # Read by TensorFlow when the evaluator imports it.
  os.environ['CUDA_VISIBLE_DEVICES'] = gpu
  os.environ['TF_NUM_INTRAOP_THREADS'] = str(threads)
  os.environ['TF_NUM_INTEROP_THREADS'] = str(threads)
  # Raised with the first trial, where somebody hears of it.
  try:
    _evaluator = spec.make()
  except Exception as error:
    _failure = error


def run(trial: Trial) -> Outcome:
  """Values one trial."""
  if _evaluator is None:
    raise _failure or RuntimeError('Expected `start` to be called first.')
  return run_attempt(_evaluator, trial, Silent())


def _end_with_parent(parent: int) -> None:
  while os.getppid() == parent:
    time.sleep(_PARENT_CHECK_SECONDS)
  os._exit(1)
