"""The grid of `nasnet-train`, with trainings that are made up."""

import json
import pathlib

import pytest
from rich import console

from nasnet_search.binaries import train_grid
from nasnet_search.cells.errors import UserError
from nasnet_search.flags import format_flags
from nasnet_search.training.grid import GridConfig, Member

GIVEN = {'architecture': 'nasnet_a', 'image_size': 8}
MEMBERS = [
  Member({'filters': 8}, (pathlib.Path('b'),), (0.75,), (0.5,)),
  Member({'filters': 4}, (pathlib.Path('a'),), (0.5,), (0.5,)),
]


@pytest.fixture
def compared(tmp_path, monkeypatch):
  """Returns a function from a grid to the exit status."""
  monkeypatch.setattr(train_grid, 'run_grid', lambda *others: MEMBERS)

  def compare(*items):
    given = {**GIVEN, 'model_dir': str(tmp_path)}
    return train_grid.train_grid(
      given, GridConfig(grid=items), console.Console(stderr=True)
    )

  return compare


def test_a_network_that_cannot_be_built_is_told_before_any_is_trained(compared):
  with pytest.raises(UserError, match=r'even number of filters.* 5'):
    compared('learning_rate=0.1/0.2', 'filters=4/5')


def test_programs_read_what_was_compared(compared, monkeypatch, capsys):
  monkeypatch.setattr(format_flags, 'as_json', lambda: True)
  assert compared('filters=4/8') == 0
  assert json.loads(capsys.readouterr().out) == [
    {
      'settings': {'filters': 8},
      'validation_accuracy': 0.75,
      'model_dirs': ['b'],
    },
    {
      'settings': {'filters': 4},
      'validation_accuracy': 0.5,
      'model_dirs': ['a'],
    },
  ]
