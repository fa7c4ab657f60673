"""A whole search as one call, without TensorFlow: random cells, their cost."""

import dataclasses
import re
import subprocess
import sys

import pytest

from nasnet_search import search as search_module
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.errors import UserError
from nasnet_search.config import (
  GoalConfig,
  RunConfig,
  SearchConfig,
  SpaceConfig,
)
from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.evaluators.config import EvaluatorConfig
from nasnet_search.runs import observer
from nasnet_search.runs.directory import RunDirectory
from nasnet_search.runs.reading import RunReader
from nasnet_search.runs.store import RunStore
from nasnet_search.search import search
from nasnet_search.workers.config import WorkersConfig

CONFIG = SearchConfig(
  controller=ControllerConfig(controller='random'),
  evaluator=EvaluatorConfig(evaluator='cost'),
  workers=WorkersConfig(workers=0),
)


def config_of(path, trials=6, **parts):
  """Returns a configuration of a short search in a directory."""
  run = RunConfig(run_dir=str(path), trials=trials)
  return dataclasses.replace(CONFIG, run=run, **parts)


def test_a_search_finds_and_leaves_what_it_promises(tmp_path):
  events = []
  result = search(
    config_of(tmp_path), [lambda event, progress: events.append(event)]
  )
  assert result.run_dir == tmp_path
  assert result.reason == 'All 6 trials have settled.'
  assert not result.interrupted
  assert result.progress.charged == 6
  names = {entry.name for entry in tmp_path.iterdir()}
  assert names >= {
    'run.sqlite3',
    'defining.flags',
    'search.log',
    'best_architecture.json',
    'tensorboard',
  }
  store = RunReader(tmp_path / 'run.sqlite3')
  assert store.facts()['reward'] == 'closeness'
  assert re.fullmatch(r'[0-9a-f]{64}', store.facts()['initial_digest'])
  trials = store.trials()
  # The references, and a batch of ten of which six were asked for.
  assert [trial.status.settled for trial in trials] == [True] * 8 + [False] * 4
  rewards = {trial.trial_id: trial.reward for trial in trials[2:8]}
  assert result.best.trial_id == max(rewards, key=rewards.get)
  assert [trial.trial_id for trial in result.references] == [0, 1]
  text = RunDirectory(tmp_path).best_architecture.read_text()
  assert Architecture.from_json(text) == result.best.architecture
  assert isinstance(events[0], observer.Began)
  assert isinstance(events[-1], observer.Ended)


def test_the_same_seed_finds_the_same_and_another_one_does_not(tmp_path):
  found = []
  for name, seed in (('a', 0), ('b', 0), ('c', 1)):
    config = config_of(tmp_path / name, goal=GoalConfig(seed=seed))
    search(config)
    trials = RunStore(tmp_path / name / 'run.sqlite3').trials()
    found.append([(trial.choices, trial.reward) for trial in trials])
  assert found[0] == found[1] != found[2]


def test_a_run_is_continued_and_changes_are_told(tmp_path):
  search(config_of(tmp_path, trials=3))
  told = []

  def watch(event, progress):
    del progress
    if isinstance(event, observer.Told):
      told.append(event.message)

  result = search(config_of(tmp_path, trials=5), [watch])
  assert result.progress.charged == 5
  assert told == ['--trials was 3, is now 5']
  assert told[0] in (tmp_path / 'search.log').read_text()


def test_without_a_directory_a_new_one_under_runs_is_made(
  tmp_path, monkeypatch
):
  monkeypatch.chdir(tmp_path)
  result = search(config_of('', trials=1))
  assert re.fullmatch(r'runs/\d{8}-\d{6}', str(result.run_dir))
  assert (tmp_path / result.run_dir / 'run.sqlite3').is_file()


@pytest.mark.parametrize(
  ('parts', 'message'),
  [
    ({'space': SpaceConfig(space='nasbench')}, r'search space.*nasbench'),
    ({'space': SpaceConfig(operations=('conv_9x9',))}, r'conv_3x3.*conv_9x9'),
    (
      {'controller': ControllerConfig(controller='genius')},
      r'ppo, reinforce, evolution, local_search, random.*genius',
    ),
    (
      {'evaluator': EvaluatorConfig(evaluator='oracle')},
      r'child, cost.*oracle',
    ),
    ({'goal': GoalConfig(reward='money')}, r'accuracy.*closeness.*money'),
    (
      {'goal': GoalConfig(reward='accuracy')},
      r'--evaluator=cost measures.*--reward=accuracy',
    ),
    ({'goal': GoalConfig(include_cells=('b',))}, 'nasnet_a'),
    ({'goal': GoalConfig(warm_start='nowhere')}, r'--warm_start.*nowhere'),
    ({'goal': GoalConfig(plugin=('no_such',))}, r'--plugin.*no_such'),
  ],
)
def test_whatever_is_wrong_is_said_before_anything_is_written(
  tmp_path, parts, message
):
  with pytest.raises(UserError, match=message):
    search(config_of(tmp_path / 'run', **parts))
  assert list(tmp_path.iterdir()) == []


def test_a_directory_with_other_files_is_left_alone(tmp_path):
  (tmp_path / 'thesis.tex').write_text('all my work')
  with pytest.raises(UserError, match='holds other files'):
    search(config_of(tmp_path))
  assert [entry.name for entry in tmp_path.iterdir()] == ['thesis.tex']


@pytest.mark.parametrize('where', ['/proc/run', '{}/file/run'])
def test_a_directory_that_cannot_be_written(tmp_path, where):
  (tmp_path / 'file').write_text('')
  with pytest.raises(UserError, match='to be a directory that can be written'):
    search(config_of(where.format(tmp_path)))


def test_a_second_search_in_the_directory_is_refused(tmp_path):
  search(config_of(tmp_path, trials=2))
  before = (tmp_path / 'run.sqlite3').read_bytes()
  owner = RunDirectory(tmp_path)
  owner.acquire()
  with pytest.raises(UserError, match='another nasnet-search has open'):
    search(config_of(tmp_path, trials=4))
  owner.release()
  assert (tmp_path / 'run.sqlite3').read_bytes() == before
  assert search(config_of(tmp_path, trials=4)).progress.charged == 4


def test_a_search_that_came_first_is_continued_not_overwritten(
  tmp_path, monkeypatch
):
  """Two started at once on a new directory; the first one is quick."""
  make = search_module.make_steady_controller

  def after_another_search(*arguments, **options):
    monkeypatch.setattr(search_module, 'make_steady_controller', make)
    search(config_of(tmp_path, trials=3))
    return make(*arguments, **options)

  monkeypatch.setattr(
    search_module, 'make_steady_controller', after_another_search
  )
  search(config_of(tmp_path, trials=5))
  store = RunStore(tmp_path / 'run.sqlite3')
  assert len(store.starts()) == 2
  assert store.events()[0]['detail'] == {'what': '--trials was 3, is now 5'}


@pytest.mark.parametrize(
  'left', [('run.lock',), ('run.lock', 'run.sqlite3.new')]
)
def test_killed_before_it_had_a_log_a_search_begins_anew(tmp_path, left):
  for name in left:
    (tmp_path / name).write_bytes(b'half')
  assert search(config_of(tmp_path, trials=2)).progress.charged == 2


def test_other_defining_settings_are_refused_and_the_run_can_still_go_on(
  tmp_path,
):
  search(config_of(tmp_path, trials=2))
  with pytest.raises(UserError, match='--seed: 0 in the run, 3 now'):
    search(config_of(tmp_path, trials=3, goal=GoalConfig(seed=3)))
  assert search(config_of(tmp_path, trials=3)).progress.charged == 3


def test_a_warm_start_and_an_included_cell(tmp_path):
  search(config_of(tmp_path / 'a', trials=4))
  goal = GoalConfig(
    seed=1, warm_start=str(tmp_path / 'a'), include_cells=('nasnet_a',)
  )
  controller = ControllerConfig(controller='random', controller_batch_size=3)
  search(config_of(tmp_path / 'b', trials=5, goal=goal, controller=controller))
  store = RunStore(tmp_path / 'b' / 'run.sqlite3')
  origins = [trial.origin.value for trial in store.trials()[:8]]
  assert origins == [
    *['reference'] * 2,
    *['warm_start'] * 4,
    'included',
    'proposed',
  ]
  # The log holds all that was learned: the earlier run is not needed again.
  assert [lesson['trials'] for lesson in store.lessons()] == [
    [2, 3, 4],
    [5, 6, 7],
    [8, 9, 10],
  ]
  (tmp_path / 'a').rename(tmp_path / 'gone')
  result = search(
    config_of(tmp_path / 'b', trials=7, goal=goal, controller=controller)
  )
  assert result.progress.charged == 7


PLUGIN = """
from nasnet_search.evaluators.rewards import REWARDS

REWARDS.register('farness', f'{__name__}:farness')

def farness(values):
  return -values['closeness']
"""


def test_a_plugin_brings_a_reward(tmp_path, monkeypatch):
  (tmp_path / 'plugin_of_mine.py').write_text(PLUGIN)
  monkeypatch.syspath_prepend(tmp_path)
  goal = GoalConfig(reward='farness', plugin=('plugin_of_mine',))
  result = search(config_of(tmp_path / 'run', goal=goal))
  assert result.best.reward == -result.best.measurement.values['closeness']
  found = [trial.reward for trial in result.references]
  assert all(reward < 0 for reward in found)


def test_a_search_by_chance_needs_no_tensorflow(tmp_path):
  """Neither here nor in its workers; and a script may call `search`."""
  script = tmp_path / 'script.py'
  script.write_text(
    'import dataclasses, sys\n'
    'from nasnet_search.config import *\n'
    'from nasnet_search.search import search\n'
    'if __name__ == "__main__":\n'
    '  config = SearchConfig(\n'
    '    controller=ControllerConfig(controller="random"),\n'
    '    evaluator=EvaluatorConfig(evaluator="cost"),\n'
    '    workers=WorkersConfig(workers=1),\n'
    '    run=RunConfig(run_dir=sys.argv[1], trials=3),\n'
    '  )\n'
    '  print(search(config).progress.charged)\n'
    '  print([n for n in ("tensorflow", "keras") if n in sys.modules])\n'
  )
  done = subprocess.run(
    [sys.executable, str(script), str(tmp_path / 'run')],
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.stdout == '3\n[]\n', done.stderr
  assert done.stderr == ''
