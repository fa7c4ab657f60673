"""The cache: built once, whole or not there, rebuilt when broken."""

import pathlib
import subprocess
import sys
import threading
import time

import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.data.cache import cache_key, cache_root, cached


class Builder:
  """Counts how often it builds a folder with a number in it."""

  def __init__(self):
    self.count = 0

  def __call__(self, folder):
    self.count += 1
    time.sleep(0.05)
    (folder / 'number').write_text('42')


def load(folder):
  return int((folder / 'number').read_text())


def test_place(monkeypatch):
  monkeypatch.setenv('NASNET_SEARCH_CACHE', '/own')
  monkeypatch.setenv('XDG_CACHE_HOME', '/general')
  assert cache_root() == pathlib.Path('/own')
  monkeypatch.delenv('NASNET_SEARCH_CACHE')
  assert cache_root() == pathlib.Path('/general/nasnet_search')
  monkeypatch.delenv('XDG_CACHE_HOME')
  assert cache_root() == pathlib.Path.home() / '.cache' / 'nasnet_search'


def test_key_is_fixed_and_tells_apart():
  # hashlib.sha256(b'["a", 1]'), computed by sha256sum.
  assert cache_key('a', 1).startswith('2657442b')
  assert cache_key('a', 1) != cache_key('a', True)
  assert cache_key('\udcff')  # A file name that is not UTF-8.


def test_built_once(tmp_path):
  build = Builder()
  for _ in range(2):
    assert cached(tmp_path / 'deep' / 'key', build, load) == 42
  assert build.count == 1


def test_one_builds_while_others_wait(tmp_path):
  build, results = Builder(), []
  threads = [
    threading.Thread(
      target=lambda: results.append(cached(tmp_path / 'key', build, load))
    )
    for _ in range(4)
  ]
  for thread in threads:
    thread.start()
  for thread in threads:
    thread.join()
  assert results == [42] * 4
  assert build.count == 1


@pytest.mark.parametrize('content', ['', 'broken'])
def test_rebuilt_when_broken(tmp_path, content):
  build = Builder()
  cached(tmp_path / 'key', build, load)
  (tmp_path / 'key' / 'number').write_text(content)
  assert cached(tmp_path / 'key', build, load) == 42
  assert build.count == 2


def test_a_process_killed_while_building_does_no_harm(tmp_path):
  program = f"""
import os, pathlib
from nasnet_search.data.cache import cached
def build(folder):
  (folder / 'junk').touch()
  os._exit(9)
cached(pathlib.Path({str(tmp_path / 'key')!r}), build, os.listdir)
"""
  done = subprocess.run([sys.executable, '-c', program], check=False)
  assert done.returncode == 9
  assert not (tmp_path / 'key').exists()
  assert cached(tmp_path / 'key', Builder(), load) == 42
  assert [path.name for path in (tmp_path / 'key').iterdir()] == ['number']
  assert [path for path in tmp_path.iterdir() if path.is_dir()] == [
    tmp_path / 'key'
  ]


def test_a_failed_build_leaves_nothing(tmp_path):
  def fail(folder):
    (folder / 'number').write_text('42')
    raise UserError('bad images')

  with pytest.raises(UserError, match='bad images'):
    cached(tmp_path / 'key', fail, load)
  assert not [path for path in tmp_path.iterdir() if path.is_dir()]


def test_no_place_to_write(tmp_path):
  (tmp_path / 'file').touch()
  with pytest.raises(UserError, match=r'can be written.*NASNET_SEARCH_CACHE\.'):
    cached(tmp_path / 'file' / 'key', Builder(), load)
