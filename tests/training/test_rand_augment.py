"""RandAugment: what each distortion does, and how they are drawn."""

import numpy as np
import pytest
from PIL import Image

from nasnet_search.training.rand_augment import DISTORTIONS, rand_augment

SIDE = 20


@pytest.fixture
def image():
  rng = np.random.default_rng(0)
  return Image.fromarray(rng.integers(20, 200, (SIDE, SIDE, 3), np.uint8))


def distorted(name, image, signed):
  return np.asarray(DISTORTIONS[name](image, signed)).astype(int)


def test_there_are_the_14_of_the_paper():
  assert len(DISTORTIONS) == 14


@pytest.mark.parametrize('name', DISTORTIONS)
@pytest.mark.parametrize('signed', [0.0, 0.3, -0.3, 1.0, -1.0])
def test_the_size_stays_and_no_magnitude_changes_nothing(name, signed, image):
  result = distorted(name, image, signed)
  assert result.shape == (SIDE, SIDE, 3)
  if not signed and name not in ('auto_contrast', 'equalize'):
    np.testing.assert_array_equal(result, np.asarray(image))


def test_distortions_are_those_of_autoaugment(image):
  pixels = np.asarray(image).astype(int)
  # 150 of 331 pixels are 9 of 20; what comes in is gray.
  moved = distorted('translate_x', image, 1.0)
  np.testing.assert_allclose(moved[:, :10], pixels[:, 9:19], atol=30)
  assert (moved[:, 12:] == 128).all()
  moved = distorted('translate_y', image, -1.0)
  assert (moved[:8] == 128).all()
  np.testing.assert_array_equal(
    distorted('solarize', image, 0.5),
    np.where(pixels < 128, pixels, 255 - pixels),
  )
  np.testing.assert_array_equal(
    distorted('posterize', image, -1.0), pixels // 16 * 16
  )
  np.testing.assert_allclose(
    distorted('brightness', image, -1.0), pixels * 0.1, atol=1
  )
  gray = distorted('color', image, -1.0)
  spread = np.ptp(gray, axis=-1).mean() / np.ptp(pixels, axis=-1).mean()
  assert spread == pytest.approx(0.1, abs=0.02)


def test_each_distortion_is_drawn_as_often(image, monkeypatch):
  counts = dict.fromkeys(DISTORTIONS, 0)
  signs = []

  def counting(name):
    def count(image, signed):
      counts[name] += 1
      signs.append(signed)
      return image

    return count

  for name in counts:
    monkeypatch.setitem(DISTORTIONS, name, counting(name))
  rand_augment(image, 7000, 4.0, np.random.default_rng(0))
  assert min(counts.values()) > 400  # 500 are expected, deviation 22.
  assert max(counts.values()) < 600
  assert set(signs) == {0.4, -0.4}
  assert abs(np.mean(signs)) < 0.02


def test_a_distorted_image_follows_from_the_random_numbers(image):
  def once(seed):
    rng = np.random.default_rng(seed)
    return np.asarray(rand_augment(image, 2, 9.0, rng)).tobytes()

  assert once(1) == once(1)
  assert len({once(seed) for seed in range(20)}) > 15
