"""The panel that long work keeps up to date on a terminal."""

import collections
from collections.abc import Mapping

from rich import panel, progress_bar, table, text

UNKNOWN = 'not known yet'
_RECENT_LINES = 6


class Recent(collections.deque[str]):
  """The last lines of what happened."""

  def __init__(self) -> None:
    super().__init__(maxlen=_RECENT_LINES)


def work_panel(
  program: str,
  place: tuple[str, str],
  progress: tuple[str, float, float],
  figures: Mapping[str, str],
  recent: Recent,
) -> panel.Panel:
  """Returns a panel of what work has come to.

  Args:
    program: Who works, the title.
    place: What its directory is called, and its path.
    progress: What is counted, how much there will be and how much is done.
    figures: Further rows: what, and how it stands.
    recent: The last lines of what happened.
  """
  grid = table.Table.grid(padding=(0, 2))
  grid.add_column(style='bold')
  grid.add_column()
  # As text: a path may hold brackets, which would be taken for markup.
  grid.add_row(place[0], text.Text(place[1], overflow='fold'))
  counted, total, done = progress
  bar = progress_bar.ProgressBar(total=total, completed=done, width=40)
  grid.add_row(counted, bar)
  for name, value in figures.items():
    grid.add_row(name, value)
  # One row each, so that the panel keeps its height; the text log has all.
  lines = text.Text(
    '\n'.join(recent), style='dim', no_wrap=True, overflow='ellipsis'
  )
  body = table.Table.grid()
  body.add_row(grid)
  body.add_row(text.Text())
  body.add_row(lines)
  return panel.Panel(body, title=program)
