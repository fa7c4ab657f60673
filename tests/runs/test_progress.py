"""Where a search stands: followed as it happens, and rebuilt from the log."""

import collections
import dataclasses
import random

import pytest

from nasnet_search.runs.progress import Progress
from nasnet_search.runs.proposing import new_trial
from nasnet_search.trials import Lesson, Origin, Status
from tests.runs import fakes


def state_of(progress):
  """Returns all of a state as plain data; what runs is as good as queued."""
  state = dict(vars(progress))
  started = [*state.pop('queue'), *state.pop('running').values()]
  state['queue'] = sorted(
    record.trial_id for record in started if record.confirms is None
  )
  state['waiting'] = {
    source: [record.trial_id for record in group]
    for source, group in progress.waiting.items()
  }
  again = state.pop('confirmations')
  started = [record.trial_id for record in again.queue]
  started += [n for n, each in progress.running.items() if each.confirms]
  state['confirmations'] = (
    sorted(started),
    [(each.found.trial_id, each.rewards) for each in again.ranked()],
  )
  state['unlearned'] = list(progress.unlearned)
  state['found'] = progress.found and progress.found.trial_id
  state['best'] = progress.best and progress.best.trial_id
  state['references'] = list(progress.references)
  state['rewards'] = pytest.approx(progress.rewards, rel=1e-12)
  return state


def restored(path):
  """Returns the state that a log leads to, as a new start would find it."""
  store = fakes.read(path)
  records = [
    dataclasses.replace(record, status=Status.QUEUED)
    if record.status is Status.RUNNING
    else record
    for record in store.trials()
  ]
  learned = [trial for each in store.lessons() for trial in each['trials']]
  store.close()
  progress = Progress()
  progress.restore(records, learned)
  return progress


@pytest.mark.parametrize('seed', range(8))
def test_the_log_restores_the_state_that_was_followed_live(tmp_path, seed):
  """Compared whenever the loop waits, over random outcomes and capacities."""
  rng = random.Random(seed)
  compared = collections.Counter()
  seen = []

  def evaluate(trial):
    status = rng.choice(
      [Status.COMPLETED] * 5 + [Status.CRASHED] * 3 + [Status.TIMEOUT]
    )
    if status is Status.COMPLETED:
      return fakes.completed(trial)
    return fakes.failed(trial, status)

  class Comparing(fakes.Workers):
    def settled(self, timeout):
      live, again = seen[-1], restored(tmp_path)
      assert state_of(again) == state_of(live)
      compared['waiting'] += bool(live.waiting)
      compared['queue'] += bool(live.queue)
      compared['confirmations'] += len(live.confirmations.queue) > 0
      compared['references'] += bool(live.references)
      compared['calls'] += 1
      rng.shuffle(self._running)
      return super().settled(timeout)

  references = [
    new_trial(n, Origin.REFERENCE, fakes.SPACE.decode(fakes.choices_of(n)), 0)
    for n in range(2)
  ]
  fakes.run_search(
    tmp_path,
    fakes.Controller(4, of=50),
    Comparing(evaluate, capacity=rng.randint(1, 3)),
    first=references,
    watch=[lambda event, progress: seen.append(progress)],
    trials=30,
    confirm_top=3,
  )
  assert compared['calls'] > 30
  assert compared['queue'] > 5
  assert compared['confirmations'] > 2
  assert compared['references'] > 20


def record(trial_id, status=Status.QUEUED, reward=None, **fields):
  """Returns a proposed trial, settled if it has a settled status."""
  trial = new_trial(
    trial_id,
    Origin.PROPOSED,
    fakes.SPACE.decode(fakes.choices_of(trial_id)),
    0,
    fakes.choices_of(trial_id),
  )
  return dataclasses.replace(
    trial,
    **{'proposal': trial_id, 'status': status, 'reward': reward, **fields},
  )


def followed(*records):
  """Returns the state after these trials were added and settled in order."""
  progress = Progress()
  for each in records:
    progress.add(dataclasses.replace(each, status=Status.QUEUED))
    progress.queue.pop()
    progress.settle(each)
  return progress


def test_a_search_by_hand():
  """0.5, a timeout at chance, 0.7, a crash, 0.6: best is the third."""
  progress = followed(
    record(0, Status.COMPLETED, 0.5),
    record(1, Status.TIMEOUT, 0.1),
    record(2, Status.COMPLETED, 0.7),
    record(3, Status.CRASHED),
    record(4, Status.COMPLETED, 0.6),
  )
  assert (progress.charged, progress.completed, progress.failed) == (5, 3, 2)
  assert progress.best.trial_id == 2
  assert progress.since_best == 2
  assert progress.mean_reward() == pytest.approx(0.6)
  assert [each.trial_id for each in progress.unlearned] == [0, 1, 2, 4]
  assert [each.lesson.reward for each in progress.unlearned] == [
    0.5,
    0.1,
    0.7,
    0.6,
  ]


def test_equal_rewards_leave_the_first_one_the_best():
  progress = followed(
    record(0, Status.COMPLETED, 0.5), record(1, Status.COMPLETED, 0.5)
  )
  assert progress.best.trial_id == 0


@pytest.mark.parametrize('rewards', [(-3.0, -2.0), (-1.0, 0.0), (0.0, 1.0)])
def test_rewards_may_be_negative_or_zero(rewards):
  progress = followed(
    *(record(n, Status.COMPLETED, each) for n, each in enumerate(rewards))
  )
  assert progress.best.trial_id == 1


def test_a_failure_is_never_the_best_even_if_chance_is_better():
  progress = followed(
    record(0, Status.COMPLETED, 0.1), record(1, Status.DIVERGED, 0.2)
  )
  assert progress.best.trial_id == 0


def test_duplicates_are_counted_until_something_new_comes():
  progress = Progress()
  progress.add(record(0))
  for trial_id in (1, 2):
    progress.add(record(trial_id, Status.WAITING, source_trial=0))
  assert (progress.duplicates, progress.duplicates_in_a_row) == (2, 2)
  assert [each.trial_id for each in progress.waiting[0]] == [1, 2]
  progress.add(record(3))
  assert (progress.duplicates, progress.duplicates_in_a_row) == (2, 0)
  assert (progress.next_trial, progress.next_proposal) == (4, 4)


def test_a_crashed_trial_is_tried_again_before_others():
  progress = Progress()
  for trial_id in range(4):
    progress.add(record(trial_id))
  for _ in range(2):
    progress.start(progress.queue.popleft())
  progress.requeue(record(1))
  progress.requeue(record(0))
  assert [each.trial_id for each in progress.queue] == [0, 1, 2, 3]
  assert not progress.running


def test_in_flight_is_all_that_will_be_learned_in_order():
  progress = Progress()
  cell = fakes.SPACE.decode(fakes.choices_of(50))
  progress.add(new_trial(0, Origin.REFERENCE, cell, 0))
  for trial_id in (1, 2):
    progress.add(record(trial_id))
  progress.add(record(3, Status.WAITING, source_trial=1))
  progress.queue.popleft()
  progress.start(progress.queue.popleft())
  assert [each.trial_id for each in progress.in_flight()] == [1, 2, 3]
  assert [each.index for each in progress.pending()] == [1, 2, 3]


def test_lessons_are_taken_oldest_first():
  progress = followed(*(record(n, Status.COMPLETED, 0.5) for n in range(3)))
  taken = progress.take_lessons(2)
  assert [each.trial_id for each in taken] == [0, 1]
  assert taken[0].lesson == Lesson(
    record(0).as_proposal(), 0.5, Status.COMPLETED
  )
  assert len(progress.unlearned) == 1
