"""Bytes that are equal, complete and harmless to read."""

import io
import json
import pickle
import zipfile

import numpy as np
import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.controllers import state

ARRAYS = {
  'b': np.arange(6, dtype=np.float32).reshape(2, 3),
  'a': np.array(7, np.int64),
}


def packed(**values):
  return state.pack(state.header('ppo', **values), ARRAYS)


def repacked(**changes):
  header = {**state.header('ppo'), **changes}
  return state.pack(header, {})


def test_what_is_packed_is_read_back():
  header, arrays = state.unpack(packed(average=0.1 + 0.2), 'ppo')
  assert header['average'] == 0.1 + 0.2
  assert set(arrays) == {'a', 'b'}
  for name, array in ARRAYS.items():
    np.testing.assert_array_equal(arrays[name], array)
    assert arrays[name].dtype == array.dtype


def test_equal_states_give_equal_bytes():
  reverse = dict(reversed(ARRAYS.items()))
  assert state.pack(state.header('ppo', y=2, x=1), reverse) == packed(x=1, y=2)


def test_bytes_do_not_depend_on_the_time_or_the_operating_system():
  with zipfile.ZipFile(io.BytesIO(packed())) as archive:
    for entry in archive.infolist():
      assert entry.date_time == (1980, 1, 1, 0, 0, 0)
      assert entry.create_system == 3
      assert entry.compress_type == zipfile.ZIP_STORED


def test_other_tools_read_it():
  with np.load(io.BytesIO(packed()), allow_pickle=False) as arrays:
    np.testing.assert_array_equal(arrays['b'], ARRAYS['b'])


def test_every_damaged_byte_of_an_array_is_noticed():
  good = packed()
  start = good.index(ARRAYS['b'].tobytes())
  for position in range(start, start + ARRAYS['b'].nbytes):
    bad = bytearray(good)
    bad[position] ^= 1
    with pytest.raises(UserError, match='are none'):
      state.unpack(bytes(bad), 'ppo')


def _zip(header, **members):
  buffer = io.BytesIO()
  with zipfile.ZipFile(buffer, 'w') as archive:
    archive.writestr('header.json', header)
    for name, content in members.items():
      archive.writestr(f'{name}.npy', content)
  return buffer.getvalue()


HEADER = json.dumps(state.header('ppo'))


@pytest.mark.parametrize(
  'bad',
  [
    b'',
    b'\x80\x04N.',
    packed()[:-1],
    packed()[40:],
    _zip('{'),
    _zip('[]'),
    _zip('{}'),
    _zip(HEADER.replace(state.FORMAT, 'other')),
    _zip(HEADER, a=b'no array'),
    _zip(HEADER, a=pickle.dumps([1])),
  ],
)
def test_other_bytes_are_refused(bad):
  with pytest.raises(UserError, match='Expected the state of a controller'):
    state.unpack(bad, 'ppo')


def test_objects_are_not_read():
  class Trap:
    def __reduce__(self):
      return (pytest.fail, ('executed',))

  array = io.BytesIO()
  np.lib.format.write_array(array, np.array([Trap()]), allow_pickle=True)
  with pytest.raises(UserError, match=r'Received: .* bytes that are none'):
    state.unpack(_zip(HEADER, a=array.getvalue()), 'ppo')


def test_newer_formats_are_refused():
  with pytest.raises(UserError, match=r'version 1.* Received: version 2'):
    state.unpack(repacked(format_version=2), 'ppo')


def test_state_of_another_controller_is_refused():
  with pytest.raises(UserError, match=r'of a reinforce .* state of a ppo'):
    state.unpack(packed(), 'reinforce')


@pytest.mark.parametrize(
  ('received', 'message'),
  [
    ({}, 'Received: nothing'),
    ({'w': np.zeros(3, np.float32)}, r'shape \(2,\).* shape \(3,\)'),
    ({'w': np.zeros(2)}, 'float32 .* Received: float64'),
    ({'w': np.array([0, np.nan], np.float32)}, 'not all finite'),
    (
      {'w': np.zeros(2, np.float32), 'v': np.zeros(1)},
      "Expected a controller state with nothing under 'v'",
    ),
  ],
)
def test_arrays_that_do_not_fit_are_refused(received, message):
  with pytest.raises(UserError, match=message):
    state.check_arrays(received, {'w': np.zeros(2, np.float32)})
