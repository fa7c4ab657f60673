"""What a search shows at its end: the best cells, drawn, and what is next."""

import pathlib
import textwrap

from rich import console

from nasnet_search.builders.graph import is_buildable
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.conv_chain import ConvChain
from nasnet_search.cells.drawing import (
  draw_architecture,
  draw_chain,
  save_figure,
)
from nasnet_search.cells.layer_graph import LayerGraph
from nasnet_search.report.descriptions import describe
from nasnet_search.report.summary import read_summary
from nasnet_search.report.table import best_trials
from nasnet_search.runs.log_file import unwritable
from nasnet_search.runs.records import TrialRecord
from nasnet_search.search import SearchResult

_WIDTH = 79


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
  if isinstance(architecture, Architecture | ConvChain):
    drawing = draw_best(best, architecture, run_dir)
    lines.append(f'Its drawing:    {drawing} and .svg')
  description = describe(architecture)
  if description is not None:
    words = [*description.lines, *textwrap.wrap(description.legend, _WIDTH)]
    lines += ['', *words, ''] if words else []
    lines.append(f'To see it:      nasnet-inspect show {run_dir}')
  if is_buildable(architecture):
    # What quick_final asks for, such as drop-path, is for cells.
    chain = isinstance(architecture, ConvChain | LayerGraph)
    recipe = 'chain_final' if chain else 'quick_final'
    lines.append(
      f'To train it:    nasnet-train --flagfile={recipe} --run_dir={run_dir}'
    )
  return lines


def draw_best(
  best: TrialRecord,
  architecture: Architecture | ConvChain,
  run_dir: pathlib.Path,
) -> pathlib.Path:
  """Draws what a trial found as PNG and SVG; returns the path of the PNG.

  Raises:
    UserError: The drawing cannot be written.
  """
  reward = '' if best.reward is None else f' (reward {best.reward:.4f})'
  title = f'Trial {best.trial_id}{reward}'
  if isinstance(architecture, ConvChain):
    figure, path = draw_chain(architecture, title), run_dir / 'best_chain.png'
  else:
    figure = draw_architecture(architecture, title)
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
