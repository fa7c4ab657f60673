"""What is read off the learning curves of a child. Plain Python."""

from collections.abc import Mapping, Sequence

_LAST = 5
"""Epochs at the end that a reward looks at (Zoph and Le 2017, section 4.1)."""


def summary(curves: Mapping[str, Sequence[float]]) -> dict[str, float]:
  """Returns the values that a measurement takes from its curves.

  Args:
    curves: `validation_accuracy`, `validation_loss` and `training_loss`, one
      entry an epoch, at least one.
  """
  accuracies = curves['validation_accuracy']
  return {
    'validation_accuracy': accuracies[-1],
    'validation_accuracy_best': max(accuracies),
    'validation_accuracy_best_of_last_5': max(accuracies[-_LAST:]),
    'validation_loss': curves['validation_loss'][-1],
    'training_loss': curves['training_loss'][-1],
  }
