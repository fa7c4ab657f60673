"""Reports on a run: a page for people, or JSON for programs.

  nasnet-report RUN_DIR                  writes RUN_DIR/report.html
  nasnet-report RUN_DIR --output=page.html --top=5
  nasnet-report RUN_DIR --format=json    prints everything as one document
  nasnet-report RUN_DIR --verify         derives the run again and compares

The search may be finished, stopped or still running; nothing of it changes.
"""

import dataclasses
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


def main(arguments: Sequence[str]) -> int:
  """Reports on the run that the argument names; returns the exit status."""
  if report_flags.VERIFY.value:
    return _verify(arguments[0])
  _report(arguments[0])
  return 0


def _report(run_dir: str) -> None:
  # Imported here, so that --help need not wait for it.
  from nasnet_search.report.document import json_report
  from nasnet_search.report.page import make_page, write_page
  from nasnet_search.report.summary import read_summary
  from nasnet_search.report.table import best_trials

  summary = read_summary(run_dir)
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


def _verify(run_dir: str) -> int:
  """Verifies the run and says whether it agrees; returns the exit status."""
  from rich import progress

  from nasnet_search.verify import verify_run

  terminal = console.Console(stderr=True)
  with progress.Progress(console=terminal, transient=True) as bar:
    task = bar.add_task('Deriving the run again', total=None)
    result = verify_run(
      run_dir,
      trusted=report_flags.TRUSTED.value,
      watch=lambda done, of: bar.update(task, completed=done, total=of),
    )
  if format_flags.as_json():
    fields = {'agrees': result.agrees, **dataclasses.asdict(result)}
    print(json.dumps(fields, indent=2))
  else:
    for difference in result.differences:
      print(f'Differs: {difference}')
    print(
      f'{"Agrees" if result.agrees else "Does not agree"}: '
      f'{result.proposals} proposals and {result.policy_updates} policy '
      f'updates derived again, {result.trials} trials checked.'
    )
  return 0 if result.agrees else 1


def run() -> None:
  """Entry point of `nasnet-report`."""
  application.run(sys.modules[__name__], main, operands=('RUN_DIR',))
