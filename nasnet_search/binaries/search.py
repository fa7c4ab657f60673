r"""Searches for a NASNet cell: a controller proposes, children are trained.

  nasnet-search --flagfile=quickstart
  nasnet-search --flagfile=cifar10_search --data=folder --data_path=photos/ \
      --image_size=32 --run_dir=runs/photos

Flagfiles that come with the program are found by name. Starting the same
command on an existing --run_dir continues that run; Ctrl-C ends it after the
children that are running, twice at once. `nasnet-report RUN_DIR` shows a run.
"""

import contextlib
import json
import sys
from collections.abc import Sequence

from absl import flags
from rich import console

from nasnet_search.binaries import application, display
from nasnet_search.flags import format_flags, search_flags

flags.adopt_module_key_flags(search_flags)
flags.adopt_module_key_flags(format_flags)


def main(arguments: Sequence[str]) -> int:
  """Runs the search that the flags describe; returns the exit status.

  Shows what it found; with --format=json that goes to the standard error, and
  the standard output is what `nasnet-report --format=json` prints.
  """
  del arguments
  config = search_flags.search_config()
  # With --format=json, standard output is for the program that reads it.
  terminal = console.Console(stderr=format_flags.as_json())
  watch = display.make_display(terminal)
  # Imported here, so that --help need not wait for them.
  from nasnet_search.binaries import results
  from nasnet_search.report.document import json_report
  from nasnet_search.report.summary import read_summary
  from nasnet_search.search import search

  with contextlib.ExitStack() as stack:
    if isinstance(watch, display.LivePanel):
      stack.enter_context(watch)
    result = search(config, [watch])
  results.show(result, terminal)
  if format_flags.as_json():
    print(json.dumps(json_report(read_summary(result.run_dir)), indent=2))
  return application.INTERRUPTED if result.interrupted else 0


def run() -> None:
  """Entry point of `nasnet-search`."""
  application.run(sys.modules[__name__], main)
