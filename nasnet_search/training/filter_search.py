"""Finds the largest number of filters that keeps to a target.

What is counted costs milliseconds and is found exactly. What is measured
costs seconds, and scatters: a value close enough to the target ends the
search, and each place to measure at is told by a line through earlier ones.
"""

from collections.abc import Callable, Mapping

CLOSE = 0.96
"""Share of a measured target that is close enough: measured again, the latency
of a network differs by about as much."""
_AIM = (1 + CLOSE) / 2
"""Share of the target that a measurement aims at."""
_MOST_GROWTH = 4.0
"""By how much the size of a network grows or shrinks from the first to the
second measurement, at most."""


def largest_that_fits(
  fits: Callable[[int], bool], least: int, step: int, guess: int
) -> int | None:
  """Returns the largest number that fits, where all smaller ones do.

  Looks around a guess, at first near it, then ever further, and halves the
  gap between a number that fits and one that does not.

  Args:
    fits: Whether a number fits.
    least: The smallest number there is.
    step: What lies between two numbers.
    guess: One of the numbers.

  Returns:
    The number; None if not even the smallest fits.
  """
  stride = step
  if fits(guess):
    low, high = guess, guess + stride
    while fits(high):
      stride *= 2
      low, high = high, high + stride
  else:
    high = guess
    while True:
      if high == least:
        return None
      low = max(high - stride, least)
      if fits(low):
        break
      stride *= 2
      high = low
  while high - low > step:
    middle = low + (high - low) // (2 * step) * step
    if fits(middle):
      low = middle
    else:
      high = middle
  return low


def largest_measured(
  value: Callable[[int], float],
  size: Callable[[int], float],
  target: float,
  least: int,
  step: int,
  guess: int,
) -> int | None:
  """Returns a number whose measured value is close to a target, not above it.

  Args:
    value: Measures the value of a number; grows with it, by and large.
    size: What the value follows from, by and large as a line; costs nothing.
    target: The greatest value allowed.
    least: The smallest number there is.
    step: What lies between two numbers.
    guess: One of the numbers.

  Returns:
    The first number measured with at least `CLOSE` of the target, else the
    largest one that does not exceed it; None if not even the smallest does.
  """
  low, high = least - step, None
  values: dict[int, float] = {}
  place, stride = guess, step
  while high is None or high - low > step:
    values[place] = value(place)
    if values[place] <= target:
      low = place
      if values[place] >= CLOSE * target:
        return low
    else:
      high = place
    told = _told(values, size, _AIM * target, least, step, place)
    # As long as one side is open, ever further at least.
    if high is None:
      place = max(told, low + stride)
    elif low < least:
      place = max(min(told, high - stride), least)
    else:
      place = min(max(told, low + step), high - step)
    stride *= 2
  return None if low < least else low


def _told(
  values: Mapping[int, float],
  size: Callable[[int], float],
  target: float,
  least: int,
  step: int,
  place: int,
) -> int:
  """Returns where a line through two measurements reaches a target."""
  (near, first), *others = sorted(
    values.items(), key=lambda item: abs(item[1] - target)
  )
  aimed = size(near) * min(max(target / first, 1 / _MOST_GROWTH), _MOST_GROWTH)
  for other, second in others[:1]:
    if second != first:
      slope = (size(other) - size(near)) / (second - first)
      aimed = size(near) + slope * (target - first)
  found = largest_that_fits(
    lambda number: size(number) <= aimed, least, step, place
  )
  return found or least
