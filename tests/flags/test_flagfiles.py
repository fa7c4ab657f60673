"""Flagfiles: packaged ones by name, and those that runs write."""

import pathlib
import re

import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.config import GoalConfig, SearchConfig, SpaceConfig
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.data.config import DataConfig
from nasnet_search.flags import flagfiles, train_flags
from nasnet_search.runs.directory import RunDirectory
from nasnet_search.training.config import TrainConfig

PROGRAMS = {
  name: 'train'
  if f'nasnet-train --flagfile={name}' in path.read_text()
  else 'search'
  for name, path in flagfiles.packaged().items()
}
"""Whose each packaged flagfile is, by the command in its heading."""
SEARCHES = [name for name, whose in PROGRAMS.items() if whose == 'search']
TRAININGS = [name for name, whose in PROGRAMS.items() if whose == 'train']


def test_the_packaged_flagfiles_are_found():
  known = flagfiles.packaged()
  assert 'quickstart' in known
  assert all(path.is_file() for path in known.values())


@pytest.mark.parametrize('name', SEARCHES)
def test_every_packaged_flagfile_describes_a_search(parse, name):
  config = parse(f'--flagfile={name}')
  assert config != SearchConfig()
  text = flagfiles.packaged()[name].read_text()
  # It says what it is for and how to use it.
  assert text.startswith('# ')
  assert f'--flagfile={name}' in text


@pytest.mark.parametrize('name', SEARCHES)
def test_what_a_packaged_flagfile_names_exists(parse, name):
  from nasnet_search.controllers.registry import CONTROLLERS
  from nasnet_search.data.registry import DATASETS
  from nasnet_search.evaluators.registry import EVALUATORS
  from nasnet_search.spaces import make_space

  config = parse(f'--flagfile={name}')
  make_space(config)
  CONTROLLERS.check(config.controller.controller)
  EVALUATORS.check(config.evaluator.evaluator)
  DATASETS.check(config.data.data)


def test_the_chains_of_the_paper_are_searched_by_replicas(parse):
  """Zoph and Le 2017, section 4.1: K = 100, m = 8, S = 20."""
  config = parse('--flagfile=nas_rl_paper').controller
  assert (config.replicas, config.children_per_replica) == (100, 8)
  assert config.parameter_servers == 20


@pytest.mark.parametrize('name', TRAININGS)
def test_every_other_packaged_flagfile_describes_a_training(name):
  train_flags.VALUES.unparse_flags()
  train_flags.VALUES(flagfiles.resolve(['program', f'--flagfile={name}']))
  config = TrainConfig.of(train_flags.given())
  assert config.recipe != TrainConfig().recipe
  text = flagfiles.packaged()[name].read_text()
  assert text.startswith('# ')
  # Where it comes from, or what it is good for.
  assert re.search('Constants: |minutes', text)


@pytest.mark.parametrize('name', ['nas_rl_paper', 'recurrent_cell_paper'])
def test_the_controller_is_that_of_zoph_and_le(parse, name):
  """Sections 4.1 and 4.2: two layers of 35 units, uniform +-0.08."""
  config = parse(f'--flagfile={name}').controller
  assert (config.policy_layers, config.policy_units) == (2, 35)
  assert config.policy_init_scale == 0.08


def test_reinforcement_learning_alone_is_what_is_compared(parse):
  from nasnet_search.benchmark.presets import read_controller

  config = parse('--flagfile=hundreds_ppo')
  assert config.controller == read_controller('ppo_edits')


@pytest.mark.parametrize(
  'arguments',
  [
    ['--flagfile=quickstart'],
    ['-flagfile=quickstart'],
    ['--flagfile=quickstart.flags'],
    ['--flagfile', 'quickstart'],
    ['-flagfile', 'quickstart.flags'],
  ],
)
def test_a_bare_name_is_the_packaged_file_from_any_folder(
  tmp_path, monkeypatch, arguments
):
  monkeypatch.chdir(tmp_path)
  resolved = flagfiles.resolve(['program', *arguments, '--trials=3'])
  path = flagfiles.packaged()['quickstart']
  assert resolved == ['program', f'--flagfile={path}', '--trials=3']
  assert path.is_absolute()


def test_a_path_stays_and_is_not_taken_for_a_name(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  pathlib.Path('quickstart').write_text('--trials=9\n')
  pathlib.Path('mine.flags').write_text('--trials=9\n')
  for path in ('./quickstart', 'mine.flags', str(tmp_path / 'mine.flags')):
    assert flagfiles.resolve(['program', f'--flagfile={path}']) == [
      'program',
      f'--flagfile={path}',
    ]


def test_a_path_in_the_home_folder(tmp_path, monkeypatch, parse):
  (tmp_path / 'mine.flags').write_text('--trials=9\n')
  monkeypatch.setenv('HOME', str(tmp_path))
  assert parse('--flagfile=~/mine.flags').run.trials == 9


@pytest.mark.parametrize('name', ['slowstart', 'no/such.flags', '', '.'])
def test_an_unknown_flagfile_lists_the_known_ones(name):
  with pytest.raises(UserError, match=r'packaged flagfiles: .*quickstart') as e:
    flagfiles.resolve(['program', f'--flagfile={name}'])
  assert str(e.value).endswith(f'Received: {name!r}.')


def test_a_flagfile_without_a_name():
  with pytest.raises(UserError, match="Received: ''"):
    flagfiles.resolve(['program', '--flagfile'])


def test_the_flagfile_of_a_run_describes_the_same_search(tmp_path, parse):
  """Awkward values included: exact floats, commas, spaces, empty ones."""
  config = SearchConfig(
    space=SpaceConfig(blocks=3, operations=('identity', 'conv_1x1')),
    goal=GoalConfig(
      seed=2**40,
      include_cells=('nasnet_a', 'my, cell.json', 'a "b".json'),
      warm_start='/a folder/with = and # and ü',
    ),
    controller=ControllerConfig(
      policy_learning_rate=0.1 + 0.2, entropy_weight=1e-17
    ),
    data=DataConfig(flip=True, skip_bad_images=False, data_path='x,y'),
  )
  directory = RunDirectory(tmp_path)
  directory.write_flagfile(config.defining())
  again = parse(f'--flagfile={directory.flagfile}')
  assert again.defining() == config.defining()
  assert again == config


def test_the_flagfile_of_a_run_holds_no_operational_setting(tmp_path):
  """So that it can start the same search elsewhere, or a longer one."""
  directory = RunDirectory(tmp_path)
  directory.write_flagfile(SearchConfig().defining())
  lines = directory.flagfile.read_text().splitlines()
  names = {line[2:].partition('=')[0] for line in lines if line[:2] == '--'}
  assert names == set(SearchConfig().defining())
  assert all(line.startswith(('--', '# ')) for line in lines)
