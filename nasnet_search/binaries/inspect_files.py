"""What `nasnet-inspect` reads cells from, and how it writes files."""

import contextlib
import pathlib
from collections.abc import Callable
from typing import Any

from nasnet_search.cells import zoo
from nasnet_search.cells.architecture import KIND
from nasnet_search.cells.architectures import (
  AnyArchitecture,
  read_architecture,
  read_header,
  read_text,
)
from nasnet_search.cells.errors import UserError, located
from nasnet_search.cells.notations import read_notation


def read_any(name: str, notation: str = '') -> AnyArchitecture:
  """Returns the architecture, of any kind, that somebody names.

  Args:
    name: A published cell, the directory of a run, or a file in any of the
      notations; an architecture that is not of cells has its own format only.
    notation: The notation the file is in; empty to recognise it.

  Raises:
    UserError: It is none of them, or the file is not valid.
  """
  path = pathlib.Path(name).expanduser()
  known = name in zoo.names() or path.is_dir() or not path.exists()
  if known and not notation:
    # Imported here because only few cells come from runs.
    from nasnet_search.runs.first_trials import load_cell

    return load_cell(name)
  with located(name):
    text = _read_text(path)
    if not notation and (data := _of_another_kind(text)) is not None:
      return read_architecture(data)
    return read_notation(text, notation)


def write_whole(name: str, save: Callable[[pathlib.Path], object]) -> None:
  """Writes a file whole or not at all.

  Args:
    name: The file.
    save: Writes to the path it is given, which has the same suffix.

  Raises:
    UserError: The file cannot be written.
  """
  path = pathlib.Path(name).expanduser()
  draft = path.with_name(f'.new.{path.name}')
  try:
    save(draft)
    draft.replace(path)
  except OSError as error:
    raise UserError(
      f'Expected a file that can be written. Received: {name}: '
      f'{error.strerror}. Name another one with --output.'
    ) from error
  finally:
    with contextlib.suppress(OSError):
      draft.unlink()


def _of_another_kind(text: str) -> Any:
  """Returns the plain data of an architecture that is not of cells."""
  try:
    data = read_text(text)
    other = read_header(data) != KIND
  except UserError:
    return None
  return data if other else None


def _read_text(path: pathlib.Path) -> str:
  try:
    return path.read_text(encoding='utf-8')
  except (OSError, UnicodeDecodeError) as error:
    raise UserError(
      f'Expected a readable text file. Received an error: {error}.'
    ) from error
