"""What a study was begun with: kept beside it, so that it goes on alike."""

import json
import pathlib
from collections.abc import Mapping
from typing import Any

from nasnet_search.cells.errors import UserError
from nasnet_search.runs.directory import replace_text


def keep_settings(
  folder: pathlib.Path, settings: Mapping[str, Any], study: str
) -> None:
  """Writes settings into a folder, or checks that they are those there.

  Args:
    folder: The folder of the study, which is made if need be.
    settings: What must not change while the study goes on, as plain data.
    study: What the folder would have to hold, for people.

  Raises:
    UserError: It holds a study with other settings.
  """
  described = json.dumps(settings, indent=2)
  path = folder / 'settings.json'
  folder.mkdir(parents=True, exist_ok=True)
  if path.exists() and path.read_text(encoding='utf-8') != described:
    raise UserError(
      f'Expected {folder} to hold {study}. Received one with other settings. '
      'Name another --out.'
    )
  replace_text(path, described)
