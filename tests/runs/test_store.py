"""The log: what goes in comes out, a step is whole or not at all."""

import dataclasses
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nasnet_search.cells import zoo
from nasnet_search.cells.errors import UserError
from nasnet_search.runs.reading import RunReader
from nasnet_search.runs.records import TrialRecord
from nasnet_search.runs.store import RunStore
from nasnet_search.trials import Measurement, Origin, Status

# Floats that a decimal notation of 15 digits would change.
AWKWARD = (0.1 + 0.2, 5e-324, -0.0, 1e308, 1 / 3, 2**-1074 * 3)


def trial(trial_id, **fields):
  """Returns a trial record."""
  architecture = zoo.load('nasnet_a')
  defaults = {
    'trial_id': trial_id,
    'origin': Origin.PROPOSED,
    'proposal': trial_id,
    'choices': (0, 1, 12),
    'numbers': {},
    'architecture': architecture,
    'canonical_key': architecture.canonical_key(),
    'seed': 7,
    'status': Status.QUEUED,
    'created_at': 1.7e9,
  }
  return TrialRecord(**{**defaults, **fields})


def create(path, trials=()):
  """Returns a new log of some trials."""
  return RunStore.create(path / 'run.sqlite3', {'reward': 'x'}, trials)


def exact(value):
  """Returns a value in which floats are equal only bit by bit."""
  return repr(value)


def test_a_trial_with_everything_comes_back_exactly(tmp_path):
  full = trial(
    0,
    numbers={'log_probs': AWKWARD, 'version': 3, 'temperature': AWKWARD[0]},
    status=Status.COMPLETED,
    source_trial=4,
    attempts=2,
    reward=AWKWARD[0],
    measurement=Measurement(
      {'accuracy': AWKWARD[4], 'seconds': 1e-300}, {'loss': AWKWARD}
    ),
    message='a "quoted"\nmessage, ünïcode',
    settled_as=9,
    created_at=1.7e9 + 1e-6,
    started_at=1.7e9 + 2e-6,
    settled_at=1.7e9 + 3e-6,
  )
  store = create(tmp_path)
  store.add_trials([full])
  (read,) = store.trials()
  assert read == full
  assert exact(read) == exact(full)


def test_a_trial_with_nothing_comes_back_as_well(tmp_path):
  bare = trial(0, origin=Origin.REFERENCE, proposal=None, choices=None)
  assert create(tmp_path, [bare]).trials() == [bare]


@settings(
  max_examples=50,
  deadline=None,
  suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
  floats=st.lists(
    st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20
  )
)
def test_every_finite_float_survives(tmp_path, floats):
  record = trial(
    0,
    numbers={'log_probs': tuple(floats)},
    reward=floats[0] + 0.0,  # All but the sign of zero.
    measurement=Measurement({'x': floats[-1]}, {'curve': tuple(floats)}),
  )
  store = create(tmp_path, [record])
  assert exact(store.trials()[0]) == exact(record)
  store.close()


def test_the_other_tables_come_back(tmp_path):
  store = create(tmp_path, [trial(0)])
  assert store.facts() == {'reward': 'x'}
  store.add_start({'workers': 2, 'gpus': ['0']}, {'python': '3.11'})
  (row,) = store.starts()
  assert row['operational'] == {'workers': 2, 'gpus': ['0']}
  assert row['versions'] == {'python': '3.11'}
  assert row['started_at'] == row['last_seen_at']
  store.seen()
  assert store.starts()[0]['last_seen_at'] > row['started_at']
  store.add_lesson([0, 2, 1], {'entropy': AWKWARD[0]}, 'digest')
  (lesson,) = store.lessons()
  assert lesson['learn'] == 1
  assert lesson['trials'] == [0, 2, 1]
  assert exact(lesson['diagnostics']) == exact({'entropy': AWKWARD[0]})
  assert store.lessons(after=1) == []
  store.add_event('changed', {'what': '--workers'})
  assert store.events()[0]['kind'] == 'changed'
  assert store.events()[0]['detail'] == {'what': '--workers'}


def test_trials_can_be_asked_for_in_any_order(tmp_path):
  store = create(tmp_path, [trial(n) for n in range(4)])
  assert [each.trial_id for each in store.trials([3, 1])] == [3, 1]
  assert store.trials([9]) == []


def test_an_attempt_and_its_outcome(tmp_path):
  store = create(tmp_path, [trial(0), trial(1, status=Status.WAITING)])
  store.add_start({}, {})
  store.start_attempt(0, 1)
  assert store.trials([0])[0].status is Status.RUNNING
  store.requeue(0, 1, 'died')
  assert store.trials([0])[0].status is Status.QUEUED
  assert store.crashes() == {0: 1}
  store.start_attempt(0, 2)
  assert store.trials([0])[0].attempts == 2
  store.settle(
    [0, 1],
    Status.COMPLETED,
    reward=AWKWARD[0],
    measurement=Measurement({'x': 1.0}),
    message='',
    settled_as=5,
    attempt=2,
  )
  first, second = store.trials()
  assert (first.settled_as, second.settled_as) == (5, 6)
  assert first.reward == second.reward == AWKWARD[0]
  assert first.measurement == second.measurement
  assert store.crashes() == {0: 1}


def test_a_new_start_queues_what_was_running_and_counts_no_crash(tmp_path):
  store = create(tmp_path, [trial(0), trial(1)])
  store.add_start({}, {})
  store.start_attempt(0, 1)
  store.add_start({}, {})
  assert [each.status for each in store.trials()] == [Status.QUEUED] * 2
  assert store.crashes() == {}
  assert store.trials()[0].attempts == 1


def test_the_last_snapshot_is_kept(tmp_path):
  store = create(tmp_path)
  assert store.snapshots() == {}
  store.add_lesson([0], {}, 'a', (1, b'one'))
  store.add_lesson([1], {}, 'b')
  assert store.snapshots() == {1: b'one'}
  store.save_snapshot(2, b'two')
  assert store.snapshots() == {2: b'two'}


# One transaction a step: each of these fails in its last statement.


def test_a_call_of_propose_is_whole_or_not_at_all(tmp_path):
  store = create(tmp_path, [trial(1)])
  call = {'first_index': 0, 'count': 2, 'pending': [], 'learned': 0}
  with pytest.raises(UserError, match=r'can be written.*UNIQUE'):
    store.add_trials([trial(0), trial(1)], call)
  assert [each.trial_id for each in store.trials()] == [1]
  assert store.proposal_calls() == []
  store.add_trials([trial(0)], call)
  assert len(store.proposal_calls()) == 1


def test_an_outcome_is_whole_or_not_at_all(tmp_path):
  store = create(
    tmp_path,
    [trial(0), trial(1), trial(2, status=Status.COMPLETED, settled_as=1)],
  )
  before = store.trials()
  with pytest.raises(UserError, match='UNIQUE'):
    # The duplicate would be settled second of all, as trial 2 was.
    store.settle(
      [0, 1],
      Status.COMPLETED,
      reward=1.0,
      measurement=None,
      message='',
      settled_as=0,
    )
  assert store.trials() == before


def test_a_lesson_and_its_snapshot_are_whole_or_not_at_all(tmp_path):
  store = create(tmp_path)
  with pytest.raises(UserError, match='NOT NULL'):
    store.add_lesson([0], {}, 'a', (1, None))
  assert store.lessons() == []


def test_numbers_that_are_none_are_refused_before_anything_is_written(
  tmp_path,
):
  store = create(tmp_path)
  with pytest.raises(ValueError, match='not JSON compliant'):
    store.add_trials([trial(0), trial(1, numbers={'x': float('nan')})])
  assert store.trials() == []


def test_a_reader_sees_what_is_written_meanwhile_and_writes_nothing(tmp_path):
  writer = create(tmp_path, [trial(0)])
  reader = RunReader(writer.path)
  assert len(reader.trials()) == 1
  writer.add_trials([trial(1)])
  assert len(reader.trials()) == 2
  with pytest.raises(sqlite3.OperationalError, match='readonly'):
    reader._file.connection.execute('DELETE FROM trials')
  writer.add_event('x', {})
  assert len(reader.events()) == 1


def test_the_file_is_complete_in_itself_after_every_step(tmp_path):
  """A copy of the one file is a copy of the run, while it is open."""
  store = create(tmp_path, [trial(0)])
  store.add_event('x', {})
  assert [path.name for path in tmp_path.iterdir()] == ['run.sqlite3']
  copy = tmp_path / 'copy.sqlite3'
  shutil.copy(store.path, copy)
  assert len(RunReader(copy).events()) == 1


_DIE_WITHIN_A_TRANSACTION = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute('PRAGMA cache_size=2')
connection.execute('BEGIN IMMEDIATE')
connection.execute("UPDATE facts SET value='broken'")
for n in range(2000):
  connection.execute("INSERT INTO events VALUES (?, 0, 'x', ?)", (n, 'y' * 99))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize('opened', [RunReader, RunStore])
def test_what_a_killed_process_began_to_write_is_undone(tmp_path, opened):
  path = create(tmp_path, [trial(0)]).path
  size = path.stat().st_size
  process = subprocess.run(
    [sys.executable, '-c', _DIE_WITHIN_A_TRANSACTION, str(path)], check=False
  )
  assert process.returncode == -signal.SIGKILL
  # It did reach the file, and left its journal behind.
  assert path.stat().st_size > size
  assert path.with_name('run.sqlite3-journal').stat().st_size > 0
  store = opened(path)
  assert store.facts() == {'reward': 'x'}
  assert store.events() == []


def test_what_a_process_left_that_was_killed_while_creating_is_replaced(
  tmp_path,
):
  (tmp_path / 'run.sqlite3.new').write_bytes(b'half a file')
  (tmp_path / 'run.sqlite3.new-journal').write_bytes(b'\xd9\xd5\x05' * 999)
  assert len(create(tmp_path, [trial(0)]).trials()) == 1


def test_a_full_disk_is_told_with_what_to_do(tmp_path):
  """SQLite itself ends the transaction then, which must not hide the cause."""
  store = create(tmp_path, [trial(0)])
  pages = store._file.connection.execute('PRAGMA page_count').fetchone()[0]
  store._file.connection.execute(f'PRAGMA max_page_count={pages}')
  with pytest.raises(UserError, match=r'can be written.*disk is full'):
    store.save_snapshot(1, b'x' * 10**6)
  store._file.connection.execute('PRAGMA max_page_count=100000')
  store.save_snapshot(0, b'x' * 10**6)
  assert store.snapshots() == {0: b'x' * 10**6}


def test_paths_may_hold_anything(tmp_path):
  folder = pathlib.Path(tmp_path, 'a b?c=d#e%41 ü')
  folder.mkdir()
  store = create(folder, [dataclasses.replace(trial(0), message='x')])
  assert store.trials()[0].message == 'x'
