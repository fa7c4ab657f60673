"""Opening a run: what must be as it was, and what may change."""

import dataclasses
import json

import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.config import GoalConfig, SpaceConfig
from nasnet_search.data.config import DataConfig
from nasnet_search.runs import opening
from nasnet_search.runs.directory import RunDirectory
from nasnet_search.workers.config import WorkersConfig
from tests.runs import fakes


def opened(path, config):
  """Opens a run, a new one if need be; returns its notices and its events."""
  directory = RunDirectory(path)
  if not directory.exists:
    opening.create(directory, config, {'reward': 'closeness'}, [])
  run = opening.open_run(directory, config, {}, fakes.Controller(3))
  events = [event['detail']['what'] for event in run.store.events()]
  run.store.close()
  return run, events


def test_every_difference_of_a_defining_setting_is_named(tmp_path):
  config = fakes.config_of(tmp_path)
  opened(tmp_path, config)
  other = dataclasses.replace(
    config,
    goal=GoalConfig(seed=5, include_cells=('nasnet_a',)),
    data=DataConfig(flip=True),
  )
  with pytest.raises(UserError) as raised:
    opened(tmp_path, other)
  message = str(raised.value)
  assert '--seed: 0 in the run, 5 now' in message
  assert '--include_cells:  in the run, nasnet_a now' in message
  assert '--flip: False in the run, True now' in message
  assert message.count(' in the run, ') == 3
  assert f'--flagfile={tmp_path}/defining.flags' in message


def test_after_a_refusal_the_log_is_as_it_was(tmp_path):
  config = fakes.config_of(tmp_path)
  opened(tmp_path, config)
  before = (tmp_path / 'run.sqlite3').read_bytes()
  other = dataclasses.replace(config, space=SpaceConfig())
  with pytest.raises(UserError, match='--blocks: 1 in the run, 5 now'):
    opened(tmp_path, other)
  assert (tmp_path / 'run.sqlite3').read_bytes() == before


def test_operational_settings_may_change_and_are_logged(tmp_path):
  config = fakes.config_of(tmp_path, trials=10)
  run, events = opened(tmp_path, config)
  assert run.notices == ()
  assert events == []
  changed = dataclasses.replace(
    config,
    run=dataclasses.replace(config.run, trials=30, max_hours=1.5),
    workers=WorkersConfig(workers=4, gpus=('0', '1')),
  )
  run, events = opened(tmp_path, changed)
  assert events == [
    '--trials was 10, is now 30',
    '--max_hours was 0.0, is now 1.5',
    '--workers was 1, is now 4',
    '--gpus was , is now 0,1',
  ]
  assert run.notices == tuple(events)
  # Compared with the start before, not with the first one.
  assert opened(tmp_path, changed)[0].notices == ()


def test_other_versions_are_told_and_logged(tmp_path):
  config = fakes.config_of(tmp_path)
  opened(tmp_path, config)
  logged = {**opening.versions(), 'tensorflow': '2.0', 'machine': 'vax'}
  with fakes.edited(tmp_path) as rows:
    rows.update('starts', {'start': 1}, {'versions': json.dumps(logged)})
  run, events = opened(tmp_path, config)
  assert len(events) == 2
  assert events[0].startswith('machine was vax, is now ')
  assert events[1].startswith('tensorflow was 2.0, is now ')
  assert run.notices == tuple(events)


def test_a_run_of_before_a_flag_had_its_default(tmp_path):
  """An old run must resume under a version that has more flags."""
  config = fakes.config_of(tmp_path)
  opened(tmp_path, config)
  defining = json.loads(json.dumps(config.defining()))
  del defining['cutout']
  with fakes.edited(tmp_path) as rows:
    rows.update('facts', {'name': 'defining'}, {'value': json.dumps(defining)})
  opened(tmp_path, config)
  other = dataclasses.replace(config, data=DataConfig(cutout=8))
  with pytest.raises(UserError, match='--cutout: 0 in the run, 8 now'):
    opened(tmp_path, other)


def test_the_flagfile_of_the_run_is_written_again_if_it_is_lost(tmp_path):
  config = fakes.config_of(tmp_path)
  opened(tmp_path, config)
  text = RunDirectory(tmp_path).flagfile.read_text()
  RunDirectory(tmp_path).flagfile.unlink()
  opened(tmp_path, config)
  assert RunDirectory(tmp_path).flagfile.read_text() == text


def test_the_versions_that_numbers_depend_on_are_known():
  versions = opening.versions()
  assert set(versions) == {
    'nasnet_search',
    'python',
    'machine',
    'numpy',
    'keras',
    'tensorflow',
  }
  assert all(versions.values())


def test_data_that_have_changed_since_are_noticed(tmp_path):
  config = fakes.config_of(tmp_path)
  directory = RunDirectory(tmp_path)
  facts = {'reward': 'accuracy', 'dataset': {'mean': (0.1, 0.2), 'images': 9}}
  opening.create(directory, config, facts, [])
  opening.open_run(directory, config, facts, fakes.Controller(3)).store.close()
  before = directory.log.read_bytes()
  changed = facts | {'dataset': {'mean': (0.1, 0.2), 'images': 8}}
  with pytest.raises(UserError, match='Expected the dataset to be as when'):
    opening.open_run(directory, config, changed, fakes.Controller(3))
  assert directory.log.read_bytes() == before
