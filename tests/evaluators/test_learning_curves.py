"""Tests of what is read off learning curves, on curves made by hand."""

import pytest

from nasnet_search.evaluators.learning_curves import summary

_LOSSES = (2.0, 1.5, 1.0, 0.5, 0.4, 0.3, 0.2)


def _summary(accuracies):
  losses = _LOSSES[: len(accuracies)]
  return summary(
    {
      'validation_accuracy': accuracies,
      'validation_loss': losses,
      'training_loss': tuple(loss / 2 for loss in losses),
    }
  )


def test_best_of_all_lies_before_the_last_five():
  values = _summary((0.1, 0.9, 0.2, 0.3, 0.8, 0.4, 0.5))
  assert values == {
    'validation_accuracy': 0.5,
    'validation_accuracy_best': 0.9,
    'validation_accuracy_best_of_last_5': 0.8,
    'validation_loss': 0.2,
    'training_loss': 0.1,
  }


@pytest.mark.parametrize(
  ('accuracies', 'expected'),
  [
    ((0.9, 0.8, 0.1, 0.1, 0.1, 0.1), 0.8),  # The sixth from the end is out.
    ((0.9, 0.1, 0.1, 0.1, 0.1), 0.9),  # The fifth from the end is in.
    ((0.3,), 0.3),  # Fewer than five epochs: all of them.
  ],
)
def test_best_of_the_last_five(accuracies, expected):
  values = _summary(accuracies)
  assert values['validation_accuracy_best_of_last_5'] == expected
