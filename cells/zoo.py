"""Published architectures, kept as files in the package.

A file of the zoo is an architecture file that also tells its source and the
figures published for it.
"""

import os
import pathlib
from typing import TYPE_CHECKING

from nasnet_search.cells import architectures
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.errors import UserError, check_choice, located

if TYPE_CHECKING:
  from importlib.resources.abc import Traversable

_SUFFIX = '.json'


def names() -> tuple[str, ...]:
  """Returns the names of the architectures in the zoo, sorted."""
  return tuple(
    sorted(
      entry.name.removesuffix(_SUFFIX)
      for entry in _folder().iterdir()
      if entry.name.endswith(_SUFFIX)
    )
  )


def load(name: str) -> Architecture:
  """Returns an architecture of the zoo.

  Args:
    name: One of `names()`, such as `nasnet_a`.

  Raises:
    UserError: The name is unknown; the message lists the known ones.
  """
  check_choice('architecture of the zoo', name, names())
  text = (_folder() / f'{name}{_SUFFIX}').read_text(encoding='utf-8')
  return Architecture.from_json(text)


def load_architecture(
  name_or_path: str | os.PathLike[str],
) -> architectures.AnyArchitecture:
  """Returns an architecture of the zoo, or of a file.

  Args:
    name_or_path: A name of the zoo, or the path of a JSON file. A name of
      the zoo wins over a file; write `./nasnet_a` for the file.

  Raises:
    UserError: It is neither, or the file is not a valid architecture.
  """
  name = os.fspath(name_or_path)
  known = names()
  if name in known:
    return load(name)
  path = pathlib.Path(name).expanduser()
  if not path.is_file():
    raise UserError(
      f'Expected an architecture of the zoo ({", ".join(known)}) or the path '
      f'of a JSON file that holds one. Received: {name!r}, which is neither.'
    )
  with located(name):
    return architectures.read_architecture(architectures.read_text(_read(path)))


def _read(path: pathlib.Path) -> str:
  try:
    return path.read_text(encoding='utf-8')
  except (OSError, UnicodeDecodeError) as error:
    raise UserError(
      f'Expected a readable text file. Received an error: {error}.'
    ) from error


def _folder() -> 'Traversable':
  # Imported here because it costs more than all the rest of this room.
  import importlib.resources

  return importlib.resources.files('nasnet_search.cells') / 'zoo'
