"""One image: decoding it, and scaling it to another size.

Inference has to do to an image what is done here; the name of the rule,
`RESAMPLING`, is in the data set's record.
"""

import io

import numpy as np
from PIL import Image

from nasnet_search.cells.errors import UserError

RESAMPLING = 'mean_or_lanczos'
"""The rule of `_scaled`: where both sides shrink by whole factors, each pixel
becomes the mean of those it covers (Pillow's `Image.reduce`); otherwise
Pillow's LANCZOS filter. Proportions are not kept."""

# No other format is tried: some of Pillow's start other programs.
_FORMATS = ('JPEG', 'PNG', 'BMP', 'GIF', 'WEBP')

_GRAY_MODES = ('1', 'L', 'LA')
_COLOR_MODES = ('P', 'PA', 'RGB', 'RGBA', 'RGBX', 'CMYK', 'YCbCr', 'LAB', 'HSV')


def decode_image(content: bytes, size: int) -> tuple[np.ndarray, bool]:
  """Decodes a file: JPEG, PNG, BMP, GIF or WebP.

  Transparency is dropped, and of an animation the first picture is taken. A
  rotation noted in the file is not applied.

  Args:
    content: The bytes of the file.
    size: Height and width to scale to, in pixels; 0 keeps the size.

  Returns:
    The pixels as RGB, uint8 `[height, width, 3]`, and whether the image is
    grayscale, its channels being equal.

  Raises:
    Exception: The file cannot be read. Pillow raises many kinds on damaged
      files: OSError, ValueError, SyntaxError, IndexError and others.
  """
  with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
    if image.mode not in (*_GRAY_MODES, *_COLOR_MODES):
      raise ValueError(f'its pixels have more than 8 bits ({image.mode})')
    gray = image.mode in _GRAY_MODES
    pixels = image.convert('L' if gray else 'RGB')
  if size:
    pixels = _scaled(pixels, size, size)
  return np.asarray(pixels.convert('RGB')), gray


def scale_images(images: np.ndarray, height: int, width: int) -> np.ndarray:
  """Scales many images, unless they have the size already.

  Args:
    images: uint8 `[count, height, width, channels]`, of 1 or 3 channels.
    height: Height to scale to, in pixels.
    width: Width to scale to, in pixels.

  Returns:
    uint8 `[count, height, width, channels]`; `images` itself if nothing has
    to be done.

  Raises:
    UserError: The images have neither 1 nor 3 channels.
  """
  count, *size, channels = images.shape
  if size == [height, width]:
    return images
  if channels not in (1, 3):
    raise UserError(
      'Expected images of 1 or 3 channels to scale with --image_size. '
      f'Received: {channels} channels. Leave --image_size out.'
    )
  scaled = np.empty((count, height, width, channels), np.uint8)
  for index, pixels in enumerate(images):
    image = Image.fromarray(pixels[..., 0] if channels == 1 else pixels)
    scaled[index] = np.asarray(_scaled(image, height, width)).reshape(
      height, width, channels
    )
  return scaled


def _scaled(image: Image.Image, height: int, width: int) -> Image.Image:
  if image.size == (width, height):
    return image
  if not image.width % width and not image.height % height:
    # `resize` with the BOX filter would round twice, half a grey level up.
    return image.reduce((image.width // width, image.height // height))
  return image.resize((width, height), Image.Resampling.LANCZOS)
