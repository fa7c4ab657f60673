"""Opening a run made by somebody hostile executes nothing and opens nothing.

The run is a real one into which everything was put that a careless program
would execute: pickles, names of modules, paths, markup. Each of them would
leave a file behind. The log is in order otherwise, its checksum included.
"""

import io
import json
import os
import pathlib
import pickle
import shutil
import zipfile

import pytest

from tests.binaries import program
from tests.runs import fakes

# A search that needs no TensorFlow, and one whose policy has a state.
RANDOM = (*program.QUICK, '--blocks=2', '--controller_batch_size=2')
PPO = (
  *RANDOM,
  '--controller=ppo',
  '--policy_units=8',
  '--policy_embedding_size=4',
)


class Bomb:
  """Leaves a file behind when it is unpickled."""

  def __init__(self, path):
    self.path = str(path)

  def __reduce__(self):
    return os.mkdir, (self.path,)


def bomb_of(path):
  """Returns a pickle that leaves a file behind, tried once."""
  data = pickle.dumps(Bomb(path))
  pickle.loads(data)  # noqa: S301
  assert path.exists()
  path.rmdir()
  return data


def archive_of(pickled):
  """Returns a controller's state whose array is a pickle."""
  array = (
    b"\x93NUMPY\x01\x00v\x00{'descr': '|O', 'fortran_order': False, 'shape': ()"
    b', }'
  )
  buffer = io.BytesIO()
  with zipfile.ZipFile(buffer, 'w') as archive:
    archive.writestr(
      'header.json',
      json.dumps(
        {
          'format': 'nasnet_search.controller',
          'format_version': 1,
          'controller': 'ppo',
        }
      ),
    )
    archive.writestr('updates.npy', array.ljust(127) + b'\n' + pickled)
  return buffer.getvalue()


def search(place, settings, trials):
  """Starts a search on the run of a folder, or goes on with it."""
  return program.search(
    *settings, f'--trials={trials}', '--run_dir=run', cwd=place, path=place
  )


@pytest.fixture
def place(tmp_path):
  """Returns a folder; whatever is executed leaves something in `executed`."""
  executed = tmp_path / 'executed'
  executed.mkdir()
  (tmp_path / 'surprise.py').write_text(
    f'import pathlib\npathlib.Path({str(executed / "plugin")!r}).mkdir()\n'
    'def __getattr__(name):\n'
    f'  pathlib.Path({str(executed / "attribute")!r}).mkdir()\n'
  )
  return tmp_path


@pytest.fixture
def spoiled(place):
  """Returns what makes a run in the folder and puts hostile values into it."""

  def make(settings, snapshot=b'', **defining):
    done = search(place, settings, 6)
    assert done.returncode == 0, done.stderr
    spoil(place, snapshot, **defining)

  return make


def spoil(place, snapshot, **defining):
  """Puts hostile values into the run of a folder."""
  executed = place / 'executed'
  with fakes.edited(place / 'run') as rows:
    rows.clear('snapshots')
    rows.insert('snapshots', {'learned': 3, 'state': snapshot})
    logged = dict(
      rows._connection.execute('SELECT name, value FROM facts').fetchall()
    )
    settings = {**json.loads(logged['defining']), **defining}
    rows.update('facts', {'name': 'defining'}, {'value': json.dumps(settings)})
    for number, message in enumerate(
      (
        f'__import__("os").mkdir({str(executed / "eval")!r})',
        f'$(mkdir {executed / "shell"})',
        '<script>alert(1)</script>',
        f'{{{{"".__class__.__mro__}}}}; %({executed})s',
      )
    ):
      rows.update('trials', {'trial': number}, {'message': message})
    rows.insert(
      'events',
      {
        'happened_at': 1.0,
        'kind': '../../executed/kind',
        'detail': json.dumps({'what': '!!python/object/apply:os.mkdir'}),
      },
    )


def check(place):
  assert list((place / 'executed').iterdir()) == []


def report(place, *arguments):
  return program.run('nasnet-report', 'run', *arguments, cwd=place, path=place)


@pytest.mark.parametrize(
  'packed', [pytest.param(False, marks=pytest.mark.slow), True]
)
def test_a_snapshot_is_never_unpickled(place, spoiled, packed):
  pickled = bomb_of(place / 'executed' / 'pickle')
  spoiled(PPO, archive_of(pickled) if packed else pickled)
  done = search(place, PPO, 8)
  assert done.returncode == 0, done.stderr
  assert 'cannot be used, all is learned again' in (
    (place / 'run' / 'search.log').read_text()
  )
  check(place)


@pytest.mark.parametrize(
  ('setting', 'value'),
  [
    ('plugin', ['surprise']),
    ('controller', 'surprise:attribute'),
    ('space', 'surprise:attribute'),
    ('evaluator', 'surprise:attribute'),
    ('data', 'surprise:attribute'),
    ('operations', ['surprise:attribute']),
  ],
)
def test_nothing_that_the_log_names_is_imported(place, spoiled, setting, value):
  spoiled(RANDOM, **{setting: value})
  done = report(place, '--verify')
  assert 'Traceback' not in done.stderr
  if setting in ('plugin', 'controller', 'space', 'operations'):
    assert done.returncode == 1
  if setting == 'plugin':
    assert 'If you trust it, add --trusted.' in done.stderr
  done = search(place, RANDOM, 8)
  assert done.returncode == 1
  assert 'Expected the defining settings of the run' in done.stderr
  check(place)
  # It would have been noticed.
  if setting == 'plugin':
    report(place, '--verify', '--trusted')
    assert [each.name for each in (place / 'executed').iterdir()] == ['plugin']


def test_a_report_shows_and_does_not_execute(place, spoiled):
  spoiled(RANDOM, plugin=['surprise'])
  for arguments in (), ('--format=json',):
    done = report(place, *arguments)
    assert done.returncode == 0, done.stderr
  assert '<script>alert' not in (place / 'run' / 'report.html').read_text()
  check(place)


def test_no_path_that_the_log_names_is_opened(place, spoiled):
  """A pipe that nobody writes to: whoever opens it waits for ever."""
  pipe = str(place / 'pipe')
  os.mkfifo(pipe)
  for settings in (
    {'space': 'table', 'evaluator': 'table', 'table': pipe},
    *(
      {
        'space': space,
        'evaluator': 'child',
        'data': 'folder',
        'data_path': pipe,
      }
      for space in ('conv_chain', 'layer_graph')
    ),
  ):
    spoiled(RANDOM, **settings)
    done = report(place, '--verify')
    assert done.returncode == 1
    assert f'names {pipe}. If you trust it, add --trusted.' in done.stderr
    shutil.rmtree(place / 'run')
  spoiled(RANDOM, warm_start=pipe, data_path=pipe, include_cells=[pipe])
  for arguments in ('--format=json',), ('--verify',):
    done = report(place, *arguments)
    assert done.returncode == 0, done.stderr
  done = search(place, RANDOM, 8)
  assert done.returncode == 1
  for name in 'warm_start', 'data_path', 'include_cells':
    assert f'--{name}: ' in done.stderr


@pytest.mark.parametrize('name', ['best_architecture.json', 'search.log'])
def test_a_link_is_not_written_through(place, spoiled, name):
  spoiled(RANDOM)
  victim = pathlib.Path(place, 'victim')
  victim.write_text('keep me')
  (place / 'run' / name).unlink()
  (place / 'run' / name).symlink_to(victim)
  assert search(place, RANDOM, 8).returncode == 1
  assert victim.read_text() == 'keep me'
