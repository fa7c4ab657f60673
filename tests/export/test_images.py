"""Which images an export is measured on and calibrated with."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from nasnet_search.cells.errors import UserError
from nasnet_search.data.config import DataConfig
from nasnet_search.data.encoded import load_encoded
from nasnet_search.data.registry import load_data
from nasnet_search.export import images
from nasnet_search.export.config import ExportConfig
from nasnet_search.export.images import export_images
from tests.export.conftest import make_trained, replaced

CONFIG = ExportConfig(model_dir='model', output='out')
DATA = load_data(DataConfig(data='digits'))


def test_test_images_come_first_then_validation_images():
  found = export_images(make_trained(), CONFIG)
  assert (len(found.labels), found.test) == (500, 359)
  np.testing.assert_array_equal(found.held_out[:359], DATA.test_images)
  np.testing.assert_array_equal(
    found.held_out[359:], DATA.validation_images[:141]
  )
  np.testing.assert_array_equal(found.labels[:359], DATA.test_labels)
  np.testing.assert_array_equal(found.calibration, DATA.train_images[:200])


def test_fewer_images_are_test_images_only():
  config = dataclasses.replace(CONFIG, held_out_images=7, calibration_images=3)
  found = export_images(make_trained(), config)
  assert len(found.held_out) == len(found.labels) == found.test == 7
  assert len(found.calibration) == 3


def test_validation_images_that_were_trained_on_are_not_held_out():
  trained = replaced(make_trained(), validation_images=0, train_images=1438)
  found = export_images(trained, CONFIG)
  assert len(found.labels) == found.test == 359


def test_without_held_out_images_nothing_can_be_compared(monkeypatch):
  record = dataclasses.replace(DATA.record, test_images=0)
  none = dataclasses.replace(
    DATA,
    record=record,
    test_images=DATA.test_images[:0],
    test_labels=DATA.test_labels[:0],
  )
  monkeypatch.setattr(images, 'load_data', lambda config: none)
  trained = replaced(make_trained(), test_images=0, validation_images=0)
  with pytest.raises(UserError, match='all of which was trained on'):
    export_images(trained, CONFIG)


def test_other_images_than_those_of_the_training_are_refused():
  trained = replaced(make_trained(), test_images=360)
  with pytest.raises(UserError, match='test_images was 360, and is 359'):
    export_images(trained, CONFIG)


def test_other_weights_may_have_bound_the_normalisation():
  trained = replaced(make_trained(), mean=(0.5,), std=(0.5,))
  assert len(export_images(trained, CONFIG).labels) == 500


def test_images_that_stay_in_their_files(tmp_path):
  for number, path in enumerate(
    f'{part}/{name}/{index}.png'
    for part in ('train', 'test')
    for name in ('cat', 'dog')
    for index in range(40)
  ):
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new('RGB', (9, 7), (number,) * 3).save(file)
  settings = DataConfig(data='folder', data_path=str(tmp_path), image_size=8)
  record = load_encoded(settings).record
  trained = make_trained()
  trained = dataclasses.replace(
    trained,
    dataset=record,
    network=dataclasses.replace(
      trained.network, image_shape=(8, 8, 3), classes=2
    ),
    data=settings,
    recipe={'stream': True},
  )
  config = dataclasses.replace(CONFIG, held_out_images=20)
  found = export_images(trained, config)
  assert found.held_out.shape == (20, 8, 8, 3)
  # Grey levels 80 to 119 are test images of cats, 120 to 159 of dogs.
  levels = found.held_out[:, 0, 0, 0]
  np.testing.assert_array_equal(found.labels, levels >= 120)
  assert levels.min() >= 80
  assert set(found.labels) == {0, 1}
  assert found.calibration.max() < 80
  found = export_images(trained, CONFIG)
  assert (len(found.labels), found.test) == (80 + record.validation_images, 80)


def test_images_that_are_gone_are_told_and_can_be_named(tmp_path):
  folder = DataConfig(data='folder', data_path=str(tmp_path / 'gone'))
  trained = dataclasses.replace(make_trained(), data=folder)
  with pytest.raises(UserError, match=r'The images that the .*: .*gone'):
    export_images(trained, CONFIG)
  config = dataclasses.replace(CONFIG, data_path=str(tmp_path / 'moved'))
  with pytest.raises(UserError, match='moved'):
    export_images(trained, config)
