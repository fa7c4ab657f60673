"""nasnet-train as a person uses it."""

import io
import json
import signal
import subprocess
import time

import pytest
from rich import console

from nasnet_search.binaries import train_display
from tests.binaries import program

QUICK = (
  '--architecture=darts_v2',
  '--repeats=1',
  '--reductions=0',
  '--filters=2',
  '--train_images=64',
  '--batch_size=32',
)


def nasnet_train(*arguments, cwd):
  """Runs `nasnet-train` to its end."""
  return program.run('nasnet-train', *arguments, cwd=cwd)


def test_help_is_quick_and_lists_the_flags(tmp_path):
  result = nasnet_train('--help', cwd=tmp_path)
  assert 'nasnet-train --flagfile=quick_final --run_dir=' in result.stdout
  for flag in ('--architecture', '--init_weights', '--epochs', '--data_path'):
    assert f'{flag}:' in result.stdout
  assert not result.stderr


def test_help_imports_no_tensorflow(tmp_path):
  code = (
    'import sys, nasnet_search.binaries.train as t; '
    'from nasnet_search.flags import train_flags; '
    'sys.exit("tensorflow" in sys.modules)'
  )
  python = program.SCRIPTS / 'python'
  assert not subprocess.run([python, '-c', code], cwd=tmp_path).returncode


@pytest.mark.parametrize(
  ('arguments', 'message'),
  [
    ((), 'Expected a cell to train: --architecture with a published cell'),
    (('--architecture=none_such',), "Received: 'none_such', which is neither"),
    (('--run_dir=.',), "Received: '.', which holds no run.sqlite3"),
    (('--architecture=nasnet_a', '--epochs=0'), 'Expected --epochs to be at'),
    (
      (*QUICK, '--grid=dropout=0/0.5', '--plan', '--target_params=1e5'),
      'Expected either --plan or --grid',
    ),
    (('--flagfile=slow_final',), 'packaged flagfiles: .*quick_final'),
    (('words',), 'Expected no arguments besides flags'),
    (('--epoch=3',), 'Unknown command line flag'),
  ],
)
def test_mistakes_end_with_a_message(tmp_path, arguments, message):
  result = nasnet_train(*arguments, cwd=tmp_path)
  assert result.returncode == 1
  assert 'Traceback' not in result.stderr
  if '.*' in message:
    message = message.partition('.*')[0]
  assert message in result.stderr
  assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_training_is_interrupted_and_goes_on(tmp_path):
  command = [
    program.SCRIPTS / 'nasnet-train',
    *QUICK,
    '--epochs=400',
    '--model_dir=model',
  ]
  process = subprocess.Popen(
    command, cwd=tmp_path, stdout=subprocess.PIPE, text=True
  )
  wait_for(tmp_path / 'model' / 'metrics.csv')
  process.send_signal(signal.SIGINT)
  output, _ = process.communicate(timeout=60)
  assert process.returncode == 130
  assert 'To go on: nasnet-train --model_dir=model' in output
  # Other settings are another training.
  result = nasnet_train('--model_dir=model', '--seed=1', cwd=tmp_path)
  assert result.returncode == 1
  assert 'seed was 0, is now 1' in result.stderr
  # The rest of so many epochs is not waited for.
  process = subprocess.Popen(
    [command[0], '--model_dir=model'],
    cwd=tmp_path,
    stdout=subprocess.PIPE,
    text=True,
  )
  line = process.stdout.readline()
  process.send_signal(signal.SIGTERM)
  process.communicate(timeout=60)
  assert 'Training in model goes on after step' in line
  assert 'of 800; ' in line


def wait_for(path):
  """Waits until a file is there."""
  end = time.monotonic() + 120
  while not path.exists():
    assert time.monotonic() < end
    time.sleep(0.05)


@pytest.mark.slow
def test_json_is_for_programs(tmp_path):
  result = nasnet_train(
    *QUICK, '--epochs=1', '--model_dir=m', '--format=json', cwd=tmp_path
  )
  record = json.loads(result.stdout)
  assert record['format'] == 'nasnet_search.trained_network'
  assert 0 <= record['measures']['test_accuracy'] <= 1
  assert 'nasnet-export --model_dir=m' in result.stderr


class Model:
  """What a display asks of a network."""

  def count_params(self):
    return 12_345


def shown(notices=(), **logs):
  """Returns a panel in the midst of a training, and what it shows."""
  terminal = console.Console(
    force_terminal=True, width=100, record=True, file=io.StringIO()
  )
  panel = train_display.make_display(terminal)
  assert isinstance(panel, train_display.LivePanel)
  panel.set_params(
    {
      'epochs': 4,
      'steps': 10,
      'model_dir': 'models/[a]',
      'notices': list(notices),
    }
  )
  panel.set_model(Model())
  panel.on_train_begin(logs)
  return panel, terminal


def text_of(panel, terminal):
  """Returns what a panel shows."""
  terminal.print(panel._panel())
  return terminal.export_text()


def test_the_panel_shows_how_far_it_is():
  panel, terminal = shown(
    notices=['Another version.'], step=10, best_val_accuracy=0.625
  )
  panel.on_epoch_begin(1)
  for batch in range(5):
    panel.on_train_batch_end(batch, {'loss': 1.25})
  text = text_of(panel, terminal)
  assert 'models/[a]' in text
  assert '15 of 40, epoch 2 of 4, training' in text
  assert '1.2500' in text
  assert 'best accuracy 0.6250' in text
  assert 'goes on after step 10 of 40; 12,345 parameters' in text
  assert 'Another version.' in text
  assert 'steps a second' in text
  assert 'Time left  not known yet' not in text


def test_the_panel_shows_how_epochs_went():
  panel, terminal = shown()
  assert 'not known yet' in text_of(panel, terminal)
  panel.on_epoch_end(0, {'loss': 2.0, 'val_accuracy': 0.75})
  panel.on_epoch_end(1, {'loss': 1.5, 'val_accuracy': 0.5})
  text = text_of(panel, terminal)
  assert 'best accuracy 0.7500' in text
  assert 'Epoch 2 of 4: training loss 1.5000' in text
  panel.on_test_begin()
  assert 'measuring' in text_of(panel, terminal)
  panel.on_train_end({'test_accuracy': 0.5})
  assert 'Training ended: test accuracy 0.5000.' in text_of(panel, terminal)


def test_plain_lines_elsewhere(capsys):
  lines = train_display.make_display(console.Console(force_terminal=False))
  assert isinstance(lines, train_display.PlainLines)
  with lines:
    lines.set_params({'epochs': 2, 'steps': 5})
    lines.on_epoch_end(0, {'loss': 2.0, 'val_top_5_accuracy': 0.9})
    lines.on_train_end()
  assert capsys.readouterr().out == (
    'Epoch 1 of 2: training loss 2.0000, validation top-5 accuracy 0.9000\n'
    'Training interrupted.\n'
  )
