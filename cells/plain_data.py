"""Reading plain data that came from outside, such as a JSON file.

The data may be anything: what is read here is checked for its shape, and the
constructors check the values.
"""

from collections.abc import Sequence
from typing import Any

from nasnet_search.cells.errors import UserError

MOST = 2**20
"""No layer has more of anything: what is larger comes from nobody who wants a
network of it, and TensorFlow fails on it in ways of its own."""


def read_mapping(
  data: Any, keys: Sequence[str], *, others: bool = False
) -> tuple[Any, ...]:
  """Returns the values of the keys that a mapping must have.

  Args:
    data: What should be a mapping.
    keys: The keys it must have.
    others: Whether it may have other keys, which are ignored.

  Returns:
    The values, in the order of `keys`.

  Raises:
    UserError: The data are no mapping, or the keys are not the right ones.
  """
  expected = ', '.join(keys)
  if not isinstance(data, dict):
    raise UserError(
      f'Expected a mapping with the keys {expected}. '
      f'Received: {shortened(data)}.'
    )
  missing = [key for key in keys if key not in data]
  if missing:
    raise UserError(
      f'Expected the keys {expected}. Received none for: {", ".join(missing)}.'
    )
  unknown = [key for key in data if key not in keys]
  if unknown and not others:
    raise UserError(
      f'Expected only the keys {expected}. Received: {shortened(unknown[0])}.'
    )
  return tuple(data[key] for key in keys)


def check_count(name: str, value: Any, least: int) -> None:
  """Checks a number of something.

  Args:
    name: What it is the number of.
    value: What should be one.
    least: The smallest there may be.

  Raises:
    UserError: It is no whole number, or not from `least` to `MOST`.
  """
  whole = isinstance(value, int) and not isinstance(value, bool)
  if not whole or not least <= value <= MOST:
    raise UserError(
      f'Expected {name} to be a whole number from {least} to {MOST:,}. '
      f'Received: {shortened(value)}.'
    )


def read_list(what: str, data: Any) -> tuple[Any, ...]:
  """Returns a list as a tuple.

  Raises:
    UserError: The data are no list.
  """
  if not isinstance(data, list | tuple):
    raise UserError(
      f'Expected {what} to be a list. Received: {shortened(data)}.'
    )
  return tuple(data)


def shortened(data: Any, limit: int = 60) -> str:
  """Returns how data look in Python, cut to a length that fits a message."""
  text = repr(data)
  return text if len(text) <= limit else f'{text[: limit - 3]}...'


def check_format(data: Any, expected: str, newest: int) -> None:
  """Checks the `format` and `format_version` that plain data begin with.

  Args:
    data: Plain data, read from a file.
    expected: The format that they should be of.
    newest: Its only version so far.

  Raises:
    UserError: They are of another format or version.
  """
  received, version = read_mapping(
    data, ('format', 'format_version'), others=True
  )
  if received != expected:
    raise UserError(
      f'Expected the format {expected!r}. Received: {shortened(received)}.'
    )
  if version != newest:
    raise UserError(
      f'Expected format_version {newest}, which is what this version of '
      f'nasnet_search reads. Received: {shortened(version)}. Install the '
      'version of nasnet_search that wrote it.'
    )
