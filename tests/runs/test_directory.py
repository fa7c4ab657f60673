"""The directory of a run: what may be in it, and that one search owns it."""

import subprocess
import sys

import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.runs.directory import RunDirectory, replace_text


@pytest.mark.parametrize(
  'names',
  [(), ('run.lock',), ('run.lock', 'run.sqlite3.new'),
   ('run.sqlite3.new', 'run.sqlite3.new-journal')],
)  # fmt: skip
def test_an_empty_directory_or_a_beginning_of_a_run_is_free(tmp_path, names):
  for name in names:
    (tmp_path / name).write_bytes(b'')
  RunDirectory(tmp_path).check_free()
  RunDirectory(tmp_path / 'new').check_free()
  assert not (tmp_path / 'new').exists()


def test_a_directory_with_other_files_is_not(tmp_path):
  (tmp_path / 'thesis.tex').write_text('')
  with pytest.raises(UserError, match='which holds other files') as raised:
    RunDirectory(tmp_path).check_free()
  assert str(tmp_path) in str(raised.value)


def test_a_file_is_not(tmp_path):
  path = tmp_path / 'file'
  path.write_text('')
  with pytest.raises(UserError, match=r'file, which is a file\. Name another'):
    RunDirectory(path).check_free()


@pytest.mark.parametrize('where', ['below a file', 'in /proc'])
def test_a_directory_that_cannot_be_made_is_named(tmp_path, where):
  path = '/proc/run'
  if where == 'below a file':
    (tmp_path / 'file').write_text('')
    path = tmp_path / 'file' / 'run'
  with pytest.raises(UserError, match='to be a directory that can be written'):
    RunDirectory(path).create()


def test_one_search_owns_it_until_it_gives_it_up(tmp_path):
  first, second = RunDirectory(tmp_path), RunDirectory(tmp_path)
  assert not first.in_use()
  first.acquire()
  assert second.in_use()
  with pytest.raises(UserError, match='another nasnet-search has open'):
    second.acquire()
  first.release()
  assert not first.in_use()
  second.acquire()
  second.release()


def test_the_death_of_its_owner_frees_it(tmp_path):
  script = (
    'import os, signal, sys\n'
    'from nasnet_search.runs.directory import RunDirectory\n'
    'directory = RunDirectory(sys.argv[1])\n'
    'directory.acquire()\n'
    'os.kill(os.getpid(), signal.SIGKILL)\n'
  )
  subprocess.run([sys.executable, '-c', script, str(tmp_path)], check=False)
  directory = RunDirectory(tmp_path)
  directory.acquire()
  directory.release()


def test_a_file_is_replaced_whole(tmp_path):
  path = tmp_path / 'best.json'
  replace_text(path, 'old')
  replace_text(path, 'new')
  assert path.read_text() == 'new'
  assert [entry.name for entry in tmp_path.iterdir()] == ['best.json']
