"""Help, asked of the installed programs: a success that needs no TensorFlow."""

import importlib.metadata
import subprocess
import sys

import pytest

from tests.binaries import program

PROGRAMS = [
  script.name
  for script in importlib.metadata.distribution('nasnet-search').entry_points
  if script.group == 'console_scripts'
]


@pytest.fixture
def without_tensorflow(tmp_path):
  """Returns a folder whose TensorFlow ends the program that imports it."""
  for name in ('tensorflow', 'keras'):
    (tmp_path / f'{name}.py').write_text(f'import os\nos._exit(99)  # {name}\n')
  return tmp_path


@pytest.mark.parametrize('flag', ['--help', '--helpshort', '--helpfull'])
@pytest.mark.parametrize('name', PROGRAMS)
def test_help_is_a_success_without_tensorflow(name, flag, without_tensorflow):
  done = program.run(
    name, flag, cwd=without_tensorflow, path=without_tensorflow
  )
  assert (done.returncode, done.stderr) == (0, '')
  assert f'{name} ' in done.stdout
  assert '--[no]run_with_pdb' in done.stdout or flag != '--helpfull'


def test_the_folder_without_tensorflow_is_noticed(without_tensorflow):
  done = subprocess.run(
    [sys.executable, '-c', 'import tensorflow'],
    cwd=without_tensorflow,
    env={'PYTHONPATH': program.python_path(without_tensorflow)},
    check=False,
  )
  assert done.returncode == 99


def test_help_in_xml_is_a_success(without_tensorflow):
  done = program.run('nasnet-report', '--helpxml', cwd=without_tensorflow)
  assert (done.returncode, done.stderr) == (0, '')
  assert done.stdout.startswith('<?xml ')


@pytest.mark.parametrize('arguments', [('--nonsense',), ('--top=many',)])
def test_a_wrong_flag_is_still_a_mistake(arguments, tmp_path):
  done = program.run('nasnet-report', *arguments, cwd=tmp_path)
  assert done.returncode == 1
  assert done.stderr.startswith('FATAL Flags parsing error: ')
  assert arguments[0].strip('-').split('=')[0] in done.stderr
  assert done.stdout == ''
