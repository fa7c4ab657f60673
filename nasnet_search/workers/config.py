"""Where evaluations run and what they may use, as plain data."""

import dataclasses

from nasnet_search.settings import check_settings, setting


@dataclasses.dataclass(frozen=True)
class WorkersConfig:
  """Worker processes and their limits; all operational."""

  workers: int = setting(
    1,
    'Worker processes that train children; 0 trains in this process.',
    lower=0,
  )
  threads_per_worker: int = setting(
    0,
    'CPU threads of each worker; 0 shares the cores evenly. Sums are split '
    'among threads, so another number changes what a child measures, as '
    'another seed would.',
    lower=0,
  )
  gpus: tuple[str, ...] = setting(
    (),
    'Indices of the GPUs to use, given to the workers in turn; empty for none.',
  )
  trial_timeout: float = setting(
    0.0, 'Seconds that one child may take; 0 for no limit.', lower=0
  )
  worker_start_timeout: float = setting(
    300.0,
    'Seconds that a worker may take to start: to import the plugins and to '
    'make the evaluator.',
    lower=1,
  )
  worker_memory: float = setting(
    0.0,
    'Resident memory, in GiB, that one worker may use; 0 for no limit.',
    lower=0,
  )

  def __post_init__(self) -> None:
    check_settings(self)
