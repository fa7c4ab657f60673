"""What every program shares: exit statuses, and errors for people."""

import subprocess
import sys

import pytest

PROGRAM = '''"""Does what it is told, for a test."""

import sys
from nasnet_search.binaries import application
from nasnet_search.cells.errors import UserError


def main(arguments):
  {body}


application.run(sys.modules[__name__], main, operands={operands})
'''


def run(path, body, *arguments, operands=()):
  path = path / 'program.py'
  path.write_text(PROGRAM.format(body=body, operands=repr(operands)))
  return subprocess.run(
    [sys.executable, str(path), *arguments],
    capture_output=True,
    text=True,
    check=False,
  )


@pytest.mark.parametrize(
  ('body', 'status', 'stderr'),
  [
    ('return None', 0, ''),
    ('return 3', 3, ''),
    ("raise UserError('Expected A. Received: B.')", 1,
     'Error: Expected A. Received: B.\n'),
    ("open('/nowhere/at/all')", 1,
     "Error: [Errno 2] No such file or directory: '/nowhere/at/all'\n"),
    ('raise KeyboardInterrupt', 130, 'Interrupted.\n'),
  ],
)  # fmt: skip
def test_what_a_program_ends_with(tmp_path, body, status, stderr):
  done = run(tmp_path, body)
  assert (done.returncode, done.stdout, done.stderr) == (status, '', stderr)


def test_a_defect_keeps_its_traceback(tmp_path):
  done = run(tmp_path, "raise ValueError('a bug')")
  assert done.returncode == 1
  assert 'Traceback' in done.stderr
  assert 'ValueError: a bug' in done.stderr


@pytest.mark.parametrize('arguments', [(), ('a', 'b')])
def test_operands_must_be_there_and_no_others(tmp_path, arguments):
  done = run(tmp_path, 'return 0', *arguments, operands=('RUN_DIR',))
  assert done.returncode == 1
  assert done.stderr.startswith('Error: Expected RUN_DIR besides flags')
  done = run(tmp_path, 'print(arguments)', 'a', operands=('RUN_DIR',))
  assert done.stdout == "['a']\n"
