"""Decoding and scaling single images; expected pixels are worked by hand."""

import io

import numpy as np
import pytest
from PIL import Image

from nasnet_search.cells.errors import UserError
from nasnet_search.data.images import decode_image, scale_images


def encoded(image, kind='PNG'):
  file = io.BytesIO()
  image.save(file, kind)
  return file.getvalue()


def test_pixels_are_kept():
  pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
  decoded, gray = decode_image(encoded(Image.fromarray(pixels)), 0)
  assert np.array_equal(decoded, pixels)
  assert decoded.dtype == np.uint8
  assert not gray


@pytest.mark.parametrize('kind', ['JPEG', 'PNG', 'BMP', 'GIF', 'WEBP'])
def test_formats(kind):
  image = Image.new('RGB', (8, 8), (255, 255, 255))
  decoded, _ = decode_image(encoded(image, kind), 0)
  assert decoded.shape == (8, 8, 3)
  assert decoded.min() >= 254


@pytest.mark.parametrize(
  ('mode', 'color', 'expected', 'is_gray'),
  [
    ('1', 1, (255, 255, 255), True),
    ('L', 9, (9, 9, 9), True),
    ('LA', (9, 0), (9, 9, 9), True),
    ('RGBA', (1, 2, 3, 0), (1, 2, 3), False),
  ],
)
def test_modes(mode, color, expected, is_gray):
  decoded, gray = decode_image(encoded(Image.new(mode, (4, 4), color)), 0)
  assert tuple(decoded[0, 0]) == expected
  assert gray == is_gray


def test_palettes_become_colors():
  image = Image.new('RGB', (4, 4), (200, 0, 0)).quantize(2)
  decoded, gray = decode_image(encoded(image), 0)
  assert tuple(decoded[3, 3]) == (200, 0, 0)
  assert not gray


def test_more_than_8_bits_are_refused_not_clipped():
  image = Image.fromarray(np.full((4, 4), 40000, np.uint16))
  with pytest.raises(ValueError, match='more than 8 bits'):
    decode_image(encoded(image), 0)


def test_other_formats_are_not_tried():
  with pytest.raises(OSError, match='cannot identify'):
    decode_image(encoded(Image.new('RGB', (4, 4)), 'TIFF'), 0)


def test_whole_factors_take_the_mean():
  pixels = np.array([[0, 4, 10, 10], [8, 12, 10, 14]], np.uint8)
  images = pixels[None, :, :, None]
  scaled = scale_images(images, 1, 2)
  # (0 + 4 + 8 + 12) / 4 and (10 + 10 + 10 + 14) / 4.
  assert scaled[0, 0, :, 0].tolist() == [6, 11]


def test_files_and_arrays_are_scaled_alike():
  pixels = np.random.default_rng(1).integers(0, 256, (12, 12, 3), np.uint8)
  for size in (4, 5, 20):
    decoded, _ = decode_image(encoded(Image.fromarray(pixels)), size)
    scaled = scale_images(pixels[None], size, size)
    assert decoded.shape == (size, size, 3)
    assert np.array_equal(scaled[0], decoded)


def test_scaling_keeps_the_mean_of_many_images():
  images = np.random.default_rng(2).integers(0, 256, (50, 32, 32, 3), np.uint8)
  scaled = scale_images(images, 16, 16)
  # Rounding halves up adds an eighth of a level to a mean of four.
  assert scaled.mean() - images.mean() == pytest.approx(1 / 8, abs=0.02)


def test_channels_are_not_mixed():
  images = np.zeros((1, 10, 10, 3), np.uint8)
  images[..., 1] = 200
  scaled = scale_images(images, 7, 7)
  assert np.all(scaled == np.array([0, 200, 0]))


def test_nothing_is_copied_without_need():
  images = np.zeros((2, 8, 6, 1), np.uint8)
  assert scale_images(images, 8, 6) is images


def test_unknown_channels_are_refused():
  images = np.zeros((1, 8, 8, 4), np.uint8)
  with pytest.raises(UserError, match=r'1 or 3 channels.*Received: 4'):
    scale_images(images, 4, 4)
