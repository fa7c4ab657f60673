"""Where the tests of runs put their runs."""

import pathlib
import tempfile

import pytest

_MEMORY = pathlib.Path('/dev/shm')


@pytest.fixture
def tmp_path(tmp_path):
  """Returns an empty folder, in memory where there is such a place.

  A search waits for the disk several times a trial, and these tests run
  thousands of trials.
  """
  if not _MEMORY.is_dir():
    yield tmp_path
    return
  with tempfile.TemporaryDirectory(dir=_MEMORY) as folder:
    yield pathlib.Path(folder)
