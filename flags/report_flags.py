"""Flags of the report of a run."""

from absl import flags

OUTPUT = flags.DEFINE_string(
  'output', '', 'File of the page; empty for report.html in the run directory.'
)
TOP = flags.DEFINE_integer(
  'top', 3, 'How many of the best trials have their cells drawn.', lower_bound=0
)
VERIFY = flags.DEFINE_bool(
  'verify',
  False,
  'Instead of reporting, derive every proposal and every state of the '
  'controller again from the log, and say whether they agree.',
)
TRUSTED = flags.DEFINE_bool(
  'trusted',
  False,
  'With --verify, import the plugins and read the files that the run names. '
  'Plugins are code: only for a run that you trust.',
)
