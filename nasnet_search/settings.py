"""Configuration fields that carry their own help text and limits.

A configuration is a frozen dataclass whose fields are made by `setting`. The
name, the default and the help of a field stand in one place: the flags are
derived from them (`nasnet_search.flags.define`), and so is the flagfile that
reproduces a run. Field names are unique over the configurations of a program,
because they are the names of its flags.
"""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from nasnet_search.cells.errors import UserError, check_choice

_KINDS = {
  bool: 'true or false',
  int: 'a whole number',
  float: 'a finite number',
  str: 'a string',
  tuple: 'a tuple of strings',
}


def setting(
  default: Any,
  text: str,
  *,
  lower: float | None = None,
  upper: float | None = None,
  choices: Sequence[str] | None = None,
) -> Any:
  """Declares a field of a configuration.

  Args:
    default: The default value. Its type decides the type of the flag: bool,
      int, float, str or a tuple of str.
    text: What the field means, with its unit and the source of a default
      that comes from a paper. It is the flag's help.
    lower: The least value allowed, included.
    upper: The greatest value allowed, included.
    choices: The strings allowed. Leave it out for names in a registry, which
      plugins may extend.

  Returns:
    The field, to be assigned in the body of a dataclass.
  """
  return dataclasses.field(
    default=default,
    metadata={
      'help': text,
      'lower': lower,
      'upper': upper,
      'choices': choices,
    },
  )


def check_settings(config: Any) -> None:
  """Checks every field against its limits; call it in `__post_init__`.

  Args:
    config: An instance of a dataclass whose fields were made by `setting`.

  Raises:
    UserError: A value is of another type than the default or outside its
      limits; the message names the flag.
  """
  for field in dataclasses.fields(config):
    value = getattr(config, field.name)
    _check_type(field, value)
    lower, upper = field.metadata.get('lower'), field.metadata.get('upper')
    if lower is not None and not value >= lower:
      raise UserError(
        f'Expected --{field.name} to be at least {lower}. Received: {value}.'
      )
    if upper is not None and not value <= upper:
      raise UserError(
        f'Expected --{field.name} to be at most {upper}. Received: {value}.'
      )
    if field.metadata.get('choices') is not None:
      check_choice(f'--{field.name}', value, field.metadata['choices'])


def _check_type(field: dataclasses.Field[Any], value: Any) -> None:
  expected: tuple[type, ...] = (type(field.default),)
  if expected == (float,):
    expected = (float, int)
  # A bool is an int to Python, but not to whoever counts.
  fits = isinstance(value, expected) and (
    isinstance(value, bool) == isinstance(field.default, bool)
  )
  if isinstance(value, tuple):
    fits = fits and all(isinstance(item, str) for item in value)
  if isinstance(value, float):
    fits = fits and math.isfinite(value)
  if not fits:
    raise UserError(
      f'Expected --{field.name} to be {_KINDS[type(field.default)]}. '
      f'Received: {value!r}.'
    )


def read_value(name: str, text: str, default: Any) -> Any:
  """Returns a value of a field from text, as in `name=value`.

  Args:
    name: The field.
    text: The value.
    default: The default of the field; its type decides how text is read.

  Raises:
    UserError: The text is no such value.
  """
  if isinstance(default, bool):
    check_choice(f'value of {name}', text, ('true', 'false'))
    return text == 'true'
  try:
    return type(default)(text)
  except ValueError:
    raise UserError(
      f'Expected {name} to be like {default!r}. Received: {text!r}.'
    ) from None
