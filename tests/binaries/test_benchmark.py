"""The program `nasnet-benchmark`, as a person would run it."""

import csv
import itertools
import subprocess
import sys

import pytest

PROGRAM = 'from nasnet_search.binaries.benchmark import run; run()'


def run(*arguments, cwd):
  return subprocess.run(
    [sys.executable, '-c', PROGRAM, *arguments],
    cwd=cwd,
    capture_output=True,
    text=True,
    timeout=300,
    check=False,
  )


@pytest.fixture
def table(tmp_path):
  rows = itertools.product(range(5), repeat=3)
  lines = [f'{a},{b},{c},{a + b + c}' for a, b, c in rows]
  path = tmp_path / 'table.csv'
  path.write_text('\n'.join(['a,b,c,good', *lines]))
  return (
    '--space=table',
    f'--table={path}',
    '--decision_columns=a,b,c',
    '--reward_column=good',
  )


def test_a_comparison_from_flags_to_files(table, tmp_path):
  arguments = ('search', *table, '--out=out', '--seeds=3', '--queries=25')
  controllers = '--controllers=filter_random,random'
  done = run(*arguments, controllers, cwd=tmp_path)
  assert done.returncode == 0, done.stderr
  assert done.stdout.splitlines()[-1].endswith('every search: out')
  with (tmp_path / 'out' / 'summary.csv').open() as file:
    filtered, chance = csv.DictReader(file)
  assert filtered['controller'] == 'filter_random'
  assert filtered['regret @25'].startswith('0.000')
  assert filtered['reached'] == '100%'
  assert chance['seeds'] == '3'
  assert (tmp_path / 'out' / 'lead.csv').read_text().startswith('lead of')
  assert (tmp_path / 'out' / 'curves.png').exists()
  # Again, it has nothing to do, and says the same.
  again = run(*arguments, controllers, cwd=tmp_path)
  assert again.stdout == done.stdout


def test_simulated_workers_from_flags_to_files(table, tmp_path):
  arguments = ('simulate', *table, '--out=out', '--seeds=2', '--queries=20')
  done = run(
    *arguments,
    '--controllers=random,local_search',
    '--simulated_workers=1,4',
    '--target=2',
    cwd=tmp_path,
  )
  assert done.returncode == 0, done.stderr
  with (tmp_path / 'out' / 'workers.csv').open() as file:
    rows = list(csv.DictReader(file))
  assert [(row['controller'], row['workers']) for row in rows] == [
    ('random', '1'),
    ('random', '4'),
    ('local_search', '1'),
    ('local_search', '4'),
  ]
  assert all(row['seeds'] == '2' for row in rows)
  assert 'queries to regret 2' in rows[0]


@pytest.mark.parametrize(
  ('arguments', 'message'),
  [
    (('race',), "Expected one of: search, simulate, proxy. Received: 'race'"),
    (('search', '--controllers=best'), "Received: 'best'"),
    (('search', '--controllers='), 'Expected --controllers to name some'),
    (
      ('simulate', '--simulated_workers=8,many'),
      'Expected --simulated_workers to be whole numbers, such as 1,8,64. '
      "Received: '8,many'.",
    ),
    (
      ('simulate', '--simulated_workers=64', '--queries=63'),
      'from 1 to the number of --queries, 63. Received: 64.',
    ),
    (('search', '--reward_column=bad'), "Received: 'bad'"),
    (('search', '--table=none.csv'), 'Expected a CSV file'),
    ((), 'Expected search|simulate|proxy besides flags'),
  ],
)
def test_mistakes_are_told(table, tmp_path, arguments, message):
  done = run(*table, *arguments, cwd=tmp_path)
  assert done.returncode == 1
  assert message in done.stderr
  assert 'Traceback' not in done.stderr


def test_help_lists_what_it_takes_and_no_more(tmp_path):
  text = run('--help', cwd=tmp_path).stdout
  for name in (
    'controllers',
    'seeds',
    'table',
    'space',
    'plugin',
    'proxies',
    'epochs',
  ):
    assert f'--{name}:' in text or f'--[no]{name}:' in text
  assert '--policy_learning_rate' not in text
