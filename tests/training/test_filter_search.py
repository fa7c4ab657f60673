"""The largest number of filters that keeps to a target, in few trials."""

import pytest

from nasnet_search.training.filter_search import (
  CLOSE,
  largest_measured,
  largest_that_fits,
)


def test_every_number_is_found_from_every_guess():
  for least, step in ((2, 2), (8, 2), (3, 1)):
    numbers = range(least, least + 40 * step, step)
    for limit in range(least - 1, numbers[-1]):
      expected = max((x for x in numbers if x <= limit), default=None)
      for guess in numbers[::7]:
        asked = []

        def fits(number, limit=limit, asked=asked):
          asked.append(number)
          return number <= limit

        assert largest_that_fits(fits, least, step, guess) == expected
        assert len(asked) == len(set(asked)) <= 14
        assert set(asked) <= {*numbers, *range(numbers[-1], 400, step)}


@pytest.mark.parametrize('power', [1, 2])
@pytest.mark.parametrize('overhead', [0, 5, 90])
@pytest.mark.parametrize('guess', [2, 20, 400])
def test_measured_values_come_close_in_few_measurements(power, overhead, guess):
  asked = []

  def value(number):
    asked.append(number)
    return overhead + 100 * (number / 300) ** power

  found = largest_measured(
    value, lambda number: number**power, 100 + overhead, 2, 2, guess
  )
  assert CLOSE * (100 + overhead) <= value(found) <= 100 + overhead
  assert len(asked) <= 6


def test_a_line_may_tell_nothing_of_what_is_measured():
  for limit in range(2, 90, 2):
    asked = []

    def value(number, limit=limit, asked=asked):
      asked.append(number)
      return 1.0 if number <= limit else 100.0

    found = largest_measured(value, lambda number: number**2, 50, 2, 2, 10)
    assert found == limit
    assert len(asked) == len(set(asked))


def test_what_scatters_keeps_to_the_target_as_measured():
  noise = [0.9, 1.1, 1.0, 1.08, 0.95, 1.02, 0.97] * 20
  for start in range(7):
    values = {}

    def value(number, start=start, values=values):
      values[number] = number * noise[start + len(values)]
      return values[number]

    found = largest_measured(value, float, 101.0, 2, 2, 2)
    assert values[found] <= 101
    assert found > 80


def test_nothing_is_small_enough():
  assert largest_measured(lambda _: 9.0, float, 1.0, 2, 2, 40) is None
  assert largest_that_fits(lambda _: False, 2, 2, 40) is None
