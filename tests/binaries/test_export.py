"""The program `nasnet-export`: help and mistakes."""

import dataclasses
import subprocess
import sys

import pytest

from nasnet_search.export.config import ExportConfig
from tests.binaries.program import run


def test_help_lists_every_flag_and_imports_no_tensorflow(tmp_path):
  code = (
    'import atexit, sys; from nasnet_search.binaries import export\n'
    'loaded = lambda: {"tensorflow", "keras"} & set(sys.modules)\n'
    'atexit.register(lambda: print(loaded() or "", file=sys.stderr, end=""))\n'
    'export.run()'
  )
  done = subprocess.run(
    [sys.executable, '-c', code, '--help'],
    cwd=tmp_path, capture_output=True, text=True, check=False,
  )  # fmt: skip
  assert 'nasnet-export --model_dir=models/photos' in done.stdout
  for field in dataclasses.fields(ExportConfig):
    assert f'--{field.name}:' in done.stdout
  assert done.stderr == ''


@pytest.mark.parametrize(
  ('arguments', 'message'),
  [
    ((), 'Error: Expected --model_dir, the model directory'),
    (('--model_dir=none', '--output=out'), "Received: 'none', whose trained_"),
    (
      ('--model_dir=none', '--output=out', '--formats=keras,tf'),
      'Unknown format. Expected one of: keras, saved_model, onnx, litert, lite',
    ),
  ],
)
def test_mistakes_end_with_a_message(arguments, message, tmp_path):
  done = run('nasnet-export', *arguments, cwd=tmp_path)
  assert done.returncode == 1
  assert message in done.stderr
  assert 'Traceback' not in done.stderr
  assert list(tmp_path.iterdir()) == []
