"""What a person sees whose run cannot be continued, and what becomes of it.

The installed program is started on a run directory that something is wrong
with. It must name the file and what to do, end with a status that is not 0,
and leave every byte of the directory as it was.
"""

import contextlib
import os
import pathlib
import resource
import shutil
import subprocess
import time

import pytest

from tests.binaries import program
from tests.runs import fakes, test_damage

GOLDEN = pathlib.Path(__file__).parent / 'golden'
SETTINGS = (*program.QUICK, '--blocks=2', '--controller_batch_size=4')


def search(path, trials=8, **options):
  """Starts the program on a run directory."""
  return subprocess.run(
    [
      str(program.SCRIPTS / 'nasnet-search'),
      *SETTINGS,
      f'--trials={trials}',
      f'--run_dir={path}',
    ],
    cwd=path.parent,
    capture_output=True,
    text=True,
    timeout=300,
    check=False,
    **options,
  )


@pytest.fixture(scope='module')
def original(tmp_path_factory):
  """Returns the directory of a run that can be continued."""
  path = tmp_path_factory.mktemp('store') / 'run'
  done = search(path)
  assert done.returncode == 0, done.stderr
  return path


@pytest.fixture
def run_dir(original, tmp_path):
  """Returns a copy of it, to be spoiled."""
  return pathlib.Path(shutil.copytree(original, tmp_path / 'run'))


def content(path):
  """Returns every file of a directory, links unfollowed, and its bytes."""
  return {
    str(each.relative_to(path)): os.readlink(each)
    if each.is_symlink()
    else each.read_bytes()
    for each in path.rglob('*')
    if each.is_symlink() or each.is_file()
  }


def complaint(path, trials=12, **options):
  """Returns what the program says that cannot continue a run."""
  before = content(path)
  done = search(path, trials, **options)
  assert done.returncode == 1, done.stdout + done.stderr
  assert 'Traceback' not in done.stderr
  assert content(path) == before
  return done.stderr


@pytest.mark.parametrize(
  'damage', [test_damage._empty, test_damage._half, test_damage._one_digit]
)
def test_a_damaged_log(run_dir, damage):
  damage(run_dir / 'run.sqlite3')
  message = complaint(run_dir)
  assert str(run_dir / 'run.sqlite3') in message
  assert 'Restore the file from a copy' in message
  report = program.run('nasnet-report', run_dir, cwd=run_dir.parent)
  assert report.returncode == 1
  assert report.stderr == message


def test_a_log_that_is_gone(run_dir):
  (run_dir / 'run.sqlite3').unlink()
  message = complaint(run_dir)
  assert 'Expected --run_dir to be empty, new or the directory of a run' in (
    message
  )


def test_a_log_of_a_newer_version(run_dir):
  test_damage.edit(run_dir / 'run.sqlite3', 'PRAGMA user_version=77')
  message = complaint(run_dir)
  assert f'version 77 in {run_dir / "run.sqlite3"}' in message
  assert 'Install a newer nasnet_search.' in message


@pytest.mark.parametrize('name', ['run.sqlite3', 'search.log', 'tensorboard'])
def test_a_file_that_is_a_link(run_dir, tmp_path, name):
  """It may lead to a file of the user's that has nothing to do with the run."""
  (run_dir / name).rename(tmp_path / 'elsewhere')
  (run_dir / name).symlink_to(tmp_path / 'elsewhere')
  message = complaint(run_dir)
  assert f'Received: {run_dir / name}, which is a link' in message


def test_a_run_that_another_search_has_open(run_dir):
  first = subprocess.Popen(
    [
      str(program.SCRIPTS / 'nasnet-search'),
      *SETTINGS,
      '--trials=100000',
      f'--run_dir={run_dir}',
    ],
    stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
  )
  try:
    log = run_dir / 'search.log'
    lines = log.read_text().count('\n')
    while log.read_text().count('\n') < lines + 3:
      time.sleep(0.02)
    second = search(run_dir)
    assert first.poll() is None
  finally:
    first.kill()
    first.wait()
  assert second.returncode == 1
  assert f'{run_dir}, which another nasnet-search has open' in second.stderr
  # The first one goes on from where it was killed.
  with contextlib.closing(fakes.read(run_dir)) as log:
    log.check()
    starts, settled = len(log.starts()), log.trials()[-1].trial_id
  assert starts == 2
  assert search(run_dir, settled + 5).returncode == 0


@contextlib.contextmanager
def disk_of(folder, size):
  """Mounts a small disk and yields what mounts it again, otherwise."""
  folder.mkdir()

  def mount(*options):
    return subprocess.run(
      ['mount', *options, str(folder)], capture_output=True, check=False
    )

  if (
    shutil.which('mount') is None
    or mount('-t', 'tmpfs', '-o', f'size={size}', 'none').returncode
  ):
    pytest.skip('A small disk can be mounted by an administrator only.')
  try:
    yield lambda options: mount('-o', f'remount,{options}')
  finally:
    subprocess.run(['umount', str(folder)], check=True)


def test_a_directory_that_cannot_be_written(run_dir):
  if os.geteuid() == 0:
    pytest.skip('An administrator may write anywhere; see the next test.')
  run_dir.chmod(0o555)
  try:
    message = complaint(run_dir)
  finally:
    run_dir.chmod(0o755)
  assert 'Expected --run_dir to be a directory that can be written' in message
  assert f'{run_dir}: Permission denied' in message


def test_a_disk_that_cannot_be_written(original, tmp_path):
  with disk_of(tmp_path / 'disk', '20m') as remount:
    run_dir = pathlib.Path(shutil.copytree(original, tmp_path / 'disk' / 'run'))
    assert remount('ro').returncode == 0
    message = complaint(run_dir)
    assert 'Expected --run_dir to be a directory that can be written' in message
    assert f'{run_dir}: Read-only file system' in message
    # What needs no writing works.
    report = program.run(
      'nasnet-report', run_dir, '--format=json', cwd=tmp_path
    )
    assert report.returncode == 0, report.stderr


def limited(size):
  """Returns what lets a process write no file beyond a size in bytes."""

  def limit():
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

  return limit


def test_no_room_for_a_log_that_has_grown(run_dir):
  size = (run_dir / 'run.sqlite3').stat().st_size
  done = search(run_dir, 60, preexec_fn=limited(size))
  assert done.returncode == 1
  assert f'Received: {run_dir / "run.sqlite3"}: ' in done.stderr
  assert 'Check that the disk has room' in done.stderr
  assert 'Traceback' not in done.stderr
  continued_as_if_nothing_had_happened(run_dir)


def test_no_room_for_a_new_run(tmp_path):
  done = search(tmp_path / 'run', preexec_fn=limited(8192))
  assert done.returncode == 1
  assert 'Check that the disk has room' in done.stderr
  assert search(tmp_path / 'run').returncode == 0


def test_a_disk_that_is_full(tmp_path):
  disk = tmp_path / 'disk'
  with disk_of(disk, '300k') as remount:
    done = search(disk / 'run', 60)
    assert done.returncode == 1, done.stdout
    assert str(disk / 'run') in done.stderr
    assert 'Check that the disk has room' in done.stderr
    assert 'Traceback' not in done.stderr
    with contextlib.suppress(OSError), (disk / 'more').open('wb') as file:
      while True:
        file.write(b'x' * 512)
        file.flush()
    message = complaint(disk / 'run', 60)
    assert 'Check that the disk has room' in message
    assert remount('size=20m').returncode == 0
    continued_as_if_nothing_had_happened(disk / 'run')


def continued_as_if_nothing_had_happened(run_dir):
  """Finishes a search and compares it with one that had no trouble."""
  done = search(run_dir, 60)
  assert done.returncode == 0, done.stderr
  alone = run_dir.with_name('alone')
  assert search(alone, 60).returncode == 0
  assert fakes.content(run_dir) == fakes.content(alone)


@pytest.mark.slow
def test_copies_made_while_a_search_writes(tmp_path):
  """Each is refused by name, or is the beginning of the same search."""
  path = tmp_path / 'run'
  process = subprocess.Popen(
    [
      str(program.SCRIPTS / 'nasnet-search'),
      *SETTINGS,
      '--trials=400',
      f'--run_dir={path}',
    ],
    stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
  )
  copies = []
  while process.poll() is None:
    if (path / 'run.sqlite3').exists():
      copy = tmp_path / str(len(copies))
      # In no order that a person would know.
      with contextlib.suppress(shutil.Error, FileNotFoundError):
        copies.append(shutil.copytree(path, copy, dirs_exist_ok=True))
    time.sleep(0.02)
  assert process.returncode == 0
  assert len(copies) > 10
  expected = fakes.content(path)
  whole = 0
  for copy in copies:
    message = test_damage.complaint(pathlib.Path(copy) / 'run.sqlite3')
    if message is not None:
      assert f'{copy}/run.sqlite3' in message
      continue
    whole += 1
    found = fakes.content(copy)
    assert found['calls'] == expected['calls'][: len(found['calls'])]
    settled = [trial for trial in found['trials'] if trial.status.settled]
    for trial in settled:
      assert trial == expected['trials'][trial.trial_id]
  assert whole


@pytest.mark.parametrize(
  'version', sorted(GOLDEN.iterdir()), ids=lambda p: p.name
)
def test_a_run_of_an_older_version_goes_on(version, tmp_path):
  run_dir = pathlib.Path(shutil.copytree(version, tmp_path / 'run'))
  before = fakes.content(run_dir)
  unchanged = content(run_dir)
  report = program.run('nasnet-report', run_dir, '--format=json', cwd=tmp_path)
  assert report.returncode == 0, report.stderr
  assert content(run_dir) == unchanged
  done = program.search(
    f'--flagfile={run_dir}/defining.flags',
    f'--run_dir={run_dir}',
    '--workers=0',
    '--trials=24',
    cwd=tmp_path,
  )
  assert done.returncode == 0, done.stderr
  after = fakes.content(run_dir)
  assert after['calls'][: len(before['calls'])] == before['calls']
  assert after['lessons'][: len(before['lessons'])] == before['lessons']
  for trial in before['trials']:
    if trial.status.settled:
      assert after['trials'][trial.trial_id] == trial
  assert (
    sum(trial.charged for trial in after['trials'] if trial.status.settled)
    == 24
  )
