"""The mean and standard deviation of each channel of a set of images."""

import numpy as np

_CHUNK = 1000
"""Images counted at a time; bounds the memory that counting takes."""


def channel_statistics(
  images: np.ndarray, indices: np.ndarray
) -> tuple[tuple[float, ...], tuple[float, ...]]:
  """Returns mean and standard deviation of each channel.

  Pixel values are counted, not summed as floats, so the result is the same
  in every order and on every machine.

  Args:
    images: uint8 `[count, height, width, channels]`.
    indices: Which images to look at, integers.

  Returns:
    Means and standard deviations of the values divided by 255, one a
    channel. A channel that never varies gets one grey level, 1/255, as its
    standard deviation, which must not be 0 to be divided by.
  """
  channels = images.shape[-1]
  counts = np.zeros((channels, 256), np.int64)
  ordered = np.sort(indices)  # Memory-mapped images are read front to back.
  for start in range(0, len(ordered), _CHUNK):
    chunk = images[ordered[start : start + _CHUNK]]
    for channel in range(channels):
      values = chunk[..., channel].ravel()
      counts[channel] += np.bincount(values, minlength=256)
  levels = np.arange(256) / 255
  mean = counts @ levels / counts.sum(axis=1)
  squares = (levels - mean[:, None]) ** 2
  variance = (counts * squares).sum(axis=1) / counts.sum(axis=1)
  std = np.maximum(np.sqrt(variance), 1 / 255)
  return tuple(map(float, mean)), tuple(map(float, std))
