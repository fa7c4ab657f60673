"""A text cut into windows for truncated back-propagation. Plain NumPy.

The words to predict are dealt out to rows, each a part of the text without
gaps; a window is some steps of all rows at once. The state after a window is
the one before the next. No word is left out: where the last window has more
places than there are words, their weight is 0.
"""

from typing import NamedTuple

import numpy as np


class Windows(NamedTuple):
  """A text in windows; each array is `[windows, steps, rows]`.

  Attributes:
    inputs: The words read, int32.
    targets: The words to predict, int32: the ones that follow.
    weights: 1 for words to predict, 0 for places without one, float32.
  """

  inputs: np.ndarray
  targets: np.ndarray
  weights: np.ndarray


def text_windows(words: np.ndarray, rows: int, steps: int) -> Windows:
  """Returns a text in windows.

  Args:
    words: Numbers of words, int32 `[count]`, at least two.
    rows: Parts of the text that are read side by side.
    steps: Words in a row of a window.
  """
  count = len(words) - 1  # The first word is not predicted.
  length = -(-count // rows)
  windows = -(-length // steps)

  def cut(values: np.ndarray) -> np.ndarray:
    padded = np.zeros(rows * length, values.dtype)
    padded[:count] = values
    whole = np.zeros((rows, windows * steps), values.dtype)
    whole[:, :length] = padded.reshape(rows, length)
    cut = whole.reshape(rows, windows, steps).transpose(1, 2, 0)
    return np.ascontiguousarray(cut)

  return Windows(
    cut(words[:-1]), cut(words[1:]), cut(np.ones(count, np.float32))
  )
