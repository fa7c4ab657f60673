"""The programs and recurrent cells: mistakes, a search, what is shown."""

import json

import pytest

from nasnet_search.cells.architectures import read_architecture
from nasnet_search.cells.recurrent_formulas import formula_lines
from tests.binaries.program import run, search
from tests.cells.recurrent_cells import FIGURE_5
from tests.evaluators.small_text import write_text

_SPACE = (
  '--space=recurrent_cell',
  '--controller=random',
  '--workers=0',
  '--trials=3',
)
_SMALL = (
  *_SPACE,
  '--base_number=2',
  '--hidden_units=6',
  '--unroll=5',
  '--parallel_sequences=8',
  '--text_epochs=1',
)


@pytest.mark.parametrize(
  ('content', 'arguments', 'message'),
  [
    (None, [], 'Expected --text_train, a text file'),
    (None, ['--text_train=gone'], 'gone: No such file'),
    (b'\x00\x01\x02' * 99, ['--text_train=text'], 'a text file in UTF-8'),
    (b'a\n' * 99, ['--text_train=text'], 'at least 2 different words'),
    (
      b'a b c\n' * 99,
      ['--text_train=text', '--max_vocabulary=3'],
      'at most 3 different words (--max_vocabulary). Received: 4',
    ),
    (
      b'a b c\n' * 99,
      ['--text_train=text', '--unroll=50'],
      'at least 801 words: 50 (--unroll) for each of 16',
    ),
    (
      b'a b c\n' * 999,
      ['--text_train=text', '--base_number=6'],
      'a full binary tree has: 2, 4, 8, 16, 32, 64. Received: 6',
    ),
    (
      b'a b c\n' * 999,
      ['--text_train=text', '--evaluator=cost'],
      '--space=recurrent_cell: language_model',
    ),
  ],
)
def test_a_mistake_is_told_and_nothing_is_left(
  tmp_path, content, arguments, message
):
  if content is not None:
    (tmp_path / 'text').write_bytes(content)
  done = search(*_SPACE, '--run_dir=run', *arguments, cwd=tmp_path)
  assert done.returncode == 1
  assert done.stderr.startswith('Error: ')
  assert message in done.stderr
  assert not (tmp_path / 'run').exists()


@pytest.fixture(scope='module')
def found(tmp_path_factory):
  """A search of three children, and what it printed."""
  folder = tmp_path_factory.mktemp('found')
  text = write_text(folder / 'text')
  done = search(*_SMALL, f'--text_train={text}', '--run_dir=run', cwd=folder)
  assert done.returncode == 0, done.stderr
  return folder, done.stdout


def test_a_search_ends_with_the_formulas_of_the_best(found):
  folder, printed = found
  best = json.loads((folder / 'run' / 'best_architecture.json').read_text())
  for line in formula_lines(read_architecture(best)):
    assert line in printed
  assert 'Validation perplexity' in printed
  assert 'nasnet-train' not in printed


def test_a_report_shows_formulas_and_the_text(found):
  folder, _ = found
  done = run('nasnet-report', 'run', cwd=folder)
  assert done.returncode == 0, done.stderr
  page = (folder / 'run' / 'report.html').read_text()
  best = json.loads((folder / 'run' / 'best_architecture.json').read_text())
  lines = formula_lines(read_architecture(best))
  assert lines[-1].strip() in page.replace('&#x27;', "'")
  assert 'Space recurrent_cell' in page
  assert 'data text' in page
  assert 'of the best found and of one chosen at random' in page


def test_a_search_is_verified(found):
  folder, _ = found
  done = run('nasnet-report', 'run', '--verify', cwd=folder)
  assert done.stdout.startswith('Agrees: '), done.stdout + done.stderr


def test_cells_are_shown_from_runs_and_files(found):
  folder, _ = found
  assert ' = ' in run('nasnet-inspect', 'show', 'run', cwd=folder).stdout
  (folder / 'cell.json').write_text(FIGURE_5.to_json())
  shown = run('nasnet-inspect', 'show', 'cell.json', cwd=folder).stdout
  assert "new h = a2 = sigmoid(a0' * a1)" in shown
  assert FIGURE_5.canonical_key() in shown
  done = run('nasnet-inspect', 'show', 'cell.json', '--format=json', cwd=folder)
  data = json.loads(done.stdout)
  assert data['base_number'] == 2
  assert read_architecture(data) == FIGURE_5


@pytest.mark.parametrize(
  ('command', 'message'),
  [
    (('nasnet-inspect', 'cost', 'run'), 'of image networks to cost'),
    (('nasnet-inspect', 'draw', 'run', '--output=x.svg'), 'inspect show'),
    (('nasnet-train', '--run_dir=run'), "of kind 'recurrent_cell'"),
  ],
)
def test_what_is_for_other_kinds_is_refused(found, command, message):
  done = run(*command, cwd=found[0])
  assert done.returncode == 1
  assert done.stderr.startswith('Error: Expected ')
  assert message in done.stderr
  assert not (found[0] / 'x.svg').exists()
