"""What a person sees while a search runs."""

import io
import os
import pty
import re
import subprocess

import pytest
from rich.console import Console

from nasnet_search.binaries import display
from nasnet_search.runs import observer
from nasnet_search.runs.progress import Progress
from nasnet_search.runs.proposing import new_trial
from nasnet_search.trials import Origin, Status
from tests.binaries.program import QUICK, SCRIPTS
from tests.runs import fakes

LONG = (
  'The worker used 0.46 GiB;\n\nthe limit is 0.40 GiB. ' + 'More of it. ' * 9
)


def terminal(width=80):
  return Console(
    width=width, file=io.StringIO(), force_terminal=True, color_system=None
  )


def play(path, watch, run_dir='runs/one', goal=6):
  """Shows a search of which trial 3 is a duplicate and trial 4 fails."""
  script = [fakes.choices_of(n) for n in (10, 10, 0, 1, 2, 3, 4, 5)]

  def evaluate(trial):
    if trial.trial_id == 4:
      return fakes.failed(trial, Status.OUT_OF_MEMORY, LONG)
    return fakes.completed(trial)

  references = [
    new_trial(
      n, Origin.REFERENCE, fakes.SPACE.decode(fakes.choices_of(50 + n)), 0
    )
    for n in range(2)
  ]
  watch(observer.Began(goal, run_dir), Progress())
  fakes.run_search(
    path,
    fakes.Controller(3, script),
    fakes.Workers(evaluate),
    first=references,
    watch=[watch],
    trials=goal,
  )


def rows(panel, width):
  """Returns the rows of the panel as it stands, without its border."""
  console = terminal(width)
  with console.capture() as captured:
    console.print(panel._live.renderable)
  lines = captured.get().splitlines()
  assert all(len(line) == width for line in lines)
  return [line[2:-2].rstrip() for line in lines[1:-1]]


@pytest.mark.parametrize('width', [80, 120])
def test_the_panel_has_every_figure_and_fits(tmp_path, width):
  panel = display.LivePanel(terminal(width))
  play(tmp_path, panel)
  shown = rows(panel, width)
  values = [
    fakes.value_of(fakes.SPACE.decode(fakes.choices_of(n)))
    for n in (10, 1, 2, 3, 4)
  ]
  assert shown[0] == 'Run        runs/one'
  assert re.fullmatch('Trials     ━{40}', shown[1])
  assert shown[2].strip() == '6 of 6 settled, 0 running, 1 duplicate'
  best, mean = max(values), sum(values) / 5
  assert shown[3] == f'Reward     best {best:.4f}, mean {mean:.4f}'
  nasnet, chance = (
    fakes.value_of(fakes.SPACE.decode(fakes.choices_of(n))) for n in (50, 51)
  )
  assert shown[4] == (
    f'Reference  NASNet-A {nasnet:.4f}, random choice {chance:.4f}'
  )
  assert shown[5] == 'Failures   1'
  assert re.fullmatch(r'Rate       [\d,]+ trials an hour', shown[6])
  assert shown[7] == 'Time left  0 s'
  # The last six things that happened, one row each whatever their length.
  assert len(shown) == 9 + 6
  assert shown[-1] == 'Search ended: All 6 trials have settled.'
  assert any(
    row.startswith('Trial 4 (proposed): out_of_memory: The worker used')
    and row.endswith('…')
    for row in shown
  )


def test_the_panel_before_anything_has_settled():
  panel = display.LivePanel(terminal())
  panel(observer.Began(20, 'runs/one'), Progress())
  shown = rows(panel, 80)
  assert shown[2].strip() == '0 of 20 settled, 0 running, 0 duplicates'
  assert shown[4] == 'Reference  not valued yet'
  assert shown[6:8] == ['Rate       not known yet', 'Time left  not known yet']


@pytest.mark.parametrize('run_dir', ['runs/[/tmp]', 'runs/[bold]x', 'r' * 200])
def test_a_path_is_shown_whole_whatever_it_looks_like(run_dir):
  panel = display.LivePanel(terminal())
  panel(observer.Began(20, run_dir), Progress())
  shown = ''.join(row.removeprefix('Run').strip() for row in rows(panel, 80))
  assert run_dir in shown


def test_the_rate_is_that_of_this_start(monkeypatch):
  """Two of 6 were settled before; two more in 30 s leave two: 30 s."""
  now = [1000.0]
  monkeypatch.setattr(display.time, 'monotonic', lambda: now[0])
  panel = display.LivePanel(terminal())
  progress = Progress()
  progress.charged = 2
  panel(observer.Began(6, 'runs/one'), progress)
  now[0] += 30.0
  progress.charged = 4
  panel(observer.Waited(), progress)
  shown = rows(panel, 80)
  assert shown[6:8] == ['Rate       240 trials an hour', 'Time left  30 s']


def test_plain_lines_are_one_for_each_thing(tmp_path):
  console = Console(file=io.StringIO(), width=80)
  watch = display.make_display(console)
  play(tmp_path, watch)
  lines = console.file.getvalue().splitlines()
  assert lines[0] == 'Search in runs/one: 0 of 6 trials settled.'
  assert sum(line.startswith('Trial ') for line in lines) == 9
  assert sum(line.startswith('Policy update ') for line in lines) == 2
  assert lines[-1] == 'Search ended: All 6 trials have settled.'
  assert len(lines) == 1 + 9 + 2 + 1
  # Whole, however long.
  assert any(line.endswith('More of it.') for line in lines)


def test_on_a_terminal_there_is_a_panel():
  assert isinstance(display.make_display(terminal()), display.LivePanel)


def test_a_search_on_a_real_terminal(tmp_path):
  """The panel is drawn, and the terminal left with its cursor shown."""
  ours, theirs = pty.openpty()
  process = subprocess.Popen(
    [str(SCRIPTS / 'nasnet-search'), *QUICK, '--trials=3', '--run_dir=run'],
    cwd=tmp_path,
    env={**os.environ, 'TERM': 'xterm', 'COLUMNS': '100', 'LINES': '40'},
    stdin=theirs,
    stdout=theirs,
    stderr=theirs,
  )
  os.close(theirs)
  output = b''
  while True:
    try:
      chunk = os.read(ours, 4096)
    except OSError:  # How Linux says that the other side is closed.
      break
    if not chunk:
      break
    output += chunk
  os.close(ours)
  assert process.wait(timeout=60) == 0
  text = output.decode()
  assert 'nasnet-search' in text
  assert '3 of 3 settled' in text
  assert 'Traceback' not in text
  hidden, shown = text.rfind('\x1b[?25l'), text.rfind('\x1b[?25h')
  assert 0 <= hidden < shown
