"""The one exception that speaks to a person.

Whatever somebody can get wrong (a flag, a file, a name) raises `UserError`.
The binaries print its message without a traceback; any other exception is a
defect of this project and keeps its traceback.
"""

import contextlib
from collections.abc import Iterable, Iterator


class UserError(ValueError):
  """Something given to the project is wrong, and the message says what.

  A message says what was expected, what was received and what to do.
  """


def check_choice(what: str, received: str, expected: Iterable[str]) -> None:
  """Raises unless a name is one of the known ones.

  Args:
    what: What the name stands for, such as `operation`.
    received: The name given.
    expected: The names that are known, in the order to list them in.

  Raises:
    UserError: The name is unknown; the message lists the known ones.
  """
  known = list(expected)
  if received not in known:
    raise UserError(
      f'Unknown {what}. Expected one of: {", ".join(known)}. '
      f'Received: {received!r}.'
    )


@contextlib.contextmanager
def located(where: str) -> Iterator[None]:
  """Puts a place in front of the message of a `UserError` raised within.

  Args:
    where: The place, such as `block_2` or the name of a file. Nested places
      read from the outermost to the innermost.

  Raises:
    UserError: One was raised within.
  """
  try:
    yield
  except UserError as error:
    raise UserError(f'{where}: {error}') from error
