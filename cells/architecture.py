"""An architecture: a normal cell and a reduction cell, as frozen data.

The file format is JSON with a version. A file of an older version must stay
readable for ever; a file of a newer one is refused by name of both versions.
Keys that this version does not know, such as notes and sources, are ignored
at the top level and refused inside cells, where they might change a meaning.
"""

import dataclasses
from typing import Any

from nasnet_search.cells import architectures, canonical
from nasnet_search.cells.cell import Cell
from nasnet_search.cells.errors import UserError, located
from nasnet_search.cells.plain_data import read_mapping, shortened

KIND = 'cells'
"""The kind of architecture that this module describes."""


@dataclasses.dataclass(frozen=True)
class Architecture:
  """What the search looks for: two cells, from which networks are built.

  Attributes:
    normal: The cell that keeps height and width.
    reduction: The cell that halves them: its operations on the two inputs
      have stride 2.
  """

  normal: Cell
  reduction: Cell

  def __post_init__(self) -> None:
    for name, cell in self.cells():
      if not isinstance(cell, Cell):
        raise UserError(
          f'Expected the {name} cell to be a Cell. Received: {shortened(cell)}.'
        )

  @property
  def kind(self) -> str:
    """The name under which this class is found."""
    return KIND

  def cells(self) -> tuple[tuple[str, Cell], tuple[str, Cell]]:
    """Returns the cells with their names, in the order of the paper."""
    return ('normal', self.normal), ('reduction', self.reduction)

  def canonical_key(self) -> str:
    """Returns a digest that is equal for architectures that are equal.

    It is equal exactly for cells that are equal up to dead blocks, the order
    of a block's inputs, and the numbering of blocks; see `canonical`.
    """
    forms = [canonical.canonical_form(cell) for _, cell in self.cells()]
    return canonical.digest([KIND, *forms])

  def to_dict(self) -> dict[str, Any]:
    """Returns the architecture as plain data, with its format version."""
    return {
      **architectures.header(KIND),
      'normal': self.normal.to_dict(),
      'reduction': self.reduction.to_dict(),
    }

  @classmethod
  def from_dict(cls, data: Any) -> 'Architecture':
    """Returns the architecture of what `to_dict` returned.

    Raises:
      UserError: The data are not a valid architecture, or of a newer
        version; the message says what is wrong and where.
    """
    architectures.check_kind(architectures.read_header(data), KIND)
    cells = {}
    for name, item in zip(
      ('normal', 'reduction'),
      read_mapping(data, ('normal', 'reduction'), others=True),
      strict=True,
    ):
      with located(f'{name} cell'):
        cells[name] = Cell.from_dict(item)
    return cls(**cells)

  def to_json(self) -> str:
    """Returns the architecture as JSON text that ends in a newline."""
    return architectures.to_text(self.to_dict())

  @classmethod
  def from_json(cls, text: str) -> 'Architecture':
    """Returns the architecture of what `to_json` returned.

    Raises:
      UserError: The text is not a valid architecture.
    """
    return cls.from_dict(architectures.read_text(text))


def cells_of(architecture: architectures.AnyArchitecture) -> Architecture:
  """Returns an architecture as one of cells.

  Raises:
    UserError: It is of another kind, of which no network can be built here.
  """
  if isinstance(architecture, Architecture):
    return architecture
  raise UserError(
    f'Expected an architecture of kind {KIND!r}. Received: one of kind '
    f'{architecture.kind!r}. Choose an --evaluator and a --space that fit each '
    'other.'
  )
