"""Flagfiles: the packaged ones by name, and how to write one.

absl opens `--flagfile=NAME` as a path only, so a packaged flagfile could not
be named outside a checkout. `resolve` turns a bare name into the path of the
packaged file before absl sees it.
"""

import csv
import importlib.resources
import io
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from nasnet_search.cells.errors import UserError

_PREFIXES = ('--flagfile=', '-flagfile=')


def packaged() -> dict[str, pathlib.Path]:
  """Returns the packaged flagfiles by name, without their suffix."""
  folder = pathlib.Path(str(importlib.resources.files('nasnet_search.flags')))
  return {path.stem: path for path in sorted(folder.glob('*.flags'))}


def resolve(arguments: Sequence[str]) -> list[str]:
  """Replaces bare names of packaged flagfiles by their paths.

  Args:
    arguments: Command-line arguments, the program's name first.

  Returns:
    The arguments with `--flagfile=quickstart` and
    `--flagfile=quickstart.flags` pointing to the packaged file; paths stay.

  Raises:
    UserError: The flagfile is neither a packaged one nor a file.
  """
  resolved = []
  names = iter(arguments)
  for argument in names:
    prefix = next((p for p in _PREFIXES if argument.startswith(p)), None)
    if prefix is not None:
      argument = f'--flagfile={_find(argument[len(prefix) :])}'
    elif argument in ('--flagfile', '-flagfile'):
      argument = f'--flagfile={_find(next(names, ""))}'
    resolved.append(argument)
  return resolved


def write(path: pathlib.Path, values: Mapping[str, Any], heading: str) -> None:
  """Writes a flagfile.

  Args:
    path: The file to write.
    values: Values by flag name.
    heading: A comment for the top of the file, without `#`.
  """
  comment = ''.join(f'# {line}\n' for line in heading.splitlines())
  path.write_text(comment + render(values), encoding='utf-8')


def render(values: Mapping[str, Any]) -> str:
  """Returns values, by flag name, as the lines of a flagfile."""
  return ''.join(f'--{name}={_text(value)}\n' for name, value in values.items())


def _find(name: str) -> str:
  known = packaged()
  if pathlib.PurePath(name).name == name:
    stem = name.removesuffix('.flags')
    if stem in known:
      return str(known[stem])
  if not pathlib.Path(name).expanduser().is_file():
    raise UserError(
      'Expected --flagfile to be a file or one of the packaged flagfiles: '
      f'{", ".join(known)}. Received: {name!r}.'
    )
  return name


def _text(value: Any) -> str:
  if isinstance(value, bool):
    return str(value).lower()
  if isinstance(value, tuple | list):
    # As absl reads it: an item with a comma is quoted.
    text = io.StringIO()
    csv.writer(text, lineterminator='').writerow(value)
    return text.getvalue()
  return str(value)
