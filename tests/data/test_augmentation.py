"""Augmentation against NumPy: every result is found among all possible ones."""

import numpy as np
import pytest
import tensorflow as tf

from nasnet_search.data.augmentation import augment, normalize
from nasnet_search.data.config import DataConfig
from nasnet_search.data.dataset import DatasetRecord

HEIGHT, WIDTH = 6, 8
MEAN, STD = (0.5, 0.25, 0.1), (0.2, 0.3, 0.4)


def record(height=HEIGHT, width=WIDTH):
  return DatasetRecord(
    name='x',
    class_names=('a', 'b'),
    image_shape=(height, width, 3),
    mean=MEAN,
    std=STD,
    resampling='',
    train_images=1,
    validation_images=1,
    test_images=0,
    test_origin='',
    split_seed=0,
  )


def random_images(count, height=HEIGHT, width=WIDTH):
  rng = np.random.default_rng(0)
  return rng.integers(0, 256, (count, height, width, 3), np.uint8)


def whitened(images):
  return (images / 255 - MEAN) / STD


def run(images, config, seed=(1, 2), shape=(HEIGHT, WIDTH)):
  """Augments inside a graph, as training does."""
  compute = tf.function(lambda *args: augment(*args, record(*shape), config))
  return compute(tf.constant(images), tf.constant(seed)).numpy()


def crops(image, padding):
  """Returns all crops of one image by their offset, in NumPy."""
  border = (padding, padding)
  padded = np.pad(image, (border, border, (0, 0)))
  height, width = image.shape[:2]
  return {
    (top, left): padded[top : top + height, left : left + width]
    for top in range(2 * padding + 1)
    for left in range(2 * padding + 1)
  }


def places(results, choices):
  """Returns for every result the key of the choice that it equals."""
  found = []
  for result, candidates in zip(results, choices, strict=True):
    keys = [
      key
      for key, candidate in candidates.items()
      if np.allclose(result, candidate, atol=1e-5)
    ]
    assert len(keys) == 1
    found += keys
  return found


def test_normalize():
  images = random_images(3)
  result = normalize(tf.constant(images), record())
  assert result.dtype == tf.float32
  np.testing.assert_allclose(result, whitened(images), atol=1e-5)


def test_without_augmentation_only_normalizes():
  images = random_images(3)
  result = run(images, DataConfig())
  np.testing.assert_allclose(result, whitened(images), atol=1e-5)


def test_flips_half_of_the_images():
  images = random_images(400)
  choices = [
    {'kept': image, 'flipped': image[:, ::-1]} for image in whitened(images)
  ]
  found = places(run(images, DataConfig(flip=True)), choices)
  # 400 throws of a coin: 5 standard deviations are 50.
  assert 150 < found.count('flipped') < 250


def test_crops_are_of_the_padded_image_and_all_occur():
  images = random_images(400)
  choices = [crops(image, 2) for image in whitened(images)]
  found = places(run(images, DataConfig(crop_padding=2)), choices)
  assert set(found) == {(top, left) for top in range(5) for left in range(5)}
  # Rows and columns are drawn apart, and images apart.
  tops, lefts = zip(*found, strict=True)
  assert abs(np.corrcoef(tops, lefts)[0, 1]) < 0.25


def test_crop_and_flip_together():
  images = random_images(50)
  choices = [
    {
      (*offset, flipped): crop[:, ::-1] if flipped else crop
      for offset, crop in crops(image, 1).items()
      for flipped in (False, True)
    }
    for image in whitened(images)
  ]
  found = places(run(images, DataConfig(crop_padding=1, flip=True)), choices)
  assert len(set(found)) > 12  # Of 18.


@pytest.mark.parametrize('side', [3, 4])
def test_cutout_is_a_square_around_any_pixel(side):
  images = random_images(600)
  before = whitened(images)
  after = run(images, DataConfig(cutout=side))
  cut = np.any(before != 0, axis=-1) & np.all(after == 0, axis=-1)
  np.testing.assert_allclose(
    after[~cut], before[~cut], atol=1e-5
  )  # Nothing else changes.
  centres = set()
  for mask in cut:
    found = [
      (row, column)
      for row in range(HEIGHT)
      for column in range(WIDTH)
      if np.array_equal(mask, square(row, column, side))
    ]
    assert len(found) == 1
    centres.update(found)
  assert len(centres) == HEIGHT * WIDTH


def square(row, column, side):
  mask = np.zeros((HEIGHT, WIDTH), bool)
  top, left = row - side // 2, column - side // 2
  mask[max(top, 0) : top + side, max(left, 0) : left + side] = True
  return mask


EVERYTHING = DataConfig(crop_padding=2, flip=True, cutout=3)


def test_equal_seeds_give_equal_batches():
  images = random_images(20)
  first = run(images, EVERYTHING, (7, 3))
  assert np.array_equal(first, run(images, EVERYTHING, (7, 3)))
  for other in ((7, 4), (8, 3)):
    assert not np.array_equal(first, run(images, EVERYTHING, other))


def test_draws_are_pinned():
  # A training that is resumed with a later version must draw the same.
  images = np.arange(64, dtype=np.uint8).reshape(1, 8, 8, 1)
  images = np.repeat(np.repeat(images, 3, axis=-1), 4, axis=0)
  config = DataConfig(crop_padding=3)
  result = run(images, config, (5, 6), (8, 8))
  choices = [crops(image, 3) for image in whitened(images)]
  assert places(result, choices) == [(3, 4), (2, 1), (2, 2), (1, 2)]


def test_shapes_are_static_and_the_graph_is_small():
  compute = tf.function(
    lambda images, seed: augment(images, seed, record(32, 32), EVERYTHING)
  )
  traced = compute.get_concrete_function(
    tf.TensorSpec([64, 32, 32, 3], tf.uint8), tf.TensorSpec([2], tf.int64)
  )
  assert traced.structured_outputs.shape == (64, 32, 32, 3)
  assert traced.structured_outputs.dtype == tf.float32
  assert len(traced.graph.get_operations()) < 150


def test_any_batch_size():
  compute = tf.function(
    lambda images: augment(images, (1, 2), record(), EVERYTHING),
    input_signature=[tf.TensorSpec([None, HEIGHT, WIDTH, 3], tf.uint8)],
  )
  assert compute(random_images(5)).shape == (5, HEIGHT, WIDTH, 3)
  assert compute(random_images(2)).shape == (2, HEIGHT, WIDTH, 3)


def test_parts_of_a_batch_are_augmented_as_the_whole():
  images = random_images(6)
  config = DataConfig(crop_padding=2, flip=True, cutout=3)
  whole = run(images, config)
  for part in range(3):
    rows = slice(2 * part, 2 * part + 2)
    received = augment(
      tf.constant(images[rows]),
      tf.constant((1, 2)),
      record(),
      config,
      part=part,
      parts=3,
    )
    np.testing.assert_array_equal(received, whole[rows])
