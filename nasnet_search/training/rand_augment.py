"""RandAugment: a few random distortions of one strength for all of them.

Cubuk et al. 2020 (arXiv 1909.13719): of 14 distortions so many are drawn for
each image, and one magnitude between 0 and 10 says how far each of them goes;
at 10 it goes as far as AutoAugment does (Cubuk et al. 2019, Table 6).

Pillow does them, an image at a time, beside decoding. The layer of Keras was
looked at: it draws once for a whole batch and computes all its distortions to
keep a few of them, which would be the slowest part of a training on a CPU.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

GREATEST = 10
"""The magnitude at which distortions go as far as AutoAugment's."""

_SHEAR = 0.3
_TRANSLATION = 150 / 331  # Pixels of an image of 331 pixels.
_ROTATION = 30.0  # Degrees.
_ENHANCEMENT = 0.9  # Added to a factor of 1, or taken from it.
_POSTERIZED_BITS = 4  # Of 8, taken away at the greatest magnitude.
_GRAY = (128, 128, 128)
"""What comes in from outside of the image, as in the authors' code."""


def rand_augment(
  image: Image.Image,
  operations: int,
  magnitude: float,
  rng: np.random.Generator,
) -> Image.Image:
  """Distorts an image.

  Args:
    image: An RGB image.
    operations: How many distortions are drawn, with replacement.
    magnitude: How far each goes, from 0 to `GREATEST`.
    rng: Source of the randomness; how much is drawn from it depends on
      `operations` only.

  Returns:
    An image of the same size.
  """
  strength = magnitude / GREATEST
  for name in rng.choice(list(DISTORTIONS), size=operations):
    sign = 1 if rng.random() < 0.5 else -1
    image = DISTORTIONS[name](image, strength * sign)
  return image


def _affine(image: Image.Image, *numbers: float) -> Image.Image:
  return image.transform(
    image.size,
    Image.Transform.AFFINE,
    numbers,
    Image.Resampling.BILINEAR,
    fillcolor=_GRAY,
  )


def _shear_x(image: Image.Image, signed: float) -> Image.Image:
  return _affine(image, 1, _SHEAR * signed, 0, 0, 1, 0)


def _shear_y(image: Image.Image, signed: float) -> Image.Image:
  return _affine(image, 1, 0, 0, _SHEAR * signed, 1, 0)


def _translate_x(image: Image.Image, signed: float) -> Image.Image:
  return _affine(image, 1, 0, _TRANSLATION * signed * image.width, 0, 1, 0)


def _translate_y(image: Image.Image, signed: float) -> Image.Image:
  return _affine(image, 1, 0, 0, 0, 1, _TRANSLATION * signed * image.height)


def _rotate(image: Image.Image, signed: float) -> Image.Image:
  return image.rotate(
    _ROTATION * signed, Image.Resampling.BILINEAR, fillcolor=_GRAY
  )


def _solarize(image: Image.Image, signed: float) -> Image.Image:
  return ImageOps.solarize(image, math.ceil(256 * (1 - abs(signed))))


def _posterize(image: Image.Image, signed: float) -> Image.Image:
  return ImageOps.posterize(image, 8 - int(_POSTERIZED_BITS * abs(signed)))


def _enhanced(
  kind: Callable[[Image.Image], Any],
) -> Callable[[Image.Image, float], Image.Image]:
  def enhanced(image: Image.Image, signed: float) -> Image.Image:
    return kind(image).enhance(1 + _ENHANCEMENT * signed)

  return enhanced


DISTORTIONS: dict[str, Callable[[Image.Image, float], Image.Image]] = {
  'identity': lambda image, signed: image,
  'auto_contrast': lambda image, signed: ImageOps.autocontrast(image),
  'equalize': lambda image, signed: ImageOps.equalize(image),
  'rotate': _rotate,
  'solarize': _solarize,
  'color': _enhanced(ImageEnhance.Color),
  'posterize': _posterize,
  'contrast': _enhanced(ImageEnhance.Contrast),
  'brightness': _enhanced(ImageEnhance.Brightness),
  'sharpness': _enhanced(ImageEnhance.Sharpness),
  'shear_x': _shear_x,
  'shear_y': _shear_y,
  'translate_x': _translate_x,
  'translate_y': _translate_y,
}
"""By name: a function of an RGB image and the share of the greatest strength,
negative for the other direction where there are two."""
