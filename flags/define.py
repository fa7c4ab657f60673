"""Flags derived from configurations, and configurations from flags.

A configuration field made by `nasnet_search.settings.setting` already has a
name, a default and a help text; `define_flags` makes an absl flag of it, so
that nothing is said twice, and `read_flags` turns the parsed flags back into
the configuration.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from absl import flags

Config = TypeVar('Config')

# The flags belong to the module that calls `define_flags`: `--help` groups
# them by it.
flags.disclaim_key_flags()


def define_flags(config_class: type) -> dict[str, flags.FlagHolder]:
  """Defines one flag for each field of a configuration class.

  Args:
    config_class: A dataclass whose fields were made by `setting`.

  Returns:
    The flag holders by field name, to be passed to `read_flags`.
  """
  return {
    field.name: _define_flag(field)
    for field in dataclasses.fields(config_class)
  }


def read_flags(
  config_class: type[Config], holders: Mapping[str, flags.FlagHolder]
) -> Config:
  """Returns the configuration that the parsed flags describe.

  Raises:
    UserError: A value is outside its limits.
  """
  return config_class(
    **{
      name: tuple(holder.value)
      if isinstance(holder.value, list)
      else holder.value
      for name, holder in holders.items()
    }
  )


def _define_flag(field: Any) -> flags.FlagHolder:
  text = field.metadata['help']
  # bool is a subclass of int: ask for it first.
  makers: tuple[tuple[type, Callable[..., flags.FlagHolder]], ...] = (
    (bool, flags.DEFINE_bool),
    (int, flags.DEFINE_integer),
    (float, flags.DEFINE_float),
    (str, flags.DEFINE_string),
  )
  for kind, define in makers:
    if isinstance(field.default, kind):
      return define(field.name, field.default, text)
  return flags.DEFINE_list(field.name, list(field.default), text)
