"""`nasnet-report` as a user runs it."""

import json
import re
import subprocess
import sys

import pytest

from .synthetic import make_run


@pytest.fixture(scope='module')
def run_dir(tmp_path_factory):
  return make_run(tmp_path_factory.mktemp('runs') / 'run', trials=20)


def report(*arguments, cwd):
  code = (
    'import sys; from nasnet_search.binaries import report\n'
    'import atexit; atexit.register(lambda: print('
    '"tensorflow" in sys.modules, file=sys.stderr))\n'
    'report.run()'
  )
  return subprocess.run(
    [sys.executable, '-c', code, *map(str, arguments)],
    cwd=cwd,
    capture_output=True,
    text=True,
    timeout=120,
    check=False,
  )


def test_the_page_is_written_and_named(run_dir, tmp_path):
  done = report(run_dir, f'--output={tmp_path / "page.html"}', cwd=tmp_path)
  assert done.returncode == 0, done.stderr
  assert 'page.html' in done.stdout
  assert (tmp_path / 'page.html').stat().st_size > 10_000
  assert done.stderr.strip() == 'False', 'TensorFlow was imported'


def test_only_the_page_is_added_to_the_run(run_dir, tmp_path):
  before = {path.name: path.read_bytes() for path in run_dir.iterdir()}
  done = report(run_dir, '--top=0', cwd=tmp_path)
  assert done.returncode == 0, done.stderr
  page = run_dir / 'report.html'
  assert page.is_file()
  page.unlink()
  assert {path.name: path.read_bytes() for path in run_dir.iterdir()} == before


def test_a_page_that_cannot_be_written_is_explained(run_dir, tmp_path):
  done = report(run_dir, '--top=0', '--output=no/page.html', cwd=tmp_path)
  assert done.returncode == 1
  assert 'Name another one with --output.' in done.stderr


def test_help_is_about_this_program_and_needs_no_tensorflow(tmp_path):
  done = report('--help', cwd=tmp_path)
  assert 'nasnet-report RUN_DIR' in done.stdout
  assert {'--output', '--top', '--format'} <= set(
    re.findall(r'--\w+', done.stdout)
  )
  assert done.stderr.strip() == 'False', 'TensorFlow was imported'


def test_json_is_one_document_and_nothing_is_written(run_dir, tmp_path):
  before = sorted(path.name for path in run_dir.iterdir())
  done = report(run_dir, '--format=json', cwd=tmp_path)
  assert len(json.loads(done.stdout)['trials']) == 20 + 2 + 1
  assert sorted(path.name for path in run_dir.iterdir()) == before


@pytest.mark.parametrize(
  ('arguments', 'message'),
  [
    (['nowhere'], 'directory of a run'),
    ([], 'Expected RUN_DIR'),
    (['nowhere', 'else'], 'Expected RUN_DIR'),
    (['nowhere', '--format=xml'], 'format'),
  ],
)
def test_mistakes_are_explained_without_a_traceback(
  arguments, message, tmp_path
):
  done = report(*arguments, cwd=tmp_path)
  assert done.returncode != 0
  assert message in done.stderr
  assert 'Traceback' not in done.stderr
  assert list(tmp_path.iterdir()) == []
