"""Checkpoints: whole or not there."""

import json

import numpy as np
import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.training import checkpoints
from nasnet_search.training.checkpoints import Checkpoint, Checkpoints


def checkpoint(step):
  """Returns a checkpoint whose arrays tell its step."""
  arrays = {'weights': [np.full(3, step, np.float32)], 'averages': []}
  return Checkpoint(step, arrays, {'rows': [{'epoch': 1}]})


def names(folder):
  """Returns what is in a folder."""
  return sorted(each.name for each in folder.iterdir())


def test_what_was_saved_comes_back(tmp_path):
  kept = Checkpoints(tmp_path / 'checkpoints', keep=2)
  assert kept.newest() is None
  for step in (1, 20, 300):
    kept.save(checkpoint(step))
  newest = kept.newest()
  assert newest.step == 300
  assert newest.arrays['weights'][0].tolist() == [300.0] * 3
  assert newest.arrays['averages'] == []
  assert newest.state == {'rows': [{'epoch': 1}]}
  assert names(tmp_path / 'checkpoints') == [
    'step_0000000020',
    'step_0000000300',
  ]


@pytest.mark.parametrize('calls', [0, 1, 2])
def test_what_is_half_written_is_no_checkpoint(tmp_path, monkeypatch, calls):
  kept = Checkpoints(tmp_path, keep=2)
  kept.save(checkpoint(1))
  left = [calls]

  def fsync(descriptor):
    left[0] -= 1
    if left[0] < 0:
      raise KeyboardInterrupt

  with monkeypatch.context() as patch:
    patch.setattr(checkpoints.os, 'fsync', fsync)
    patch.setattr(checkpoints.shutil, 'rmtree', lambda *_, **__: None)
    with pytest.raises(KeyboardInterrupt):
      kept.save(checkpoint(2))
  assert kept.newest().step == 1
  kept.save(checkpoint(3))
  assert names(tmp_path) == ['step_0000000001', 'step_0000000003']


def test_a_step_is_saved_once(tmp_path):
  kept = Checkpoints(tmp_path, keep=2)
  kept.save(checkpoint(1))
  before = (tmp_path / 'step_0000000001' / 'arrays.npz').stat().st_mtime_ns
  kept.save(checkpoint(1))
  after = (tmp_path / 'step_0000000001' / 'arrays.npz').stat().st_mtime_ns
  assert before == after


@pytest.mark.parametrize('damage', ['cut', 'flipped', 'state', 'version'])
def test_damage_is_told(tmp_path, damage):
  kept = Checkpoints(tmp_path, keep=2)
  kept.save(checkpoint(7))
  arrays = tmp_path / 'step_0000000007' / 'arrays.npz'
  state = arrays.with_name('state.json')
  content = bytearray(arrays.read_bytes())
  if damage == 'cut':
    arrays.write_bytes(content[:-30])
  elif damage == 'flipped':
    place = content.index(np.full(3, 7, np.float32).tobytes())
    content[place] ^= 1
    arrays.write_bytes(content)
  elif damage == 'state':
    state.write_text('{')
  else:
    data = json.loads(state.read_text())
    state.write_text(json.dumps(data | {'format_version': 2}))
  message = r'Expected a checkpoint .*step_0000000007: .* Remove this folder'
  with pytest.raises(UserError, match=message):
    kept.newest()
