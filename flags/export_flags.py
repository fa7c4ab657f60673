"""Flags of the export of a trained network, defined apart, see `define`."""

from absl import flags

from nasnet_search.export.config import ExportConfig
from nasnet_search.flags import define

VALUES = flags.FlagValues()

_EXPORT = define.define_flags(ExportConfig, VALUES)


def adopt(module: str) -> None:
  """Makes these the flags of the program that runs.

  Args:
    module: Name of the binary's module, whose `--help` lists them.
  """
  define.adopt_flags(VALUES, __name__, module)


def export_config() -> ExportConfig:
  """Returns the configuration that the parsed flags describe.

  Raises:
    UserError: Something is missing or outside its limits.
  """
  return define.read_flags(ExportConfig, _EXPORT)
