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
ALLOW_PLUGINS = flags.DEFINE_bool(
  'allow_plugins',
  False,
  'With --verify, import the plugins that the run names. They are code: do so '
  'only for a run that you trust.',
)
