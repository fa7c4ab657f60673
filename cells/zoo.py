"""Published architectures, kept as files in the package.

A file of the zoo is an architecture file that also tells its source, the
networks that were published of it, and the figures published for them. What
an option of a network means is the business of whoever builds it.
"""

import dataclasses
import json
import os
import pathlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nasnet_search.cells import architectures
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.errors import UserError, check_choice, located

if TYPE_CHECKING:
  from importlib.resources.abc import Traversable

_SUFFIX = '.json'

PREPROCESSINGS: Mapping[str, str] = {
  'minus_one_to_one': 'Pixels are scaled to [-1, 1].',
  'standardized_images': (
    'Each image has its own mean taken off and is divided by its own standard '
    'deviation.'
  ),
  'standardized_channels': (
    'Each channel has its mean over the training images taken off and is '
    'divided by its standard deviation over them.'
  ),
}
"""What the images of a published network went through, by name."""


@dataclasses.dataclass(frozen=True)
class PublishedNetwork:
  """A network that was published of an architecture.

  Attributes:
    name: What it is called, such as `6 @ 768`.
    data: The images it was trained on.
    skeleton: What stands before its first stack of cells.
    repeats: N, the normal cells in a row.
    filters: F, the filters of the first normal cells.
    image_size: Height and width of the images in pixels.
    classes: Number of classes.
    preprocessing: One of `PREPROCESSINGS`; None if the source is silent.
    options: Options of the network besides, by name.
    counts: What was counted again from the source: `trainable_parameters`,
      `total_parameters`, `auxiliary_trainable_parameters`, and
      `multiply_adds_in_millions`, as far as known.
    published: Figures as printed, each with where.
  """

  name: str
  data: str
  skeleton: str
  repeats: int
  filters: int
  image_size: int
  classes: int
  preprocessing: str | None
  options: Mapping[str, Any]
  counts: Mapping[str, float]
  published: tuple[Mapping[str, Any], ...]


@dataclasses.dataclass(frozen=True)
class ZooEntry:
  """A published architecture with what is known about it.

  Attributes:
    name: Its name in the zoo, such as `nasnet_a`.
    title: Its name in print, such as `NASNet-A`.
    source: Where the wiring was read.
    notes: What to know about it.
    reading: Whose code its operations follow.
    architecture: The cells.
    networks: The networks published of it whose configuration is known; no
      two have the same skeleton, repeats and filters.
    published: Figures printed for networks whose configuration is not known.
  """

  name: str
  title: str
  source: str
  notes: tuple[str, ...]
  reading: str
  architecture: Architecture
  networks: tuple[PublishedNetwork, ...]
  published: tuple[Mapping[str, Any], ...]

  def network(
    self, skeleton: str, repeats: int, filters: int
  ) -> PublishedNetwork | None:
    """Returns the published network of these, or None."""
    sought = (skeleton, repeats, filters)
    for network in self.networks:
      if (network.skeleton, network.repeats, network.filters) == sought:
        return network
    return None


def names() -> tuple[str, ...]:
  """Returns the names of the architectures in the zoo, sorted."""
  return tuple(
    sorted(
      entry.name.removesuffix(_SUFFIX)
      for entry in _folder().iterdir()
      if entry.name.endswith(_SUFFIX)
    )
  )


def entry(name: str) -> ZooEntry:
  """Returns an architecture of the zoo with what is known about it.

  Args:
    name: One of `names()`, such as `nasnet_a`.

  Raises:
    UserError: The name is unknown; the message lists the known ones.
  """
  check_choice('architecture of the zoo', name, names())
  text = (_folder() / f'{name}{_SUFFIX}').read_text(encoding='utf-8')
  data = json.loads(text)
  return ZooEntry(
    name=name,
    title=data['name'],
    source=data['source'],
    notes=tuple(data['notes']),
    reading=data['reading'],
    architecture=Architecture.from_dict(data),
    networks=tuple(
      PublishedNetwork(**network | {'published': tuple(network['published'])})
      for network in data['networks']
    ),
    published=tuple(data['published']),
  )


def load(name: str) -> Architecture:
  """Returns an architecture of the zoo.

  Args:
    name: One of `names()`, such as `nasnet_a`.

  Raises:
    UserError: The name is unknown; the message lists the known ones.
  """
  return entry(name).architecture


def find(architecture: architectures.AnyArchitecture) -> ZooEntry | None:
  """Returns the published architecture that equals one, if any."""
  key = architecture.canonical_key()
  for name in names():
    known = entry(name)
    if known.architecture.canonical_key() == key:
      return known
  return None


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
