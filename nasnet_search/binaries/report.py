"""Reports on a run: a page for people, or JSON for programs.

  nasnet-report RUN_DIR                  writes RUN_DIR/report.html
  nasnet-report RUN_DIR --output=page.html --top=5
  nasnet-report RUN_DIR --format=json    prints everything as one document

The search may be finished, stopped or still running; nothing of it changes.
"""

import json
import pathlib
import sys
from collections.abc import Sequence

from absl import flags
from rich import console

from nasnet_search.binaries import application
from nasnet_search.flags import format_flags, report_flags

flags.adopt_module_key_flags(report_flags)
flags.adopt_module_key_flags(format_flags)


def main(arguments: Sequence[str]) -> None:
  """Reports on the run that the argument names."""
  # Imported here, so that --help need not wait for it.
  from nasnet_search.report.document import json_report
  from nasnet_search.report.page import make_page, write_page
  from nasnet_search.report.summary import read_summary
  from nasnet_search.report.table import best_trials

  summary = read_summary(arguments[0])
  if format_flags.as_json():
    print(json.dumps(json_report(summary), indent=2))
    return
  page = pathlib.Path(
    report_flags.OUTPUT.value or summary.directory.path / 'report.html'
  )
  write_page(page, make_page(summary, report_flags.TOP.value))
  terminal = console.Console()
  terminal.print(best_trials(summary))
  counts = ', '.join(
    f'{count} {status}' for status, count in summary.statuses().items()
  )
  for line in (
    f'Trials: {counts or "none yet"}',
    f'State: {summary.standing.state.value}. {summary.standing.reason}',
    f'Page: {page}',
  ):
    terminal.print(line, markup=False, highlight=False, soft_wrap=True)


def run() -> None:
  """Entry point of `nasnet-report`."""
  application.run(sys.modules[__name__], main, operands=('RUN_DIR',))
