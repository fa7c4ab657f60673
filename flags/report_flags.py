"""Flags of the report of a run."""

from absl import flags

OUTPUT = flags.DEFINE_string(
  'output', '', 'File of the page; empty for report.html in the run directory.'
)
TOP = flags.DEFINE_integer(
  'top', 3, 'How many of the best trials have their cells drawn.', lower_bound=0
)
