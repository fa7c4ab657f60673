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


def define_flags(
  config_class: type, flag_values: flags.FlagValues = flags.FLAGS
) -> dict[str, flags.FlagHolder]:
  """Defines one flag for each field of a configuration class.

  Args:
    config_class: A dataclass whose fields were made by `setting`.
    flag_values: Where; apart from absl's global ones if another program has
      flags of the same names.

  Returns:
    The flag holders by field name, to be passed to `read_flags`.
  """
  return {
    field.name: _define_flag(field, flag_values)
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


def adopt_flags(flag_values: flags.FlagValues, *modules: str) -> None:
  """Makes flags that were defined apart those of the program that runs.

  Args:
    flag_values: The flags.
    *modules: Names of the modules whose flags they are, such as that of the
      binary, whose `--help` lists them.
  """
  flags.FLAGS.append_flag_values(flag_values)
  for name in flag_values:
    flag = flags.FLAGS[name]
    flags.FLAGS.register_flag_by_module(modules[0], flag)
    for module in modules:
      flags.FLAGS.register_key_flag_for_module(module, flag)
  # The flags are one and the same in both: parsing the global ones fills
  # these in.
  flag_values.mark_as_parsed()


def _define_flag(field: Any, flag_values: flags.FlagValues) -> flags.FlagHolder:
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
      return define(field.name, field.default, text, flag_values=flag_values)
  return flags.DEFINE_list(
    field.name, list(field.default), text, flag_values=flag_values
  )
