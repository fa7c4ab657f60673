"""TensorBoard scalars of a run: reward, best, entropy, KL, failures.

TensorBoard's own writer of summaries imports TensorFlow, which a coordinator
that only proposes at random has no use for; so the events are put together
here from TensorBoard's record format, which needs neither.
"""

import pathlib
import time
from typing import Any

from nasnet_search.runs import observer
from nasnet_search.runs.progress import Progress
from nasnet_search.runs.records import TrialRecord

_AVERAGE_DECAY = 0.95


class Scalars:
  """An observer that writes TensorBoard event files.

  Trials are the steps of what is written of trials; policy updates are the
  steps of what is written of updates.

  Args:
    directory: Where the event files go.
  """

  def __init__(self, directory: pathlib.Path) -> None:
    self._directory = directory
    self._writer: Any = None
    self._average: float | None = None

  def __call__(self, event: observer.Event, progress: Progress) -> None:
    """Writes the scalars of an event."""
    match event:
      case observer.Settled() if event.trial.candidate:
        self._trial(event.trial, progress)
      case observer.Learned():
        for name, value in event.diagnostics.items():
          self._scalar(f'policy/{name}', value, event.count)
      case observer.Ended():
        self.close()

  def close(self) -> None:
    """Writes what is buffered and closes the file."""
    if self._writer is not None:
      self._writer.close()
      self._writer = None

  def _trial(self, trial: TrialRecord, progress: Progress) -> None:
    step = progress.charged
    self._scalar('search/failures', progress.failed, step)
    self._scalar('search/duplicates', progress.duplicates, step)
    if trial.reward is None or trial.status.failed:
      return
    if self._average is None:
      self._average = trial.reward
    self._average += (1 - _AVERAGE_DECAY) * (trial.reward - self._average)
    self._scalar('search/reward', trial.reward, step)
    self._scalar('search/reward_moving_average', self._average, step)
    if progress.found is not None and progress.found.reward is not None:
      self._scalar('search/best_reward', progress.found.reward, step)

  def _scalar(self, name: str, value: float, step: int) -> None:
    # Imported late: it takes a while, and a search may end before a scalar.
    from tensorboard.compat.proto import summary_pb2

    summary = summary_pb2.Summary()
    summary.value.add(tag=name, simple_value=value)
    self._write(step=step, summary=summary)

  def _write(self, **fields: Any) -> None:
    from tensorboard.compat.proto import event_pb2
    from tensorboard.summary.writer.record_writer import RecordWriter

    if self._writer is None:
      self._directory.mkdir(exist_ok=True)
      # TensorBoard reads files of this name; the time keeps those of several
      # starts apart and in order.
      name = f'events.out.tfevents.{time.time():.6f}.search'
      self._writer = RecordWriter((self._directory / name).open('wb'))
      self._write(file_version='brain.Event:2')
    event = event_pb2.Event(wall_time=time.time(), **fields)
    self._writer.write(event.SerializeToString())
    self._writer.flush()
