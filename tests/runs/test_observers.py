"""What a run leaves behind besides its log: best cell, text, TensorBoard."""

import json
import math
import re

import pytest
from tensorboard.compat.proto import event_pb2
from tensorboard.compat.tensorflow_stub import pywrap_tensorflow

from nasnet_search.cells.architecture import Architecture
from nasnet_search.runs.best import BestArchitecture
from nasnet_search.runs.directory import RunDirectory
from nasnet_search.runs.scalars import Scalars
from nasnet_search.runs.text_log import TextLog
from nasnet_search.trials import Status
from tests.runs import fakes

SCRIPT = [fakes.choices_of(n) for n in (10, 10, 0, 1, 2, 3, 4, 5)]


def _search(path, **settings):
  """Runs a search of which trial 1 is a duplicate and trial 2 times out."""
  directory = RunDirectory(path)

  def evaluate(trial):
    if trial.trial_id == 2:
      return fakes.failed(trial, Status.TIMEOUT, 'too slow')
    return fakes.completed(trial)

  watching = [
    TextLog(directory.text_log),
    BestArchitecture(directory),
    Scalars(directory.tensorboard),
  ]
  fakes.run_search(
    path,
    fakes.Controller(3, SCRIPT),
    fakes.Workers(evaluate),
    watch=watching,
    **settings,
  )


def test_the_best_architecture_is_a_file_of_its_own(tmp_path):
  _search(tmp_path, trials=6)
  text = RunDirectory(tmp_path).best_architecture.read_text()
  values = {
    n: fakes.value_of(fakes.SPACE.decode(SCRIPT[n])) for n in (0, 3, 4, 5, 6)
  }
  best = max(values, key=values.get)
  assert Architecture.from_json(text) == fakes.SPACE.decode(SCRIPT[best])
  assert json.loads(text)['found'] == {
    'trial': best,
    'reward': values[best],
    'measurement': {'closeness': values[best]},
    'named_by': 'reward',
  }


def test_the_text_log_has_a_line_for_each_thing_that_happened(tmp_path):
  _search(tmp_path, trials=4)
  _search(tmp_path, trials=6)
  lines = RunDirectory(tmp_path).text_log.read_text().splitlines()
  assert all(
    re.match(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ', each) for each in lines
  )
  lines = [line[20:] for line in lines]
  values = [fakes.value_of(fakes.SPACE.decode(each)) for each in SCRIPT]
  assert lines[:6] == [
    f'Trial 0 (proposed): reward {values[0]:.4f}, best so far {values[0]:.4f}',
    'Trial 1 (proposed): duplicate of trial 0',
    'Trial 2 (proposed): timeout: too slow',
    'Policy update 1: calls 1',
    f'Trial 3 (proposed): reward {values[3]:.4f}, '
    f'best so far {max(values[0], values[3]):.4f}',
    lines[5],
  ]
  assert [each for each in lines if each.startswith('Search ended')] == [
    'Search ended: All 4 trials have settled.',
    'Search ended: All 6 trials have settled.',
  ]


def _scalars(path):
  """Returns what TensorBoard's own reader finds: tag to steps and values."""
  found = {}
  for file in sorted(path.iterdir()):
    reader = pywrap_tensorflow.PyRecordReader_New(str(file))
    while True:
      try:
        reader.GetNext()  # Checks the checksums too.
      except Exception:
        break
      event = event_pb2.Event.FromString(reader.record())
      for value in event.summary.value:
        found.setdefault(value.tag, []).append((event.step, value.simple_value))
  return found


def test_tensorboard_reads_the_scalars(tmp_path):
  _search(tmp_path, trials=4)
  scalars = _scalars(RunDirectory(tmp_path).tensorboard)
  values = [fakes.value_of(fakes.SPACE.decode(SCRIPT[n])) for n in (0, 3, 4)]
  # Steps are charged trials: the duplicate is none, the time-out is one.
  assert scalars['search/reward'] == [
    (step, pytest.approx(value))
    for step, value in zip((1, 3, 4), values, strict=True)
  ]
  assert scalars['search/best_reward'][-1] == (4, pytest.approx(max(values)))
  average = values[0]
  for value in values[1:]:
    average = 0.95 * average + 0.05 * value
  assert scalars['search/reward_moving_average'][-1] == (
    4,
    pytest.approx(average),
  )
  assert scalars['search/failures'][-1] == (4, 1.0)
  assert scalars['search/duplicates'][-1] == (4, 1.0)
  assert scalars['policy/calls'] == [(1, 1.0)]
  assert not any(
    math.isnan(value) for series in scalars.values() for _, value in series
  )
