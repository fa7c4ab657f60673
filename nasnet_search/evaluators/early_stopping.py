"""Which children are given up early: a rule on learning curves.

After each epoch but the last a child is compared with those that were trained
in full: if its validation accuracy so far is below a quantile of what they had
reached by then, it is stopped, and its reward is what it has reached. With a
quantile of one half this is the median stopping rule of Google Vizier (Golovin
et al. 2017), but that the best value so far of the others is compared with, in
place of their running averages: accuracies of a child rise while it trains.

Importing this module must not import TensorFlow.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from nasnet_search.evaluators.protocol import Context
from nasnet_search.trials import Measurement

METRIC = 'validation_accuracy'
"""The curve that children are compared by."""

STOPPED_AFTER = 'stopped_after_epoch'
"""The value, in a measurement, that tells after which epoch it was stopped."""
STOPPED_BELOW = 'stopped_below'
"""The value that tells the threshold that it was below."""
THRESHOLDS = 'stopping_thresholds'
"""The curve of the thresholds that a child was compared with, as far as it
got."""


def thresholds(
  curves: Sequence[Sequence[float]], quantile: float, least: int
) -> tuple[float, ...]:
  """Returns what a child must have reached after each epoch but the last.

  Args:
    curves: `METRIC` of the children trained in full, an entry an epoch.
    quantile: The share of them that a child must not be below, in [0, 1).
    least: How many there must be before any child is stopped.

  Returns:
    The thresholds; empty for none.
  """
  if not quantile or len(curves) < max(least, 1):
    return ()
  epochs = min(map(len, curves))
  reached = np.maximum.accumulate([curve[:epochs] for curve in curves], axis=1)
  found = np.quantile(reached[:, :-1], quantile, axis=0)
  return tuple(map(float, found))


def in_full(measurement: Measurement) -> bool:
  """Returns whether a child with learning curves was trained to its end."""
  return (
    METRIC in measurement.curves and STOPPED_AFTER not in measurement.values
  )


class Stopping:
  """A context that stops a child that falls below thresholds.

  Args:
    context: Whom else to tell.
    thresholds: What the child must have reached after each epoch.
  """

  def __init__(self, context: Context, thresholds: Sequence[float]) -> None:
    self._context = context
    self._thresholds = thresholds
    self._reached = -float('inf')
    self._stopped: tuple[int, float] | None = None
    self._epochs = 0

  def report(self, epoch: int, metrics: Mapping[str, float]) -> bool:
    """Tells of an epoch; returns whether to go on."""
    going_on = self._context.report(epoch, metrics)
    if METRIC not in metrics or epoch > len(self._thresholds):
      return going_on
    self._epochs = epoch
    self._reached = max(self._reached, metrics[METRIC])
    if self._reached < self._thresholds[epoch - 1]:
      self._stopped = epoch, self._thresholds[epoch - 1]
      return False
    return going_on

  def noted(self, measurement: Measurement) -> Measurement:
    """Returns a measurement with the thresholds, and whether they stopped it.

    Args:
      measurement: What the evaluation found.
    """
    values, curves = dict(measurement.values), dict(measurement.curves)
    if self._epochs:
      curves[THRESHOLDS] = tuple(self._thresholds[: self._epochs])
    if self._stopped is not None:
      epoch, threshold = self._stopped
      values |= {STOPPED_AFTER: float(epoch), STOPPED_BELOW: threshold}
    return dataclasses.replace(measurement, values=values, curves=curves)
