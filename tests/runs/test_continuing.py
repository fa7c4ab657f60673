"""A search that is killed goes on as if it had never been.

The kill is an exception out of the log, before or after each of its
transactions in turn; `test_kills.py` kills real processes.
"""

import random

import pytest

from nasnet_search.runs import opening
from nasnet_search.runs.replay import replay
from nasnet_search.runs.store import RunStore
from nasnet_search.trials import Status
from tests.runs import fakes

WRITES = (
  'add_event',
  'add_lesson',
  'add_start',
  'add_trials',
  'requeue',
  'save_snapshot',
  'seen',
  'settle',
  'start_attempt',
)


class Killed(BaseException):
  """The process is gone."""


class Mortal(RunStore):
  """A log whose process is killed at one of its transactions.

  Attributes:
    left: Transactions until then, negative for ever.
    written: Whether the last transaction is written before the kill.
  """

  left = -1
  written = False


def _mortal(name):
  def write(self, *arguments, **named):
    Mortal.left -= 1
    if Mortal.left == 0 and not Mortal.written:
      raise Killed
    result = getattr(RunStore, name)(self, *arguments, **named)
    if Mortal.left == 0:
      raise Killed
    return result

  return write


for _name in WRITES:
  setattr(Mortal, _name, _mortal(_name))


def _evaluate(trial):
  """Every kind of outcome, by trial: crashes once, always, fails, goes well."""
  if trial.trial_id == 3 or (trial.trial_id == 5 and trial.attempt % 3 == 1):
    return fakes.failed(trial)
  if trial.trial_id in (2, 8):
    return fakes.failed(trial, Status.DIVERGED)
  return fakes.completed(trial)


def _search(path, trials=9, **named):
  return fakes.run_search(
    path,
    fakes.Controller(3, of=30),
    fakes.Workers(_evaluate),
    trials=trials,
    snapshot_interval=2,
    **named,
  )


@pytest.mark.parametrize('written', [False, True])
def test_killed_at_any_step_a_search_goes_on_the_same(
  tmp_path, monkeypatch, written
):
  monkeypatch.setattr(opening, 'RunStore', Mortal)
  monkeypatch.setattr(Mortal, 'written', written)
  monkeypatch.setattr(Mortal, 'left', -1)
  _search(tmp_path / 'whole')
  expected = fakes.content(tmp_path / 'whole')
  assert len(expected['lessons']) >= 2
  assert {trial.status for trial in expected['trials']} >= {
    Status.COMPLETED,
    Status.CRASHED,
    Status.DIVERGED,
  }
  assert any(trial.source_trial is not None for trial in expected['trials'])
  steps = -1 - Mortal.left
  assert steps > 30
  for step in range(1, steps + 1):
    path = tmp_path / str(step)
    Mortal.left = step
    with pytest.raises(Killed):
      _search(path)
    Mortal.left = -1
    _search(path)
    assert fakes.content(path) == expected, step


def test_killed_again_and_again_a_search_goes_on_the_same(
  tmp_path, monkeypatch
):
  monkeypatch.setattr(opening, 'RunStore', Mortal)
  monkeypatch.setattr(Mortal, 'left', -1)
  _search(tmp_path / 'whole', 30)
  rng = random.Random(5)
  kills = 0
  while True:
    Mortal.left, Mortal.written = rng.randint(2, 12), rng.random() < 0.5
    try:
      _search(tmp_path / 'killed', 30)
      break
    except Killed:
      kills += 1
  assert kills > 5
  assert fakes.content(tmp_path / 'killed') == fakes.content(tmp_path / 'whole')


def test_more_trials_later_are_those_of_a_longer_search(tmp_path):
  for trials in (1, 4, 5, 11, 20):
    _search(tmp_path / 'raised', trials)
  _search(tmp_path / 'whole', 20)
  assert fakes.content(tmp_path / 'raised') == fakes.content(tmp_path / 'whole')


def test_a_search_that_has_ended_does_nothing_more(tmp_path):
  _search(tmp_path, 6)
  before = fakes.content(tmp_path)
  assert _search(tmp_path, 6) == 'All 6 trials have settled.'
  assert fakes.content(tmp_path) == before


def test_a_snapshot_only_saves_time(tmp_path):
  """Learned again from the log, the state is the same; so with a bad one."""
  _search(tmp_path, 20)
  logged = fakes.content(tmp_path)['lessons'][-1][1]
  for state in (b'nonsense', None):
    store = RunStore(tmp_path / 'run.sqlite3')
    if state is None:
      with fakes.edited(tmp_path) as rows:
        rows.clear('snapshots')
    else:
      store.save_snapshot(len(store.lessons()), state)
    controller = Strict(3, of=30)
    notices = replay(store, controller)
    assert fakes.digest(controller) == logged
    assert ('all is learned again' in str(notices)) == (state is not None)
    store.close()


class Strict(fakes.Controller):
  """Refuses a state as real controllers do."""

  def load(self, state):
    from nasnet_search.cells.errors import UserError

    try:
      super().load(state)
    except ValueError as error:
      raise UserError('Expected a state. Received nonsense.') from error


@pytest.mark.parametrize('seed', range(6))
def test_with_many_workers_and_kills_every_rule_of_the_log_holds(
  tmp_path, monkeypatch, seed
):
  """What runs beside what is chance, so no log is expected: rules are."""
  monkeypatch.setattr(opening, 'RunStore', Mortal)
  monkeypatch.setattr(Mortal, 'left', -1)
  rng = random.Random(seed)

  def evaluate(trial):
    status = rng.choice([Status.COMPLETED] * 7 + [Status.CRASHED] * 2
                        + [Status.TIMEOUT])  # fmt: skip
    if status is Status.COMPLETED:
      return fakes.completed(trial)
    return fakes.failed(trial, status)

  class Shuffled(fakes.Workers):
    def settled(self, timeout):
      rng.shuffle(self._running)
      return super().settled(timeout)

  while True:
    Mortal.left, Mortal.written = rng.randint(5, 60), rng.random() < 0.5
    workers = Shuffled(evaluate, capacity=rng.randint(1, 4))
    try:
      fakes.run_search(tmp_path, fakes.Controller(4, of=60), workers, trials=40)
      break
    except Killed:
      continue
  check_rules(tmp_path, batch_size=4, trials=40)


def check_rules(path, batch_size, trials):
  """Checks what must be true of every log of a search that has ended."""
  store = fakes.read(path)
  records = store.trials()
  settled = sorted(
    (record for record in records if record.status.settled),
    key=lambda record: record.settled_as,
  )
  # Settling is numbered without gaps, and as many are charged as asked for.
  assert [each.settled_as for each in settled] == list(range(len(settled)))
  charged = [each for each in settled if each.charged]
  assert len(charged) == trials
  # No architecture is valued twice; duplicates have what their source has.
  keys = [each.canonical_key for each in records if each.source_trial is None]
  assert len(keys) == len(set(keys))
  for each in settled:
    if each.source_trial is not None:
      source = records[each.source_trial]
      assert each.canonical_key == source.canonical_key
      assert (each.status, each.reward) == (source.status, source.reward)
      assert each.settled_as > source.settled_as
  # What can be learned is learned once, in order, in batches.
  lessons = [lesson['trials'] for lesson in store.lessons()]
  assert {len(lesson) for lesson in lessons} == {batch_size}
  learnable = [
    each.trial_id
    for each in settled
    if each.learnable and each.reward is not None
  ]
  learned = [trial for lesson in lessons for trial in lesson]
  assert learned == learnable[: len(learned)]
  assert len(learnable) - len(learned) < batch_size
  # Proposals are numbered without gaps, whatever call they came from.
  proposed = [each.proposal for each in records if each.learnable]
  assert proposed == list(range(len(proposed)))
  # Nobody was tried again after a third crash, or for anything but crashes.
  crashes = store.crashes()
  for each in records:
    assert (crashes.get(each.trial_id, 0) == 3) == (
      each.status is Status.CRASHED and each.source_trial is None
    )
  store.close()
