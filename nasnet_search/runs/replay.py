"""Brings a controller to the state in which the log of its run ends.

The controller's state is a function of its configuration, the run's seed and
the logged learn calls. A snapshot only saves the time of learning again.
"""

import hashlib
from collections.abc import Iterable

from nasnet_search.cells.errors import UserError
from nasnet_search.controllers.protocol import Controller
from nasnet_search.runs.reading import RunReader
from nasnet_search.runs.records import TrialRecord
from nasnet_search.trials import Lesson


def digest_of(controller: Controller) -> str:
  """Returns the SHA-256 of a controller's saved state, in hexadecimal."""
  return hashlib.sha256(controller.save()).hexdigest()


def replay(log: RunReader, controller: Controller) -> list[str]:
  """Lets a new controller learn all that the log says was learned.

  Args:
    log: The log.
    controller: A new controller of the run's configuration.

  Returns:
    What a person should know about it, as sentences.
  """
  lessons = log.lessons()
  learned, notices = _load_snapshot(log, controller, len(lessons))
  for lesson in lessons[learned:]:
    controller.learn(lessons_of(log.trials(lesson['trials'])))
  expected = (
    lessons[-1]['digest'] if lessons else log.facts().get('initial_digest')
  )
  if expected is not None and digest_of(controller) != expected:
    notices.append(
      'The controller has not come out bit by bit as the log has it after '
      f'{len(lessons)} policy updates, as is to be expected on another '
      'processor or with another version of TensorFlow. The search goes on '
      'from the log, but will not choose what it would have chosen there.'
    )
  return notices


def lessons_of(records: Iterable[TrialRecord]) -> list[Lesson]:
  """Returns what there is to learn from settled trials."""
  return [
    Lesson(record.as_proposal(), record.reward, record.status)
    for record in records
    if record.reward is not None
  ]


def _load_snapshot(
  log: RunReader, controller: Controller, lessons: int
) -> tuple[int, list[str]]:
  """Returns how many learn calls a snapshot saved, and what is odd about it."""
  snapshots = log.snapshots()
  usable = [learned for learned in snapshots if learned <= lessons]
  if snapshots and not usable:
    return 0, [
      f'The snapshot in {log.path} is ahead of what was logged, and is not '
      'used: all is learned again.'
    ]
  for learned in sorted(usable, reverse=True):
    try:
      controller.load(snapshots[learned])
    except UserError as error:
      # Nothing is lost: all of it can be learned again.
      return 0, [
        f'The snapshot in {log.path} cannot be used, all is learned again: '
        f'{error}'
      ]
    return learned, []
  return 0, []
