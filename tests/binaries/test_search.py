"""The program `nasnet-search`: help, mistakes, what it prints."""

import dataclasses
import json
import subprocess
import sys

import pytest

from nasnet_search.config import SearchConfig
from tests.binaries.program import QUICK, search


def test_help_lists_every_flag_and_explains_the_program(tmp_path):
  done = search('--help', cwd=tmp_path)
  assert 'a controller proposes, children are trained' in done.stdout
  assert 'nasnet-search --flagfile=quickstart' in done.stdout
  # The example that goes over two lines is to be copied as it stands.
  assert '--data_path=photos/ \\\n' in done.stdout
  names = [
    field.name
    for part in dataclasses.fields(SearchConfig())
    for field in dataclasses.fields(getattr(SearchConfig(), part.name))
  ]
  listed = [
    line.split(':')[0].strip().removeprefix('--').removeprefix('[no]')
    for line in done.stdout.splitlines()
    if line.startswith('  --')
  ]
  assert set(names) <= set(listed)
  assert 'format' in listed
  assert done.stderr == ''


def test_help_imports_no_tensorflow_and_little_else(tmp_path):
  done = subprocess.run(
    [
      sys.executable,
      '-X',
      'importtime',
      '-c',
      'from nasnet_search.binaries.search import run; run()',
      '--help',
    ],
    cwd=tmp_path,
    capture_output=True,
    text=True,
    check=False,
  )
  assert 'a controller proposes' in done.stdout
  imported = {
    line.rpartition('|')[2].strip().partition('.')[0]
    for line in done.stderr.splitlines()
    if line.startswith('import time:')
  }
  assert 'absl' in imported  # The list is one.
  heavy = {'tensorflow', 'keras', 'matplotlib', 'sklearn', 'tensorboard'}
  assert not heavy & imported


@pytest.mark.parametrize(
  ('arguments', 'expected', 'received'),
  [
    (['--operations=conv_9x9'], 'conv_1x1, conv_3x3', "'conv_9x9'"),
    (['--combinations=multiply'], 'add, concat', "'multiply'"),
    (['--include_cells=nasnet_z'], 'nasnet_a', "'nasnet_z'"),
    (
      ['--controller=genius'],
      'ppo, reinforce, evolution, local_search, random',
      "'genius'",
    ),
    (['--evaluator=oracle'], 'child, cost', "'oracle'"),
    (['--reward=gold'], 'accuracy', "'gold'"),
    (['--space=darts'], 'nasnet', "'darts'"),
    (['--data=cats', '--evaluator=child'], 'digits, cifar10', "'cats'"),
    (['--data=folder', '--evaluator=child'], '--data_path', 'none'),
    (['--trials=0'], '--trials to be at least 1', '0'),
    (['--advantage=best'], 'baseline, normalized', "'best'"),
    (['--max_child_parameters=9'], 'at most 9 trainable', 'random choice'),
    (['--warm_start=nowhere'], '--warm_start', "'nowhere'"),
    (['--plugin=no_such'], '--plugin', "'no_such'"),
    (['--flagfile=nope'], 'quickstart', "'nope'"),
    (['extra', 'words'], 'no arguments', "'extra words'"),
  ],
)
def test_a_mistake_is_told_and_nothing_is_left_on_disk(
  tmp_path, arguments, expected, received
):
  done = search(*QUICK, '--run_dir=run', *arguments, cwd=tmp_path)
  assert done.returncode == 1
  assert done.stdout == ''
  assert done.stderr.startswith('Error: ')
  assert expected in done.stderr
  assert received in done.stderr
  assert 'Traceback' not in done.stderr
  assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
  ('argument', 'message'),
  [
    ('--trials=many', 'flag --trials=many: invalid literal for int()'),
    ('--trails=5', "Unknown command line flag 'trails'. Did you mean: trials"),
    ('--format=xml', 'value should be one of <table|json>'),
  ],
)
def test_a_flag_that_is_none_is_told(tmp_path, argument, message):
  done = search(*QUICK, argument, '--run_dir=run', cwd=tmp_path)
  assert done.returncode == 1
  assert message in done.stderr
  assert 'Traceback' not in done.stderr
  assert list(tmp_path.iterdir()) == []


def test_a_directory_that_cannot_be_written_is_told(tmp_path):
  (tmp_path / 'file').write_text('')
  for run_dir in ('file/run', 'file', '/proc/run'):
    done = search(*QUICK, f'--run_dir={run_dir}', cwd=tmp_path)
    assert done.returncode == 1
    assert 'Expected --run_dir to be a directory' in done.stderr
    assert 'Traceback' not in done.stderr


def test_a_search_prints_what_happens_and_what_it_found(tmp_path):
  done = search(*QUICK, '--trials=3', '--run_dir=run', cwd=tmp_path)
  assert done.returncode == 0
  assert done.stderr == ''
  lines = done.stdout.splitlines()
  assert lines[0] == 'Search in run: 0 of 3 trials settled.'
  assert lines[1].startswith('Trial 0 (reference): reward 0.')
  assert 'Search ended: All 3 trials have settled.' in lines
  assert 'nasnet-report run' in done.stdout
  # No control sequences where the output is no terminal.
  assert '\x1b' not in done.stdout


def test_the_same_command_continues_and_tells_what_changed(tmp_path):
  search(*QUICK, '--trials=2', '--run_dir=run', cwd=tmp_path)
  done = search(*QUICK, '--trials=4', '--run_dir=run', cwd=tmp_path)
  assert done.returncode == 0
  lines = done.stdout.splitlines()
  assert lines[:2] == [
    'Search in run: 2 of 4 trials settled.',
    '--trials was 2, is now 4',
  ]
  done = search(*QUICK, '--seed=1', '--run_dir=run', cwd=tmp_path)
  assert done.returncode == 1
  assert '--seed: 0 in the run, 1 now' in done.stderr


def test_the_flagfile_of_a_run_starts_the_same_search_elsewhere(tmp_path):
  search(*QUICK, '--seed=3', '--trials=3', '--run_dir=a', cwd=tmp_path)
  done = search(
    '--flagfile=a/defining.flags',
    '--workers=0',
    '--trials=3',
    '--run_dir=b',
    cwd=tmp_path,
  )
  assert done.returncode == 0
  found = [
    json.loads((tmp_path / name / 'best_architecture.json').read_text())
    for name in ('a', 'b')
  ]
  assert found[0] == found[1]


def test_json_alone_is_on_the_standard_output(tmp_path):
  done = search(
    *QUICK, '--trials=3', '--run_dir=run', '--format=json', cwd=tmp_path
  )
  assert done.returncode == 0
  document = json.loads(done.stdout)
  assert document['run_dir'] == 'run'
  assert document['counts']['charged'] == 3
  assert 'Search ended: All 3 trials have settled.' in done.stderr
