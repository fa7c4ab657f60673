"""Folders of files that are built once and then found ready.

A folder is built under another name and renamed when it is complete, so it
is either whole or not there, wherever a process is killed. A lock makes
processes that want the same folder wait for the one that builds it.
"""

import hashlib
import json
import os
import pathlib
import shutil
from collections.abc import Callable
from typing import Any, TypeVar

import filelock

from nasnet_search.cells.errors import UserError

Loaded = TypeVar('Loaded')

# What reading a damaged file raises: it is missing, cut off or not what it
# should be. JSON errors are ValueErrors.
_BROKEN = (OSError, ValueError, KeyError, TypeError, EOFError)


def cache_root() -> pathlib.Path:
  """Returns the folder of the cache, which may not exist yet.

  It is `$NASNET_SEARCH_CACHE`, else `$XDG_CACHE_HOME/nasnet_search`, else
  `~/.cache/nasnet_search`. It can be deleted whenever no search is running.
  """
  if own := os.environ.get('NASNET_SEARCH_CACHE'):
    return pathlib.Path(own).expanduser()
  general = os.environ.get('XDG_CACHE_HOME') or '~/.cache'
  return pathlib.Path(general).expanduser() / 'nasnet_search'


def cache_key(*parts: Any) -> str:
  """Returns a file name that is a digest of plain data."""
  text = json.dumps(parts)
  return hashlib.sha256(text.encode(errors='surrogateescape')).hexdigest()[:32]


def cached(
  folder: pathlib.Path,
  build: Callable[[pathlib.Path], None],
  load: Callable[[pathlib.Path], Loaded],
) -> Loaded:
  """Loads a folder, and builds it first if it is missing or broken.

  Args:
    folder: The folder.
    build: Writes the files into the empty folder it is given.
    load: Reads the files of a folder.

  Returns:
    What `load` returned.

  Raises:
    UserError: The folder cannot be written.
  """
  try:
    return load(folder)
  except _BROKEN:
    pass  # Not there, or broken: decided again below, under the lock.
  try:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(folder.with_suffix('.lock')):
      return _load_or_build(folder, build, load)
  except OSError as error:
    raise UserError(
      f'Expected a cache that can be written. Received: {error}. Free space '
      'in it, or name another folder with the environment variable '
      'NASNET_SEARCH_CACHE.'
    ) from error


def _load_or_build(
  folder: pathlib.Path,
  build: Callable[[pathlib.Path], None],
  load: Callable[[pathlib.Path], Loaded],
) -> Loaded:
  try:
    return load(folder)  # Another process may have built it meanwhile.
  except _BROKEN:
    shutil.rmtree(folder, ignore_errors=True)
  partial = folder.with_suffix('.partial')
  # What a killed process has left; nobody else writes here under the lock.
  shutil.rmtree(partial, ignore_errors=True)
  partial.mkdir()
  try:
    build(partial)
    os.replace(partial, folder)
  finally:
    shutil.rmtree(partial, ignore_errors=True)
  return load(folder)
