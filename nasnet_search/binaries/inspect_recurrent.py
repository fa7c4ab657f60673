"""What `nasnet-inspect show` shows of recurrent cells: their formulas."""

import pathlib
import textwrap
from typing import Any

from rich import console

from nasnet_search.cells import architectures
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.recurrent_cell import KIND, RecurrentCell
from nasnet_search.cells.recurrent_formulas import LEGEND, formula_lines
from nasnet_search.runs.directory import RunDirectory


def read(name: str) -> RecurrentCell | None:
  """Returns the recurrent cell that somebody names.

  Args:
    name: An architecture file, or the directory of a run.

  Returns:
    The cell; None if the name stands for anything else.

  Raises:
    UserError: It is a recurrent cell that is not valid.
  """
  path = pathlib.Path(name).expanduser()
  if path.is_dir():
    path = RunDirectory(path).best_architecture
  try:
    data = architectures.read_text(path.read_text(encoding='utf-8'))
    kind = architectures.read_header(data)
  except (OSError, UnicodeDecodeError, UserError):
    return None  # Whoever reads other cells tells what is wrong.
  return RecurrentCell.from_dict(data) if kind == KIND else None


def refuse(command: str, name: str) -> None:
  """Raises `UserError` if a name is that of a recurrent cell.

  Args:
    command: What is for cells of image networks only.
    name: An architecture file, or the directory of a run.
  """
  if read(name) is not None:
    raise UserError(
      f'Expected a cell of image networks to {command}. Received: {name}, a '
      'recurrent cell, whose formulas nasnet-inspect show prints.'
    )


def plain_data(cell: RecurrentCell) -> dict[str, Any]:
  """Returns a cell as plain data, with what follows from it."""
  return {
    **cell.to_dict(),
    'base_number': cell.base_number,
    'canonical_key': cell.canonical_key(),
    'formulas': formula_lines(cell),
  }


def show(cell: RecurrentCell, terminal: console.Console) -> None:
  """Prints a cell as formulas.

  Args:
    cell: The cell.
    terminal: Where to print.
  """
  for line in (
    f'Recurrent cell of base number {cell.base_number}',
    '',
    *formula_lines(cell),
    '',
    *textwrap.wrap(LEGEND, 79),
    f'Canonical key: {cell.canonical_key()}',
  ):
    terminal.print(line, markup=False, highlight=False, soft_wrap=True)
