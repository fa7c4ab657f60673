"""The digits against scikit-learn's own."""

import numpy as np
from sklearn.datasets import load_digits

from nasnet_search.data.config import DataConfig
from nasnet_search.data.registry import load_data


def rows(*images):
  """Returns images as a sorted list of bytes, to compare as multisets."""
  return sorted(image.tobytes() for part in images for image in part)


def test_every_digit_is_in_one_part():
  data = load_data(DataConfig())
  digits = np.rint(load_digits().images * 255 / 16).astype(np.uint8)
  assert rows(
    data.train_images, data.validation_images, data.test_images
  ) == rows(digits)


def test_images_keep_their_labels():
  data = load_data(DataConfig())
  raw = load_digits()
  images = np.rint(raw.images * 255 / 16).astype(np.uint8)
  known = {
    image.tobytes(): label
    for image, label in zip(images, raw.target, strict=True)
  }
  for part in ('train', 'validation', 'test'):
    images = getattr(data, f'{part}_images')
    labels = getattr(data, f'{part}_labels')
    assert [known[image.tobytes()] for image in images] == labels.tolist()


def test_sizes_and_proportions():
  data = load_data(DataConfig())
  # 1,797 / 5 = 359.4; (1,797 - 359) / 5 = 287.6.
  assert data.test_images.shape == (359, 8, 8, 1)
  assert data.validation_images.shape == (288, 8, 8, 1)
  assert data.train_images.shape == (1150, 8, 8, 1)
  shares = np.bincount(load_digits().target) / 1797
  for labels in (data.test_labels, data.validation_labels, data.train_labels):
    counts = np.bincount(labels, minlength=10)
    assert np.all(np.abs(counts - shares * len(labels)) < 1.5)


def test_test_images_are_always_the_same():
  one = load_data(DataConfig(split_seed=0))
  two = load_data(DataConfig(split_seed=1, train_images=100))
  assert np.array_equal(one.test_images, two.test_images)
  assert not np.array_equal(one.validation_images, two.validation_images)
