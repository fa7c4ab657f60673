"""The rule that gives children up early, by hand."""

import pytest

from nasnet_search.evaluators.early_stopping import (
  Stopping,
  in_full,
  thresholds,
)
from nasnet_search.evaluators.protocol import Silent
from nasnet_search.trials import Measurement


class _Listener:
  def __init__(self, going_on=True):
    self.epochs = []
    self._going_on = going_on

  def report(self, epoch, metrics):
    self.epochs.append(epoch)
    return self._going_on


def test_thresholds_are_quantiles_of_what_was_reached():
  curves = [(0.1, 0.3, 0.2), (0.2, 0.2, 0.6), (0.3, 0.5, 0.6), (0.4, 0.1, 0.9)]
  # Reached by the second epoch: .3, .2, .5, .4. The last epoch has none.
  assert thresholds(curves, 0.5, 4) == pytest.approx((0.25, 0.35))
  # A quarter of the way: .1 .2 .3 .4 and .2 .3 .4 .5, between the first two.
  assert thresholds(curves, 0.25, 4) == pytest.approx((0.175, 0.275))


def test_no_thresholds_before_enough_children_or_without_a_quantile():
  curves = [(0.1, 0.2)] * 4
  assert thresholds(curves, 0.5, 5) == ()
  assert thresholds(curves, 0.0, 2) == ()
  assert thresholds([], 0.5, 0) == ()
  assert thresholds([(0.1,)] * 4, 0.5, 2) == ()  # One epoch is the last.


def test_stops_below_a_threshold_and_tells():
  stopping = Stopping(Silent(), (0.2, 0.4))
  assert stopping.report(1, {'validation_accuracy': 0.2})
  assert not stopping.report(2, {'validation_accuracy': 0.39})
  noted = stopping.noted(
    Measurement({'validation_accuracy': 0.39}, {'loss': (1.0, 2.0)})
  )
  assert noted.values == {
    'validation_accuracy': 0.39,
    'stopped_after_epoch': 2.0,
    'stopped_below': 0.4,
  }
  assert noted.curves['stopping_thresholds'] == (0.2, 0.4)
  assert noted.curves['loss'] == (1.0, 2.0)
  assert not in_full(noted)


def test_what_was_reached_before_counts():
  stopping = Stopping(Silent(), (0.2, 0.4))
  stopping.report(1, {'validation_accuracy': 0.5})
  assert stopping.report(2, {'validation_accuracy': 0.1})


def test_the_last_epoch_stops_nobody():
  stopping = Stopping(Silent(), (0.2,))
  stopping.report(1, {'validation_accuracy': 0.3})
  assert stopping.report(2, {'validation_accuracy': 0.0})
  curves = {'validation_accuracy': (0.3, 0.0)}
  noted = stopping.noted(Measurement({}, curves))
  assert noted.curves['stopping_thresholds'] == (0.2,)
  assert in_full(noted)


@pytest.mark.parametrize('going_on', [True, False])
def test_without_thresholds_nothing_changes(going_on):
  listener = _Listener(going_on)
  stopping = Stopping(listener, ())
  assert stopping.report(1, {'validation_accuracy': 0.0}) == going_on
  assert listener.epochs == [1]
  measurement = Measurement({'x': 1.0})
  assert stopping.noted(measurement) == measurement


def test_children_without_learning_curves_count_for_nothing():
  assert not in_full(Measurement({'closeness': 1.0}))
