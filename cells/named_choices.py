"""An architecture as its decisions by name: what a table knows of one.

Benchmarks describe an architecture by what was chosen at each decision and
by nothing else. So does this kind: names and values, both text.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from nasnet_search.cells import architectures, canonical
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.plain_data import read_mapping, shortened

KIND = 'choices'
"""The kind of architecture that this module describes."""


@dataclasses.dataclass(frozen=True)
class NamedChoices:
  """What was chosen at each decision of a space.

  Attributes:
    items: Names of decisions and what was chosen there, in the order of the
      decisions.
  """

  items: tuple[tuple[str, str], ...]

  def __post_init__(self) -> None:
    for name, value in self.items:
      if not isinstance(name, str) or not isinstance(value, str):
        raise UserError(
          'Expected the names and values of choices to be text. Received: '
          f'{shortened((name, value))}.'
        )

  @property
  def kind(self) -> str:
    """The name under which this class is found."""
    return KIND

  def canonical_key(self) -> str:
    """Returns a digest that is equal for equal choices, in any order."""
    return canonical.digest([KIND, *sorted(self.items)])

  def to_dict(self) -> dict[str, Any]:
    """Returns the architecture as plain data, with its format version."""
    return {**architectures.header(KIND), 'choices': dict(self.items)}

  def to_json(self) -> str:
    """Returns the architecture as JSON text that ends in a newline."""
    return architectures.to_text(self.to_dict())

  @classmethod
  def from_dict(cls, data: Any) -> 'NamedChoices':
    """Returns the architecture of what `to_dict` returned.

    Raises:
      UserError: The data are not choices by name.
    """
    architectures.check_kind(architectures.read_header(data), KIND)
    (choices,) = read_mapping(data, ('choices',), others=True)
    if not isinstance(choices, Mapping):
      raise UserError(
        'Expected choices to be a mapping from names to values. Received: '
        f'{shortened(choices)}.'
      )
    return cls(tuple(choices.items()))
