"""What every architecture can do, and how one of any kind is read.

A search may look for cells, for rows of a table, for chains of layers. The
search itself asks little of what it looks for: a key that tells equal ones,
and plain data to write down. Each kind of architecture is a class with its
own name under `kind`, found again by that name when it is read.
"""

import importlib
import json
from typing import Any, Protocol

from nasnet_search.cells.errors import UserError, check_choice
from nasnet_search.cells.plain_data import read_mapping, shortened

FORMAT = 'nasnet_search.architecture'
FORMAT_VERSION = 1


class AnyArchitecture(Protocol):
  """What the search looks for, of whatever kind; a frozen value."""

  @property
  def kind(self) -> str:
    """The name under which its class is found."""

  def canonical_key(self) -> str:
    """Returns a digest that is equal for architectures that are equal."""

  def to_dict(self) -> dict[str, Any]:
    """Returns it as plain data; see `header`."""

  def to_json(self) -> str:
    """Returns it as JSON text that ends in a newline; see `to_text`."""


_KINDS: dict[str, str] = {
  'cells': 'nasnet_search.cells.architecture:Architecture',
  'choices': 'nasnet_search.cells.named_choices:NamedChoices',
  'recurrent_cell': 'nasnet_search.cells.recurrent_cell:RecurrentCell',
  'conv_chain': 'nasnet_search.cells.conv_chain:ConvChain',
  'layer_graph': 'nasnet_search.cells.layer_graph:LayerGraph',
}


def register_kind(kind: str, target: str) -> None:
  """Adds a kind of architecture.

  Args:
    kind: Its name, which files and logs keep.
    target: Its class as `module:object`; it needs a `from_dict`.

  Raises:
    UserError: Another class has this name.
  """
  if _KINDS.setdefault(kind, target) != target:
    raise UserError(
      'Expected a kind of architecture that is not taken yet. '
      f'Received: {kind!r}. Rename the one that the plugin registers.'
    )


def header(kind: str) -> dict[str, Any]:
  """Returns the fields that the plain data of a kind begin with."""
  return {'format': FORMAT, 'format_version': FORMAT_VERSION, 'kind': kind}


def to_text(data: dict[str, Any]) -> str:
  """Returns the plain data of an architecture as the text of its file."""
  return json.dumps(data, indent=2) + '\n'


def read_architecture(data: Any) -> AnyArchitecture:
  """Returns the architecture, of any kind, of what `to_dict` returned.

  Raises:
    UserError: The data are not a valid architecture, or of a newer version
      or an unknown kind; the message says what is wrong and where.
  """
  kind = read_header(data)
  check_choice('kind of architecture', kind, _KINDS)
  module, _, name = _KINDS[kind].partition(':')
  architecture: AnyArchitecture = getattr(
    importlib.import_module(module), name
  ).from_dict(data)
  return architecture


def read_text(text: str) -> Any:
  """Returns the plain data of the text of an architecture file.

  Raises:
    UserError: The text is not JSON.
  """
  try:
    return json.loads(text)
  # Too deep a nesting is a RecursionError, everything else a ValueError.
  except (ValueError, RecursionError) as error:
    raise UserError(
      f'Expected an architecture as JSON. Received text that is not JSON: '
      f'{error}.'
    ) from error


def read_header(data: Any) -> str:
  """Returns the kind of plain data that should be an architecture.

  Raises:
    UserError: They are none, or of a newer version.
  """
  received, version, kind = read_mapping(
    data, ('format', 'format_version', 'kind'), others=True
  )
  if received != FORMAT:
    raise UserError(
      f'Expected the format {FORMAT!r}. Received: {shortened(received)}.'
    )
  if not isinstance(version, int) or isinstance(version, bool) or version < 1:
    raise UserError(
      f'Expected format_version to be a whole number from 1 to '
      f'{FORMAT_VERSION}. Received: {shortened(version)}.'
    )
  if version > FORMAT_VERSION:
    raise UserError(
      f'Expected format_version {FORMAT_VERSION} or older, which is what this '
      f'version of nasnet_search reads. Received: format_version '
      f'{shortened(version)}. Install a newer nasnet_search to read it.'
    )
  if not isinstance(kind, str):
    raise UserError(
      'Expected the kind of an architecture to be a name. '
      f'Received: {shortened(kind)}.'
    )
  return kind


def check_kind(received: str, expected: str) -> None:
  """Raises `UserError` unless an architecture is of the kind expected."""
  if received != expected:
    raise UserError(
      f'Expected an architecture of kind {expected!r}. '
      f'Received: {shortened(received)}.'
    )
