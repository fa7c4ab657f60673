"""Batches of images that are decoded while a network is trained."""

import pathlib

import numpy as np
import pytest
from PIL import Image

from nasnet_search.cells.errors import UserError
from nasnet_search.data.config import DataConfig
from nasnet_search.data.encoded import load_encoded
from nasnet_search.randomness import generator
from nasnet_search.training.config import InputConfig
from nasnet_search.training.streaming import StreamedImages, random_box
from nasnet_search.training.train import train
from tests.training import small

SIZE = 8
VARIED = {'random_crop_area': 0.3, 'color': 0.4, 'rand_augment': 5.0}


@pytest.fixture(scope='module')
def photos(tmp_path_factory):
  """Class folders of pictures of several sizes: dark ones and light ones."""
  folder = tmp_path_factory.mktemp('photos')
  rng = np.random.default_rng(0)
  for name, mean in (('dark', 60), ('light', 190)):
    (folder / name).mkdir()
    for number in range(20):
      size = rng.integers(10, 30, 2)
      pixels = rng.normal(mean, 30, (*size, 3)).clip(0, 255).astype(np.uint8)
      Image.fromarray(pixels).save(folder / name / f'{number}.png')
  return folder


def source(photos, seed=3, batch_size=6, train_on_validation=False, **varied):
  """Returns batches of the pictures."""
  data = load_encoded(
    DataConfig(data='folder', data_path=str(photos), image_size=SIZE)
  )
  return StreamedImages(
    data,
    InputConfig(stream=True, **varied),
    seed,
    batch_size,
    train_on_validation=train_on_validation,
  )


def test_a_batch_follows_from_seed_and_step(photos):
  one = source(photos, **VARIED)
  assert one.steps_per_epoch == 6  # 36 of 40 are trained on.
  every = slice(0, 6)
  batches = [one.training_batch(step, every) for step in range(14)]
  # Taken up in the midst of an epoch, and row by row.
  other = source(photos, **VARIED)
  for step in (8, 9):
    for row in range(6):
      pixels, labels = other.training_batch(step, slice(row, row + 1))
      np.testing.assert_array_equal(pixels[0], batches[step][0][row])
      assert labels[0] == batches[step][1][row]
  assert not np.array_equal(
    source(photos, seed=4, **VARIED).training_batch(8, every)[0], batches[8][0]
  )
  assert batches[0][0].shape == (6, SIZE, SIZE, 3)
  assert batches[0][0].dtype == np.uint8


def test_every_image_is_seen_once_an_epoch(photos):
  plain = source(photos)
  epoch = np.concatenate(
    [plain.training_batch(step, slice(0, 6))[0] for step in range(6)]
  )
  assert len({image.tobytes() for image in epoch}) == 36
  again = np.concatenate(
    [plain.training_batch(step, slice(0, 6))[0] for step in range(6, 12)]
  )
  assert {each.tobytes() for each in again} == {
    each.tobytes() for each in epoch
  }
  assert not np.array_equal(again, epoch)


def test_images_are_valued_as_they_are(photos):
  varied = source(photos, **VARIED)
  (images, labels, weights), *rest = varied.evaluation_batches('validation', 3)
  assert not rest
  assert len(images) == 6  # 4, and more that fill a multiple of 3.
  assert weights.tolist() == [1, 1, 1, 1, 0, 0]
  assert sorted(labels[:4]) == [0, 0, 1, 1]
  plain, *_ = source(photos).evaluation_batches('validation', 1)
  np.testing.assert_array_equal(images[:4], plain[0])
  assert varied.count('validation') == 4
  assert source(photos, train_on_validation=True).count('validation') == 0
  assert source(photos, train_on_validation=True).count('train') == 40


def test_random_boxes_are_of_the_area_and_the_aspect_asked_for():
  boxes = np.array(
    [
      random_box((300, 200), 0.2, generator(0, 'box', number))
      for number in range(500)
    ]
  )
  left, upper, right, lower = boxes.T
  assert left.min() >= 0
  assert upper.min() >= 0
  assert right.max() <= 300
  assert lower.max() <= 200
  shares = (right - left) * (lower - upper) / (300 * 200)
  # Of 300x200 the largest crop of aspect 4/3 is 0.89 of the area.
  whole = shares == 1.0
  assert shares.min() == pytest.approx(0.2, abs=0.02)
  assert shares[~whole].max() == pytest.approx(0.88, abs=0.03)
  aspects = ((right - left) / (lower - upper))[~whole]
  assert aspects.min() == pytest.approx(3 / 4, abs=0.03)
  assert aspects.max() == pytest.approx(4 / 3, abs=0.03)


def test_a_damaged_image_is_named(photos, tmp_path):
  damaged = tmp_path / 'photos'
  for name in ('a', 'b'):
    (damaged / name).mkdir(parents=True)
    for number in range(10):
      (damaged / name / f'{number}.png').write_bytes(b'no image')
  with pytest.raises(UserError, match=r'Received: [ab]/\d\.png \(.*Replace'):
    source(damaged).training_batch(0, slice(0, 1))


@pytest.fixture
def streamed(settings, photos):
  """The settings of a training on streamed pictures."""
  return settings | {
    **VARIED,
    'stream': True,
    'data': 'folder',
    'data_path': str(photos),
    'image_size': SIZE,
    'train_images': 0,
    'validation_images': 0,
    'batch_size': 12,
    'average_decay': 0.0,
    'auxiliary_head': 'none',
  }


@pytest.mark.slow
def test_a_streamed_training_goes_on_exactly(streamed, tmp_path):
  assert small.start(streamed, tmp_path, 'step', 5).wait() == -9
  train(small.config(streamed))
  other = tmp_path / 'other'
  train(small.config(streamed, model_dir=str(other)))
  arrays = small.last_arrays(other)
  assert not small.differing(small.last_arrays(streamed['model_dir']), arrays)


def test_a_streamed_training(streamed):
  result = train(small.config(streamed, **small.QUICK))
  assert result.trained.measures['steps'] == 3
  # There are no test images.
  assert 'test_accuracy' not in result.trained.measures
  log = (result.model_dir / 'train.log').read_text()
  assert 'Training ended: training loss ' in log
  assert ', validation accuracy ' in log.splitlines()[-1]
  assert result.trained.dataset.mean == (0.5, 0.5, 0.5)
  assert result.trained.recipe['random_crop_area'] == 0.3


def test_crops_and_colours_are_of_streamed_images(settings):
  for name in VARIED:
    with pytest.raises(UserError, match=f'Expected --stream with --{name}'):
      train(small.config(settings, **{name: 0.5}))
  assert not pathlib.Path(settings['model_dir']).exists()
