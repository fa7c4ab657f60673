"""Tests of what importing the room costs: next to nothing, no TensorFlow."""

import json
import pathlib
import subprocess
import sys

from nasnet_search import cells

LIMIT = 0.15
"""Seconds of the processor beyond NumPy's own import."""
SCRIPT = """
import importlib, json, sys, time
import numpy
start = time.process_time()
for name in sys.argv[1:]:
  importlib.import_module(name)
seconds = time.process_time() - start
print(json.dumps([seconds, sorted(sys.modules)]))
"""


def modules():
  folder = pathlib.Path(cells.__file__).parent
  for path in sorted(folder.rglob('*.py')):
    parts = path.relative_to(folder).with_suffix('').parts
    yield '.'.join([cells.__name__, *(p for p in parts if p != '__init__')])


def test_importing_is_cheap_and_loads_no_large_library():
  names = list(modules())
  assert 'nasnet_search.cells.nasnet_space' in names
  runs = []
  # The best of several: other programs only ever make it slower.
  for _ in range(5):
    output = subprocess.run(
      [sys.executable, '-c', SCRIPT, *names],
      check=True,
      capture_output=True,
      text=True,
    ).stdout
    seconds, loaded = json.loads(output)
    runs.append(seconds)
    assert not {'tensorflow', 'keras', 'matplotlib', 'sklearn'} & set(loaded)
    if seconds <= LIMIT:
      break
  assert min(runs) <= LIMIT
