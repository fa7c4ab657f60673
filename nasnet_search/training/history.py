"""What is measured while a network is trained, epoch by epoch.

The rows are part of every checkpoint; `metrics.csv` is made of them anew
after every epoch, so that it is whole however often a training was continued.
"""

import csv
import dataclasses
import io
import math
import pathlib
from collections.abc import Mapping, Sequence

from nasnet_search.runs.directory import replace_text

Row = Mapping[str, float]
"""The figures of one epoch, by name."""


@dataclasses.dataclass
class Sums:
  """Sums over images, added up in a fixed order, in float64.

  Attributes:
    loss: Of the losses.
    correct: Images whose class is the most probable.
    in_top: Images whose class is among the most probable ones.
    images: Images in all.
  """

  loss: float = 0.0
  correct: float = 0.0
  in_top: float = 0.0
  images: int = 0

  def add(self, sums: Sequence[float], images: int) -> None:
    """Adds the sums of a batch: losses, correct, in top."""
    self.loss += float(sums[0])
    self.correct += float(sums[1])
    self.in_top += float(sums[2])
    self.images += images

  def means(self, prefix: str, *, top: bool) -> dict[str, float]:
    """Returns the means over the images, by name.

    Args:
      prefix: What the names begin with, such as `validation`.
      top: Whether top-5 accuracy says something: there are more classes.
    """
    count = max(self.images, 1)
    means = {
      f'{prefix}_loss': self.loss / count,
      f'{prefix}_accuracy': self.correct / count,
    }
    if top:
      means[f'{prefix}_top_5_accuracy'] = self.in_top / count
    return means

  @property
  def finite(self) -> bool:
    """Whether no loss was NaN or infinite."""
    return math.isfinite(self.loss)


def keras_logs(row: Row) -> dict[str, float]:
  """Returns a row under the names that Keras' callbacks know."""
  return {
    name.removeprefix('training_').replace('validation_', 'val_'): value
    for name, value in row.items()
  }


def write_csv(path: pathlib.Path, rows: Sequence[Row]) -> None:
  """Writes the rows as a CSV file, whole or not at all."""
  if not rows:
    return
  text = io.StringIO()
  writer = csv.DictWriter(text, rows[0], lineterminator='\n')
  writer.writeheader()
  writer.writerows(rows)
  replace_text(path, text.getvalue())
