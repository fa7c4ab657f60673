"""What Q-learning prefers, as the report shows it."""

import re

import numpy as np
import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.controllers import state
from nasnet_search.report.page import make_page
from nasnet_search.report.sections import preferences
from nasnet_search.report.summary import read_summary
from tests.binaries.program import QUICK, search

DEFINING = {'layer_graph_filters': ['4', '8'], 'layer_graph_neurons': ['16']}
SEARCH = (
  *QUICK[:1],
  *QUICK[2:],
  '--space=layer_graph',
  '--trials=12',
  '--controller_batch_size=2',
  '--run_dir=run',
)


def saved(rows):
  """Returns the state of a table of rows: depth, outcome, value."""
  return state.pack(
    state.header('q_learning'),
    {
      'states': np.array([n for row in rows for n in (row[0], -1, 8, 0)]),
      'state_lengths': np.array([4] * len(rows)),
      'outcomes': np.array([row[1] for row in rows]),
      'values': np.array([row[2] for row in rows], np.float64),
    },
  )


def test_means_are_by_type_and_depth():
  """Outcomes 0 to 5 are convolutions, 6 to 8 poolings, 9 and then the ends."""
  rows = [
    (0, 0, 0.2),
    (0, 5, 0.4),
    (0, 6, 0.5),
    (1, 8, 0.7),
    (2, 9, 0.9),
    (2, 10, 0.1),
    (2, 11, 0.2),
  ]
  means = preferences.mean_values(saved(rows), DEFINING)
  assert list(means) == [
    'convolution',
    'pooling',
    'fully_connected',
    'termination',
  ]
  assert means['convolution'] == pytest.approx({0: 0.3})
  assert means['pooling'] == pytest.approx({0: 0.5, 1: 0.7})
  assert means['fully_connected'] == pytest.approx({2: 0.9})
  assert means['termination'] == pytest.approx({2: 0.15})
  assert preferences.mean_values(b'', DEFINING) == {}


def test_states_of_others_are_not_read():
  with pytest.raises(IndexError):
    preferences.mean_values(saved([(0, 99, 0.5)]), DEFINING)
  with pytest.raises(UserError):
    preferences.mean_values(b'x', DEFINING)


@pytest.fixture(scope='module')
def page(tmp_path_factory):
  """Returns a function from a controller to the report of its search."""
  folder = tmp_path_factory.mktemp('runs')

  def made(controller):
    cwd = folder / controller
    cwd.mkdir()
    done = search(*SEARCH, f'--controller={controller}', cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout, make_page(read_summary(cwd / 'run'))

  return made


def test_a_search_by_q_learning_shows_them(page):
  printed, text = page('q_learning')
  # In the notation of the paper, at the end and in the report.
  (notation,) = re.findall(r'^\S+.* (?:SM|GAP)$', printed, re.MULTILINE)
  assert f'<pre>{notation}</pre>' in text
  assert 'nasnet-train --flagfile=chain_final --run_dir=run' in printed
  assert 'Learned preferences' in text
  assert '<td>Convolution</td>' in text
  assert 'Probability of a random choice.' in text
  assert 'NASNet-A' not in text


def test_other_controllers_have_none(page):
  _, text = page('random')
  assert 'Learned preferences' not in text
