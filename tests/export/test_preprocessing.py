"""Decoding and scaling inside a graph, against Pillow bit by bit."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from nasnet_search.data.images import decode_image, scale_images
from nasnet_search.export.preprocessing import decode, resample

RNG = np.random.default_rng(0)


def pixels(*shape):
  """Returns an image of smooth and of hard edges."""
  noise = RNG.integers(0, 256, shape)
  ramp = np.linspace(0, 255, shape[1])[None, :, None]
  return np.where(noise < 128, noise, ramp).astype(np.uint8)


def encoded(image, kind, **options):
  file = io.BytesIO()
  image.save(file, kind, **options)
  return file.getvalue()


@pytest.mark.parametrize(
  ('before', 'after'),
  [
    ((8, 8), (8, 8)),
    ((24, 16), (8, 8)),  # Whole factors: means.
    ((70, 42), (10, 6)),
    ((8, 24), (8, 8)),
    ((13, 17), (8, 8)),  # Lanczos, smaller and larger.
    ((5, 3), (8, 8)),
    ((500, 375), (32, 32)),
    ((8, 20), (8, 12)),  # One side stays as it is.
    ((20, 12), (8, 12)),
    ((1, 1), (8, 8)),
  ],
)
@pytest.mark.parametrize('channels', [1, 3])
def test_images_are_scaled_as_training_images_are(before, after, channels):
  images = np.stack([pixels(*before, channels) for _ in range(2)])
  scaled = tf.function(lambda x: resample(x, after))(
    tf.constant(images)
  ).numpy()
  np.testing.assert_array_equal(scaled, scale_images(images, *after))


@pytest.mark.parametrize(
  ('kind', 'mode', 'options'),
  [
    ('PNG', 'RGB', {}),
    ('PNG', 'L', {}),
    ('PNG', 'RGBA', {}),
    ('PNG', 'LA', {}),
    ('PNG', 'P', {}),
    ('JPEG', 'RGB', {'quality': 90}),
    ('JPEG', 'RGB', {'quality': 30, 'subsampling': 0}),
    ('JPEG', 'L', {}),
  ],
)
def test_files_are_decoded_as_training_files_are(kind, mode, options):
  image = Image.fromarray(pixels(21, 34, 3)).convert(mode)
  content = encoded(image, kind, **options)
  expected, _ = decode_image(content, 0)
  np.testing.assert_array_equal(decode(content, 3), expected)
  gray = np.asarray(Image.fromarray(expected).convert('L'))[..., None]
  np.testing.assert_array_equal(decode(content, 1), gray)
