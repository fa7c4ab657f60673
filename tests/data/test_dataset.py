"""The data set's record as plain data."""

import dataclasses
import json

import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.data.dataset import DatasetRecord

RECORD = DatasetRecord(
  name='folder',
  class_names=('cat', 'dog'),
  image_shape=(8, 6, 3),
  mean=(0.1, 0.2, 1 / 3),
  std=(0.25, 0.26, 0.27),
  resampling='mean_or_lanczos',
  train_images=90,
  validation_images=10,
  test_images=0,
  test_origin='none given',
  split_seed=7,
  skipped=('cat/1.png',),
)


def test_round_trip_through_json():
  text = json.dumps(RECORD.to_dict())
  assert DatasetRecord.from_dict(json.loads(text)) == RECORD


def test_unknown_keys_are_ignored():
  assert DatasetRecord.from_dict({**RECORD.to_dict(), 'note': 1}) == RECORD


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    ({'format': 'x'}, "Expected the format 'nasnet_search.dataset'.*'x'"),
    ({'format_version': 2}, 'Expected format_version 1.* Received: 2'),
    ({'mean': [0.5]}, 'a mean and a std for each of 3 channels'),
    ({'std': [0.5, 0.5, 0.0]}, r'every std above 0. Received: \(0.5, 0.5, 0.0'),
    ({'std': 'abc'}, 'record. Received one that is damaged'),
    ({'image_shape': [8, 8]}, r'height, width and channels.*\(8, 8\)'),
    ({'image_shape': 8}, 'record. Received one that is damaged'),
  ],
)
def test_other_data_are_refused(change, message):
  with pytest.raises(UserError, match=message):
    DatasetRecord.from_dict({**RECORD.to_dict(), **change})


def test_a_missing_key_is_named():
  data = RECORD.to_dict()
  del data['split_seed']
  with pytest.raises(UserError, match='Received none for: split_seed'):
    DatasetRecord.from_dict(data)


def test_frozen():
  with pytest.raises(dataclasses.FrozenInstanceError):
    RECORD.name = 'other'
