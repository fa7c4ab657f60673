"""How a report writes numbers, times and text that came from elsewhere."""

import datetime
import re

ABSENT = '-'
"""Stands where there is no value."""

_WRITTEN = {
  'approximate_kl': 'approximate KL',
  'multiply_adds': 'multiply-adds',
}
_REPLACEMENT = '\ufffd'
# Control characters, which terminals obey and HTML forbids, except tab and
# line feed; and halves of surrogate pairs, which no file can hold.
_UNPRINTABLE = re.compile('[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]')


def clean(text: str) -> str:
  """Returns text that is safe to print: without control characters."""
  return _UNPRINTABLE.sub(_REPLACEMENT, text.replace('\r\n', '\n'))


def shortened(text: str, length: int) -> str:
  """Returns text of at most `length` characters."""
  return text if len(text) <= length else text[: length - 1] + '…'


def reward(value: float | None) -> str:
  """Returns a reward with four decimals, more where those would say little."""
  if value is None:
    return ABSENT
  if value == 0 or abs(value) >= 1e-2:
    return f'{value:.4f}'
  return f'{value:.6f}' if abs(value) >= 1e-3 else f'{value:.2e}'


def quantity(value: float | None) -> str:
  """Returns a measured value: whole numbers whole, others in four digits."""
  if value is None:
    return ABSENT
  if value == round(value) and abs(value) < 1e15:
    return f'{value:,.0f}'
  return f'{value:,.1f}' if abs(value) >= 1000 else f'{value:.4g}'


def counted(count: int, noun: str) -> str:
  """Returns a count with its noun, such as `1 trial` or `2 trials`."""
  return f'{count:,} {noun}{"" if count == 1 else "s"}'


def duration(seconds: float | None) -> str:
  """Returns a duration as people say it, such as `2 h 05 min`."""
  if seconds is None:
    return ABSENT
  if seconds < 10:
    return f'{seconds:.2g} s'
  minutes, rest = divmod(round(seconds), 60)
  hours, minutes = divmod(minutes, 60)
  if hours:
    return f'{hours:,} h {minutes:02} min'
  return f'{minutes} min {rest:02} s' if minutes else f'{rest} s'


def moment(seconds: float | None) -> str:
  """Returns a Unix time in seconds as date and time, UTC."""
  if seconds is None:
    return ABSENT
  time = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
  return time.strftime('%Y-%m-%d %H:%M:%S UTC')


def title(name: str) -> str:
  """Returns an identifier as a heading: `validation_loss`, Validation loss."""
  words = _WRITTEN.get(name, name.replace('_', ' '))
  return words[:1].upper() + words[1:]
