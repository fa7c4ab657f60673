"""Verifying a run as one call: `verify_run(run_dir)`.

Example:
  from nasnet_search.verify import verify_run

  print(verify_run('my_run').agrees)

The controller is made as the log says, and proposes and learns everything
again. The run may be finished, stopped or still running; nothing of it
changes, and nothing that its files name is imported or opened unless you say
that you trust it.
"""

import contextlib
import dataclasses
import os
from collections.abc import Callable

from nasnet_search.cells.errors import UserError
from nasnet_search.config import SearchConfig
from nasnet_search.controllers.registry import make_steady_controller
from nasnet_search.registry import load_plugins
from nasnet_search.runs.directory import find_run
from nasnet_search.runs.logged_run import LoggedRun
from nasnet_search.runs.opening import changed_versions
from nasnet_search.runs.reading import RunReader
from nasnet_search.runs.verification import Verification, verify
from nasnet_search.spaces import SEE_IMAGES, make_space


def verify_run(
  run_dir: str | os.PathLike[str],
  *,
  trusted: bool = False,
  watch: Callable[[int, int], None] = lambda done, of: None,
) -> Verification:
  """Derives a run again from its log and compares.

  Args:
    run_dir: The directory of the run.
    trusted: Whether the plugins that the run names may be imported, and its
      table or images be read.
    watch: Is told how many of how many steps are done.

  Raises:
    UserError: There is no run, its log is damaged, or it names plugins
      or files and is not trusted.
  """
  with contextlib.closing(RunReader(find_run(run_dir).log)) as log:
    run = LoggedRun.of(log)
    starts = log.starts()
  config = SearchConfig.from_defining(run.facts.get('defining', {}))
  named = [*config.goal.plugin, *filter(None, [config.evaluator.table])]
  if config.space.space in SEE_IMAGES:
    named += filter(None, [config.data.data_path])
  if named and not trusted:
    raise UserError(
      'Expected a run that names no plugins, which are code, and no files. '
      f'Received: one that names {", ".join(named)}. If you trust it, add '
      '--trusted.'
    )
  load_plugins(config.goal.plugin)
  space = make_space(config)
  controller = make_steady_controller(
    space, config.controller, config.goal.seed, hide_gpus=True
  )
  result = verify(run, controller, space, config.goal.seed, watch)
  others = changed_versions(starts[-1]['versions']) if starts else []
  if result.agrees or not others:
    return result
  reason = f'That may be why: {"; ".join(others)}.'
  return dataclasses.replace(result, differences=(*result.differences, reason))
