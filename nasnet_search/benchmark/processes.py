"""Does many things at a time, each in a process with one core."""

import multiprocessing
import os
from collections.abc import Callable, Sequence

_THREADS = ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS')


def in_processes(
  tasks: Sequence[Callable[[], None]],
  total: int,
  jobs: int,
  watch: Callable[[int, int], None],
) -> None:
  """Does what is missing, each with one core.

  Args:
    tasks: What is missing.
    total: How much there is, with what is done already.
    jobs: Processes.
    watch: Is told how many of how many are done.
  """
  done = total - len(tasks)
  watch(done, total)
  # A search has one core: what it takes is then comparable.
  os.environ.update(dict.fromkeys(_THREADS, '1'))
  context = multiprocessing.get_context('spawn')
  with context.Pool(max(1, min(jobs, len(tasks)))) as pool:
    for _ in pool.imap_unordered(_do, tasks):
      done += 1
      watch(done, total)


def _do(task: Callable[[], None]) -> None:
  task()
