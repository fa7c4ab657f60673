"""The grid over settings of a training: what it trains, and whom it names."""

import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.flags import flagfiles, train_flags
from nasnet_search.training import grid
from tests.training import small

GRID = grid.GridConfig(
  grid=('learning_rate=0.05/0.1', 'weight_decay=1e-4/5e-4/0'), grid_seeds=2
)


def accuracy(values):
  return values['learning_rate'] + values['weight_decay'] + values['seed'] / 8


def measures(values):
  return {'validation_accuracy': accuracy(values), 'test_accuracy': 0.5}


def test_every_combination_is_trained_with_every_seed(tmp_path):
  trained, told = [], []

  def train(values):
    trained.append(values)
    return measures(values)

  given = {'model_dir': str(tmp_path), 'seed': 3, 'epochs': 2}
  members = grid.run_grid(
    given, GRID, train, lambda done, of, name: told.append((done, of))
  )
  assert told == [(done, 12) for done in range(12)]
  assert len({each['model_dir'] for each in trained}) == 12
  assert {each['epochs'] for each in trained} == {2}
  assert {each['seed'] for each in trained} == {3, 4}
  assert len(members) == 6
  assert members[0].settings == {'learning_rate': 0.1, 'weight_decay': 5e-4}
  assert members[0].mean == pytest.approx(0.1005 + 3.5 / 8)
  assert members[0].name() == '--learning_rate=0.1 --weight_decay=0.0005'
  assert [m.mean for m in members] == sorted(m.mean for m in members)[::-1]


def test_an_interruption_ends_it(tmp_path):
  left = iter([True] * 5)
  members = grid.run_grid(
    {'model_dir': str(tmp_path)},
    GRID,
    lambda values: measures(values) if next(left, False) else None,
    lambda done, of, name: None,
  )
  assert len(members) == 2  # Of the third, one seed only.


@pytest.mark.parametrize(
  ('items', 'message'),
  [
    (
      ('rate=1/2',),
      'Unknown setting of --grid.*learning_rate.*Received: .rate',
    ),
    (('learning_rate=1/x',), "learning_rate to be like 0.1. Received: 'x'"),
    (('learning_rate=0.1/0.1',), 'each of its values once'),
    (('momentum=0.5', 'momentum=0.9'), 'name each setting'),
    (('learning_rate=-1',), 'learning_rate to be at least 0'),
  ],
)
def test_what_is_no_grid_is_refused(items, message):
  with pytest.raises(UserError, match=message):
    grid.check_grid({'model_dir': 'there'}, grid.GridConfig(grid=items))


def test_every_network_of_a_grid_is_known():
  config = grid.GridConfig(
    grid=('learning_rate=0.05/0.1', 'filters=8/16', 'dropout=0/0.5')
  )
  networks = [(each['filters'], each['dropout']) for each in config.networks()]
  assert networks == [(8, 0.0), (8, 0.5), (16, 0.0), (16, 0.5)]
  assert len(GRID.networks()) == 1


def test_seeds_of_no_grid_are_refused():
  with pytest.raises(UserError, match='Expected --grid with --grid_seeds'):
    grid.GridConfig(grid_seeds=2)


@pytest.mark.parametrize(
  ('given', 'message'),
  [
    ({}, 'Expected --model_dir with --grid'),
    (
      {'model_dir': 'there', 'train_on_validation': True},
      'without --train_on_validation',
    ),
    (
      {'model_dir': 'there', 'schedule': 'cosine'},
      '--schedule=exponential with decay_epochs .* Received: cosine',
    ),
  ],
)
def test_what_does_not_go_with_a_grid_is_refused(given, message):
  with pytest.raises(UserError, match=message):
    grid.check_grid(
      given, grid.GridConfig(grid=('learning_rate=1/2', 'decay_epochs=5/10'))
    )


def test_the_grid_of_the_paper_goes_with_the_recipe_for_chains():
  """Section 4.1; the flagfile sets some of what the grid varies."""
  path = flagfiles.packaged()['chain_final']
  train_flags.VALUES.unparse_flags()
  train_flags.VALUES(['program', f'--flagfile={path}'])
  given = {**train_flags.given(), 'model_dir': 'there'}
  config = grid.GridConfig(
    grid=(
      'learning_rate=0.05/0.1',
      'weight_decay=1e-4/5e-4',
      'batch_norm_epsilon=1e-5/1e-3',
      'decay_epochs=5/10',
    )
  )
  grid.check_grid({**given, 'schedule': 'exponential'}, config)
  trained = []

  def train(values):
    trained.append((values['learning_rate'], values['decay_epochs']))
    return {'validation_accuracy': 0.5}

  grid.run_grid(given, config, train, lambda done, of, name: None)
  assert len(trained) == 16
  assert set(trained) == {(x, y) for x in (0.05, 0.1) for y in (5.0, 10.0)}


def test_trainings_are_real_ones_and_go_on(settings, tmp_path):
  from nasnet_search.training.subject import completed
  from nasnet_search.training.train import train

  small_grid = grid.GridConfig(grid=('batch_norm_epsilon=1e-5/0.1',))
  given = {**settings, **small.QUICK}
  found = []
  for _ in range(2):
    found.append(
      grid.run_grid(
        given,
        small_grid,
        lambda values: train(completed(values)).trained.measures,
        lambda done, of, name: None,
      )
    )
  assert found[0] == found[1]
  kept = {path.name for path in (tmp_path / 'model').iterdir()}
  assert kept == {
    'batch_norm_epsilon=1e-05,seed=3', 'batch_norm_epsilon=0.1,seed=3',
  }  # fmt: skip
