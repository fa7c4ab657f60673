"""How sure a mean is: Student's interval of independent values."""

import dataclasses
from collections.abc import Sequence

import numpy as np


@dataclasses.dataclass(frozen=True)
class Estimate:
  """A mean of independent values.

  Attributes:
    mean: The mean.
    deviation: The standard deviation of the values.
    half_width: Half the width of the 95 % interval of the mean; 0 for one
      value, of which nothing is known.
  """

  mean: float
  deviation: float
  half_width: float

  @property
  def above_zero(self) -> bool:
    """Whether the whole interval is above 0."""
    return self.mean > self.half_width


def estimate(values: Sequence[float] | np.ndarray) -> Estimate:
  """Returns mean, deviation and interval of independent values."""
  # Imported late: a search that confirms nothing has no use for it.
  from scipy import special

  count = len(values)
  deviation = float(np.std(values, ddof=1)) if count > 1 else 0.0
  # Student's t, because the deviation is estimated, too.
  quantile = float(special.stdtrit(count - 1, 0.975)) if count > 1 else 0.0
  return Estimate(
    float(np.mean(values)), deviation, quantile * deviation / count**0.5
  )
