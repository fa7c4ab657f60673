"""Channel statistics against NumPy's, in double precision."""

import numpy as np
import pytest

from nasnet_search.data.normalization import channel_statistics


def test_equals_numpy():
  rng = np.random.default_rng(0)
  images = rng.integers(0, 256, (2500, 4, 5, 3), np.uint8)
  indices = rng.permutation(2500)[:2100]
  mean, std = channel_statistics(images, indices)
  chosen = images[indices] / 255
  assert mean == pytest.approx(chosen.mean(axis=(0, 1, 2)), abs=1e-12)
  assert std == pytest.approx(chosen.std(axis=(0, 1, 2)), abs=1e-12)


def test_order_does_not_matter():
  images = np.random.default_rng(1).integers(0, 256, (50, 4, 4, 1), np.uint8)
  forward, backward = np.arange(50), np.arange(50)[::-1]
  assert channel_statistics(images, forward) == channel_statistics(
    images, backward
  )


def test_a_constant_channel_can_be_divided_by():
  images = np.zeros((3, 2, 2, 2), np.uint8)
  images[..., 1] = [[[0, 255], [0, 255]]]
  mean, std = channel_statistics(images, np.arange(3))
  assert mean == (0.0, 0.5)
  assert std == (1 / 255, 0.5)
