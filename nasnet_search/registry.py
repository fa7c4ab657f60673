"""Registries: explicit lists of names, loaded on use.

An entry is `name -> 'module:object'`, so that listing the names (for
`--help`, for an error message) imports nothing. A plugin module registers
its own entries when it is imported.
"""

import importlib
from typing import Any

from nasnet_search.cells.errors import UserError, check_choice


class Registry:
  """Named things of one kind.

  Attributes:
    kind: What the names stand for, used in messages, such as `controller`.
  """

  def __init__(self, kind: str, entries: dict[str, str]) -> None:
    self.kind = kind
    self._entries: dict[str, Any] = dict(entries)

  def names(self) -> tuple[str, ...]:
    """Returns the registered names in the order of registration."""
    return tuple(self._entries)

  def register(self, name: str, target: Any) -> None:
    """Adds an entry: an object, or where to find it as `module:object`.

    Raises:
      UserError: Another object is registered under this name.
    """
    if self._entries.get(name, target) != target:
      raise UserError(
        f'Expected a {self.kind} name that is not taken yet. '
        f'Received: {name!r}. Rename the one that the plugin registers.'
      )
    self._entries[name] = target

  def check(self, name: str) -> None:
    """Raises `UserError` with the known names unless `name` is one."""
    check_choice(self.kind, name, self._entries)

  def load(self, name: str) -> Any:
    """Returns the registered object, importing its module if need be."""
    self.check(name)
    target = self._entries[name]
    if isinstance(target, str):
      module, _, attribute = target.partition(':')
      return getattr(importlib.import_module(module), attribute)
    return target


def load_plugins(modules: tuple[str, ...]) -> None:
  """Imports plugin modules, which register what they bring.

  Args:
    modules: Names of importable modules, in the order to import them in.

  Raises:
    UserError: A module cannot be imported; the message gives the reason.
  """
  for module in modules:
    try:
      importlib.import_module(module)
    except ImportError as error:
      raise UserError(
        f'Expected --plugin to name modules that can be imported. Received: '
        f'{module!r}, which failed with: {error}. Install it, or add its '
        'folder to PYTHONPATH.'
      ) from error
