"""What a search shows at its end: the best cells, drawn, and what is next."""

import pathlib

from rich import console

from nasnet_search.builders.graph import is_buildable
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.drawing import draw_architecture, save_figure
from nasnet_search.cells.layer_graph import LayerGraph
from nasnet_search.report.summary import read_summary
from nasnet_search.report.table import best_trials
from nasnet_search.runs.log_file import unwritable
from nasnet_search.runs.records import TrialRecord
from nasnet_search.search import SearchResult


def show(result: SearchResult, terminal: console.Console) -> None:
  """Prints what a search found, and draws its best cells.

  Args:
    result: What `search` returned.
    terminal: Where to print.
  """
  terminal.print(best_trials(read_summary(result.run_dir)))
  lines = []
  if result.best is not None:
    lines.append(f'The best found: {result.run_dir / "best_architecture.json"}')
    lines += _about(result.best, result.run_dir)
  lines += [
    f'The whole run:  nasnet-report {result.run_dir}',
    f'To go on:       the same command with --run_dir={result.run_dir} and '
    'more --trials',
  ]
  for line in lines:
    terminal.print(line, markup=False, highlight=False, soft_wrap=True)


def _about(best: TrialRecord, run_dir: pathlib.Path) -> list[str]:
  """Returns what there is to say of the best architecture, by its kind."""
  architecture, lines = best.architecture, []
  if isinstance(architecture, Architecture):
    drawing = draw_best(best, architecture, run_dir)
    lines.append(f'Its drawing:    {drawing} and .svg')
  elif isinstance(architecture, LayerGraph):
    lines.append(f'Its layers:     {architecture.notation()}')
  if is_buildable(architecture):
    lines.append(
      f'To train it:    nasnet-train --flagfile=quick_final --run_dir={run_dir}'
    )
  return lines


def draw_best(
  best: TrialRecord, cells: Architecture, run_dir: pathlib.Path
) -> pathlib.Path:
  """Draws the cells of a trial as PNG and SVG; returns the path of the PNG.

  Raises:
    UserError: The drawing cannot be written.
  """
  reward = '' if best.reward is None else f' (reward {best.reward:.4f})'
  figure = draw_architecture(cells, f'Trial {best.trial_id}{reward}')
  path = run_dir / 'best_cells.png'
  for suffix in ('.svg', '.png'):
    draft = path.with_name(f'.{path.stem}.new{suffix}')
    try:
      save_figure(figure, draft)
      draft.replace(path.with_suffix(suffix))
    except OSError as error:
      draft.unlink(missing_ok=True)
      raise unwritable(path.with_suffix(suffix), error) from error
  return path
