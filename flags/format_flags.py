"""The flag that every binary that reports takes: for people or programs."""

from absl import flags

_FORMAT = flags.DEFINE_enum(
  'format',
  'table',
  ['table', 'json'],
  'What to print: table (for people) or json (for programs).',
)


def as_json() -> bool:
  """Returns whether to print JSON for programs."""
  return _FORMAT.value == 'json'
