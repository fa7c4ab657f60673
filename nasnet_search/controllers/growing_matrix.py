"""A matrix that rows are appended to, without a copy each time."""

import numpy as np


class GrowingMatrix:
  """A matrix whose room doubles when it is full.

  Args:
    width: Columns of it. Rows that are wider make it wider, with zeros where
      there was nothing: a lower triangle grows to both sides.
  """

  def __init__(self, width: int) -> None:
    self._buffer = np.zeros((32, max(width, 32)))
    self._shape = (0, width)

  @property
  def array(self) -> np.ndarray:
    """The matrix."""
    height, width = self._shape
    return self._buffer[:height, :width]

  def append(self, rows: np.ndarray) -> None:
    """Adds rows below."""
    height, (added, width) = self._shape[0], rows.shape
    space = self._buffer.shape
    if height + added > space[0] or width > space[1]:
      wider = space[1] if width <= space[1] else 2 * width
      grown = np.zeros((2 * (height + added), wider))
      grown[:height, : self._shape[1]] = self.array
      self._buffer = grown
    self._buffer[height : height + added, :width] = rows
    self._shape = (height + added, width)
