"""A damaged log is refused by name and left as it is, wherever the damage is.

The file of a real search is damaged in every way that disks, copies and
people know. What goes unnoticed must not have changed anything.
"""

import contextlib
import os
import pathlib
import random
import shutil
import sqlite3

import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.runs import checked_rows, schema
from nasnet_search.runs.log_file import LogFile
from nasnet_search.runs.reading import RunReader
from nasnet_search.runs.store import RunStore
from tests.runs import fakes


@pytest.fixture
def path(tmp_path):
  """Returns the log of a search that has ended."""
  fakes.run_search(tmp_path, fakes.Controller(3), fakes.Workers(), trials=9)
  return tmp_path / 'run.sqlite3'


def files(path):
  """Returns all files beside a log, and their bytes."""
  return {each.name: each.read_bytes() for each in path.parent.iterdir()}


def edit(path, statement, *values):
  """Changes a log behind its checksum's back."""
  with contextlib.closing(sqlite3.connect(path)) as connection:
    connection.execute(statement, values)
    connection.commit()


def refused(path, opened=RunStore):
  """Returns the message with which a log is refused that stays as it is."""
  before = files(path)
  message = complaint(path, opened)
  assert message
  assert files(path) == before
  return message


def complaint(path, opened=RunReader):
  """Returns the message with which a log is refused, None if it is not."""
  try:
    with contextlib.closing(opened(path)) as log:
      log.check()
  except UserError as error:
    return str(error)
  return None


def _text(path):
  path.write_text('my notes ' * 200)


def _half(path):
  os.truncate(path, path.stat().st_size // 2)


def _page_short(path):
  os.truncate(path, path.stat().st_size - 4096)


def _empty(path):
  os.truncate(path, 0)


def _pages(path):
  data = bytearray(path.read_bytes())
  data[4096:] = b'\xff' * (len(data) - 4096)
  path.write_bytes(data)


def _one_digit(path):
  data = path.read_bytes()
  assert data.count(b'"closeness":0.') > 5
  path.write_bytes(data.replace(b'"closeness":0.', b'"closeness":1.', 1))


def _reward(path):
  edit(path, 'UPDATE trials SET reward=reward+1e-12 WHERE trial=4')


def _lost_row(path):
  edit(path, 'DELETE FROM lessons WHERE learn=2')


def _swapped_rows(path):
  edit(path, 'UPDATE lessons SET learn=9 WHERE learn=1')
  edit(path, 'UPDATE lessons SET learn=1 WHERE learn=2')
  edit(path, 'UPDATE lessons SET learn=2 WHERE learn=9')


def _lost_checksum(path):
  edit(path, 'DELETE FROM checksum')


def _no_version(path):
  edit(path, 'PRAGMA user_version=0')


def _claimed_older(path):
  edit(path, 'PRAGMA user_version=1')


def _trigger(path):
  edit(
    path,
    'CREATE TRIGGER surprise AFTER INSERT ON starts BEGIN DELETE FROM trials;'
    ' END',
  )


def _view(path):
  edit(path, 'ALTER TABLE trials RENAME TO hidden')
  edit(path, 'CREATE VIEW trials AS SELECT * FROM hidden')


def _another_column(path):
  edit(path, "ALTER TABLE trials ADD COLUMN more TEXT AS (message || 'x')")


DAMAGES = [
  _text,
  _half,
  _page_short,
  _empty,
  _pages,
  _one_digit,
  _reward,
  _lost_row,
  _swapped_rows,
  _lost_checksum,
  _no_version,
  _claimed_older,
  _trigger,
  _view,
  _another_column,
]


@pytest.mark.parametrize('opened', [RunReader, RunStore])
@pytest.mark.parametrize('damage', DAMAGES)
def test_damage_is_told_by_file_and_changes_nothing(path, damage, opened):
  damage(path)
  message = refused(path, opened)
  assert str(path) in message
  assert message.startswith('Expected the log of a run that can be read.')
  assert 'Restore the file from a copy, or name another run' in message


@pytest.mark.parametrize('damage', [pathlib.Path.unlink, None])
def test_a_log_that_is_not_there(path, damage):
  path.unlink()
  if damage is None:
    path.mkdir()
  with pytest.raises(UserError, match='unable to open database file'):
    RunReader(path)


def test_another_sqlite_file(tmp_path):
  path = tmp_path / 'photos.sqlite3'
  with contextlib.closing(sqlite3.connect(path)) as connection:
    connection.execute('CREATE TABLE photos (name)')
  message = refused(path)
  assert 'photos.sqlite3, which is another SQLite file' in message


def test_a_newer_version(path):
  edit(path, f'PRAGMA user_version={schema.VERSION + 1}')
  message = refused(path)
  assert f'version {schema.VERSION} or older' in message
  assert f'version {schema.VERSION + 1} in {path}' in message
  assert 'Install a newer nasnet_search.' in message
  assert message.count('Expected') == 1


def test_what_cannot_be_what_it_should_be_is_refused(path):
  """Even where the checksum is right."""
  for column, value in ('architecture', '{'), ('status', 'dreaming'):
    with fakes.edited(path.parent) as rows:
      rows.update('trials', {'trial': 3}, {column: value})
    with pytest.raises(UserError, match=r'can be read.*run\.sqlite3'):
      RunReader(path).trials()
  with fakes.edited(path.parent) as rows:
    rows.update('facts', {'name': 'defining'}, {'value': '[' * 100_000})
  with pytest.raises(UserError, match=r'can be read.*run\.sqlite3'):
    RunReader(path).facts()


def everything(path):
  """Returns all that a log says."""
  with contextlib.closing(RunReader(path)) as log:
    log.check()
    return [
      log.facts(),
      log.starts(),
      log.proposal_calls(),
      log.trials(),
      log.lessons(),
      log.snapshots(),
      log.events(),
    ]


@pytest.mark.parametrize('burst', [1, 4, 64])
def test_flipped_bytes_are_found_or_do_not_matter(path, burst):
  """Unused bytes of a page do not matter; all others are found."""
  rng = random.Random(burst)
  whole = path.read_bytes()
  expected = everything(path)
  found = 0
  for _ in range(150):
    data = bytearray(whole)
    start = rng.randrange(len(data) - burst)
    for place in range(start, start + burst):
      data[place] ^= 1 << rng.randrange(8)
    path.write_bytes(data)
    message = complaint(path)
    if message is None:
      assert everything(path) == expected, start
    else:
      assert str(path) in message
      assert path.read_bytes() == data
      found += 1
  # Most of such a small file is unused.
  assert found > 15


def test_pages_of_different_moments_are_found(path):
  """What copying gives while a search writes: some pages are of before."""
  before = path.read_bytes()
  fakes.run_search(path.parent, fakes.Controller(3), fakes.Workers(), trials=10)
  after = path.read_bytes()
  expected = everything(path)
  assert len(after) >= len(before)
  changed = [
    place
    for place in range(0, len(before), 4096)
    if before[place : place + 4096] != after[place : place + 4096]
  ]
  assert len(changed) > 4
  for place in changed:
    torn = bytearray(after)
    torn[place : place + 4096] = before[place : place + 4096]
    path.write_bytes(torn)
    message = complaint(path)
    if message is None:
      # The counters of the first page, which nothing depends on.
      assert place == 0
      assert everything(path) == expected
    else:
      assert str(path) in message


# A journal is what a search leaves that was killed while it was writing.


@contextlib.contextmanager
def begun(path):
  """Leaves the journal of a transaction that was not finished."""
  with contextlib.closing(sqlite3.connect(path)) as connection:
    connection.execute('PRAGMA cache_size=2')
    connection.execute('BEGIN')
    connection.execute("UPDATE facts SET value='broken'")
    connection.executemany(
      "INSERT INTO events VALUES (?, 0, 'x', ?)",
      [(number, 'y' * 99) for number in range(2000)],
    )
    copies = files(path)
    connection.rollback()
  for name, data in copies.items():
    path.with_name(name).write_bytes(data)
  yield path.with_name(f'{path.name}-journal')


def test_a_damaged_log_is_not_changed_by_undoing_what_was_begun(path):
  _reward(path)
  with begun(path) as journal:
    assert journal.stat().st_size > 0
    assert 'does not add up' in refused(path, RunStore)


def test_a_whole_log_is_brought_back_from_what_was_begun(path):
  expected = everything(path)
  with begun(path) as journal:
    with contextlib.closing(RunStore(path)) as log:
      log.check()
    assert everything(path) == expected
    assert not journal.exists()


@pytest.mark.parametrize('opened', [RunReader, RunStore])
def test_a_journal_that_names_another_file_is_refused(path, tmp_path, opened):
  """SQLite would delete that file, whoever named it."""
  victim = tmp_path / 'victim'
  victim.write_text('keep me')
  name = str(victim).encode()
  with begun(path) as journal:
    with journal.open('ab') as file:
      file.write(
        b'\x40\x00\x00\x00'  # A page that SQLite never uses.
        + name
        + len(name).to_bytes(4, 'big')
        + (sum(name) % 2**32).to_bytes(4, 'big')
        + bytes.fromhex('d9d505f920a163d7')
      )
    assert 'it names another file' in refused(path, opened)
  assert victim.read_text() == 'keep me'


@pytest.mark.parametrize('opened', [RunReader, RunStore])
def test_a_journal_that_is_a_link_is_refused(path, tmp_path, opened):
  (tmp_path / 'elsewhere').write_text('keep me')
  path.with_name('run.sqlite3-journal').symlink_to(tmp_path / 'elsewhere')
  assert 'it is a link to another file' in refused(path, opened)


# Older versions.


def old_log(path, version):
  """Makes a log what it would be, had an older version written it."""
  edit(path, 'ALTER TABLE trials DROP COLUMN confirms')
  if version == 1:
    edit(path, 'DROP TABLE checksum')
  else:
    with contextlib.closing(sqlite3.connect(path)) as connection:
      total = checked_rows.computed_total(connection)
    edit(path, 'UPDATE checksum SET total=?', total)
  edit(path, f'PRAGMA user_version={version}')


@pytest.mark.parametrize('version', [1, 2])
def test_an_older_log_becomes_one_of_today(path, version):
  expected = everything(path)
  old_log(path, version)
  assert everything(path) == expected  # Read as it is, and left as it is.
  with contextlib.closing(LogFile(path)) as file:
    file.check()
    assert file.version == version
    assert file.upgrade()
    assert file.version == schema.VERSION
    assert not file.upgrade()
    file.check()
  assert everything(path) == expected
  _reward(path)
  assert 'does not add up' in refused(path)


def test_an_upgrade_is_whole_or_not_at_all(path):
  old_log(path, 1)
  before = files(path)
  with contextlib.closing(LogFile(path)) as file:
    pages = file.connection.execute('PRAGMA page_count').fetchone()[0]
    # The one page that the new table needs is not to be had.
    file.connection.execute('VACUUM')
    file.connection.execute(f'PRAGMA max_page_count={pages - 1}')
    before = files(path)
    with pytest.raises(UserError, match='full'):
      file.upgrade()
  assert files(path) == before


def test_a_copy_is_the_same_run(path, tmp_path):
  copy = tmp_path / 'copy.sqlite3'
  shutil.copy(path, copy)
  assert everything(copy) == everything(path)
