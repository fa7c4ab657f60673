"""The workers that a configuration asks for."""

from nasnet_search.workers.child_process import EvaluatorSpec
from nasnet_search.workers.config import WorkersConfig
from nasnet_search.workers.in_process import InProcessWorkers
from nasnet_search.workers.local_processes import LocalProcesses
from nasnet_search.workers.protocol import Workers


def make_workers(spec: EvaluatorSpec, config: WorkersConfig) -> Workers:
  """Returns workers, started; close them when done.

  Args:
    spec: The evaluator to run in them.
    config: How many workers, and what each may use.
  """
  if config.workers == 0:
    return InProcessWorkers(spec.make())
  return LocalProcesses(spec, config)
