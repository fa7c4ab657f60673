"""`nasnet-inspect`: what it shows, draws, converts and counts."""

import dataclasses
import json
import subprocess
import sys

import pytest
from absl import flags
from absl.testing import flagsaver

from nasnet_search.binaries import inspect, inspect_networks
from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.cost import network_cost
from nasnet_search.cells import zoo
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.errors import UserError
from nasnet_search.flags import inspect_flags
from tests.binaries.program import QUICK, search

MOBILE = ('--skeleton=imagenet', '--repeats=4', '--penultimate_filters=1056')
SMALL = ('--classes=10', '--image_size=32')


@pytest.fixture
def run(capsys):
  """Returns a function from arguments to what the program prints."""
  parsed = flags.FLAGS.is_parsed()

  def run(*arguments, as_json=False):
    inspect_flags.VALUES.unparse_flags()
    operands = inspect_flags.VALUES(['nasnet-inspect', *arguments])[1:]
    flags.FLAGS.mark_as_parsed()
    with flagsaver.flagsaver(format='json' if as_json else 'table'):
      inspect.main(operands)
    printed = capsys.readouterr().out
    return json.loads(printed) if as_json else printed

  yield run
  inspect_flags.VALUES.unparse_flags()
  if not parsed:
    flags.FLAGS.unparse_flags()


def program(*arguments, cwd):
  """Runs the program in a process of its own, which tells what it imported."""
  code = (
    'import atexit, sys; from nasnet_search.binaries import inspect\n'
    'loaded = lambda: {"tensorflow", "keras"} & set(sys.modules)\n'
    'atexit.register(lambda: print(loaded() or "", file=sys.stderr, end=""))\n'
    'inspect.run()'
  )
  return subprocess.run(
    [sys.executable, '-c', code, *map(str, arguments)],
    cwd=cwd,
    capture_output=True,
    text=True,
    timeout=120,
    check=False,
  )


def test_the_cost_of_nasnet_a_mobile_as_programs_read_it(tmp_path):
  arguments = ('--classes=1000', '--image_size=224', '--format=json')
  done = program('cost', 'nasnet_a', *MOBILE, *arguments, cwd=tmp_path)
  assert (done.returncode, done.stderr) == (0, '')
  data = json.loads(done.stdout)
  # keras.applications.NASNetMobile, and 564M in the paper's Table 3.
  assert data['trainable_parameters'] == 5_289_978
  assert data['total_parameters'] == 5_326_716
  assert round(data['multiply_adds'] / 1e6, 1) == 563.6
  assert data['network'] == data['published_network'] == '4 @ 1056'
  options = data['options']
  assert options['stem_filters'] == 32
  assert options['image_shape'] == [224, 224, 3]
  assert options['skip_reduction_layer_input'] is False


def test_every_figure_of_the_cost_is_printed(run, monkeypatch):
  figures = {**dataclasses.asdict(small_cost()), 'training_bytes': 3 << 20}
  record = dataclasses.make_dataclass('Cost', figures)
  monkeypatch.setattr(
    inspect_networks, 'network_cost', lambda *_, **__: record(**figures)
  )
  data = run('cost', 'nasnet_a', *MOBILE, as_json=True)
  assert data['training_bytes'] == 3 << 20
  assert set(figures) - set(data) == {'activation_sizes'}
  assert '3.0 MiB' in run('cost', 'nasnet_a', *MOBILE)


def small_cost():
  return network_cost(zoo.load('nasnet_a'), NetworkConfig((32, 32, 3), 10))


def test_published_options_are_taken_and_flags_override_them(run):
  large = ('--skeleton=imagenet', '--repeats=6', '--penultimate_filters=4032')
  data = run('cost', 'nasnet_a', *large, as_json=True)
  assert data['trainable_parameters'] == 88_753_150
  assert data['options']['stem_filters'] == 96
  assert data['options']['skip_reduction_layer_input'] is True
  data = run(
    'cost', 'nasnet_a', *large, '--stem_filters=32', '--classes=10',
    '--noskip_reduction_layer_input', '--image_size=128', as_json=True,
  )  # fmt: skip
  assert data['options']['stem_filters'] == 32
  assert data['options']['skip_reduction_layer_input'] is False
  assert data['options']['image_shape'] == [128, 128, 3]
  # By hand: 990 classes less, each with 4,032 weights and a bias; the stem's
  # kernel, the batch normalisation, and what reads it are smaller too.
  assert data['trainable_parameters'] < 88_753_150 - 990 * 4033


def test_other_sizes_have_the_options_of_the_cell(run):
  data = run(
    'cost', 'darts_v2', '--repeats=2', '--filters=16', *SMALL, as_json=True
  )  # fmt: skip
  assert data['published_network'] is None
  assert data['network'] == '2 @ 256'  # 4 blocks, 4 x 16 filters.
  assert data['options']['input_fitting'] == 'always'
  data = run(
    'cost', 'darts_v2', '--repeats=2', '--filters=16', *SMALL,
    '--reading=slim', as_json=True,
  )  # fmt: skip
  assert data['options']['input_fitting'] == 'as_needed'


def test_every_network_flag_is_an_option_of_networks(run):
  fields = {field.name for field in dataclasses.fields(NetworkConfig)}
  assert set(inspect_flags.NETWORK_OPTIONS) <= fields
  # Those left out change no count, or are given as other flags.
  assert fields - set(inspect_flags.NETWORK_OPTIONS) == {
    'image_shape', 'drop_path_keep', 'drop_path_by_depth', 'dropout',
    'layer_dropout', 'batch_norm_momentum', 'batch_norm_epsilon',
  }  # fmt: skip


def test_the_cost_for_people(run):
  shown = run('cost', 'nasnet_a', *MOBILE)
  assert 'Network 4 @ 1056' in shown
  assert '5,289,978' in shown
  assert '224x224x3' in shown


def test_list(run):
  shown = run('list')
  data = run('list', as_json=True)
  assert [each['cell'] for each in data] == list(zoo.names())
  for each in data:
    assert each['cell'] in shown
  nasnet = data[zoo.names().index('nasnet_a')]
  assert nasnet['title'] == 'NASNet-A'
  assert nasnet['blocks'] == 5
  assert {'6 @ 768', '4 @ 1056', '6 @ 4032'} <= {
    network['name'] for network in nasnet['networks']
  }


def test_show(run):
  shown = run('show', 'nasnet_a')
  lines = [' '.join(line.split()) for line in shown.splitlines()]
  # The first block of slim's reduction cell.
  first = lines.index(
    '0 h_i separable_conv_5x5 add', lines.index('Reduction cell')
  )
  assert lines[first + 1] == 'h_{i-1} separable_conv_7x7'
  assert 'Concatenated: block 1, block 2, block 3, block 4' in lines
  assert zoo.load('nasnet_a').canonical_key() in shown
  assert '3,346,538' in shown
  assert 'arXiv:1707.07012v4' in shown
  data = run('show', 'nasnet_a', as_json=True)
  assert Architecture.from_dict(data) == zoo.load('nasnet_a')
  assert data['canonical_key'] == zoo.load('nasnet_a').canonical_key()


def test_a_block_that_is_not_built_is_shown_as_such(run, tmp_path):
  data = zoo.load('nasnet_a').to_dict()
  data['normal']['concat'] = [2]
  path = tmp_path / 'cell.json'
  path.write_text(json.dumps(data))
  shown = run('show', str(path))
  assert shown.count('(not built)') == 4
  assert 'Published' not in shown


@pytest.mark.parametrize('suffix', ['svg', 'png'])
@pytest.mark.parametrize('network', [False, True])
def test_draw(run, tmp_path, suffix, network):
  path = tmp_path / f'drawing.{suffix}'
  extra = ('--network', *MOBILE) if network else ('--dark',)
  assert str(path) in run('draw', 'nasnet_a', f'--output={path}', *extra)
  start = {'svg': b'<?xml', 'png': b'\x89PNG'}[suffix]
  assert path.read_bytes().startswith(start)
  assert [each.name for each in tmp_path.iterdir()] == [path.name]
  if suffix == 'svg':
    assert b'NASNet-A' in path.read_bytes()


def test_convert_there_and_back(run, tmp_path):
  path, again = tmp_path / 'genotype.txt', tmp_path / 'cell.json'
  run('convert', 'darts_v2', '--to=darts', f'--output={path}')
  assert path.read_text().startswith("Genotype(normal=[('sep_conv_3x3', 0)")
  run('convert', str(path), '--to=nasnet_search', f'--output={again}')
  assert zoo.load_architecture(again) == zoo.load('darts_v2')
  printed = run('convert', str(path), '--from=darts', '--to=nni_all')
  assert json.loads(printed)['normal/op_5_1'] == 'dil_conv_3x3'
  # The cell is recognised, whatever it is read from.
  options = ('--repeats=6', '--filters=36')
  data = run('cost', str(path), *options, as_json=True)
  assert data['trainable_parameters'] == 3_349_342


def test_the_best_cell_of_a_run(run, tmp_path):
  done = search(
    *QUICK, '--trials=2', f'--run_dir={tmp_path / "mine"}', cwd=tmp_path
  )
  assert done.returncode == 0, done.stderr
  run_dir = tmp_path / 'mine'
  best = zoo.load_architecture(run_dir / 'best_architecture.json')
  data = run('show', str(run_dir), as_json=True)
  assert Architecture.from_dict(data) == best
  options = ('--repeats=1', '--filters=8', *SMALL)
  data = run('cost', str(run_dir), *options, as_json=True)
  assert data['published_network'] is None
  path = tmp_path / 'cells.svg'
  run('draw', str(run_dir), f'--output={path}')
  assert b'mine' in path.read_bytes()


@pytest.mark.parametrize(
  ('arguments', 'message'),
  [
    (('explain',), 'list, show, draw, convert, cost'),
    (('list', 'nasnet_a'), 'no CELL after list'),
    (('show',), 'a CELL after show'),
    (('show', 'nasnet_z'), r"nasnet_a.*'nasnet_z', which is neither"),
    (('show', 'empty'), 'none of them'),
    (('show', 'binary'), 'readable text'),
    (('show', 'missing', '--from=darts'), 'readable text.*missing'),
    (('show', 'empty', '--from=slim'), 'empty: Expected one class'),
    (('show', '.'), 'has a best architecture'),
    (('draw', 'nasnet_a'), r'--output.*\.svg or \.png'),
    (('draw', 'nasnet_a', '--output=cell.gif'), r'\.png or \.svg'),
    (('draw', 'nasnet_a', '--output=no/cell.png'), 'can be written.*no/cell'),
    (('draw', 'nasnet_a', '--output=empty/cell.png'), 'can be written'),
    (('draw', 'nasnet_a', '--output=folder.png'), 'can be written'),
    (('draw', 'nasnet_a', '--output=a.png', '--network'), '--repeats'),
    (('convert', 'nasnet_a'), '--to.*darts, slim'),
    (
      ('convert', 'darts_v2', '--to=slim', '--output=a'),
      'normal cell: block_3',
    ),
    (('cost', 'nasnet_a'), r'--repeats.*--filters=32'),
    (('cost', 'nasnet_a', '--repeats=4'), '--penultimate_filters'),
    (
      ('cost', 'nasnet_a', '--repeats=4', '--penultimate_filters=1000'),
      'multiple of',
    ),
    (
      ('cost', 'nasnet_a', *MOBILE, '--filters=32'),
      r'--filters=44.*Received: 32',
    ),
    (('cost', 'nasnet_a', '--repeats=4', '--filters=44'), '--image_size and'),
    (('cost', 'nasnet_a', *MOBILE, '--image_size=8'), 'larger images'),
    (
      ('cost', 'nasnet_a', '--repeats=0', '--filters=32', *SMALL),
      'at least 1 repeat',
    ),
    (('cost', 'cell.json', '--repeats=1', '--filters=8'), '--image_size and'),
  ],
)
def test_mistakes_are_explained_and_nothing_is_written(
  run, tmp_path, monkeypatch, arguments, message
):
  monkeypatch.chdir(tmp_path)
  (tmp_path / 'empty').touch()
  (tmp_path / 'binary').write_bytes(b'\xff\xfe\x00')
  (tmp_path / 'folder.png').mkdir()
  data = zoo.load('nasnet_a').to_dict()
  data['normal']['concat'] = [2, 3]
  (tmp_path / 'cell.json').write_text(json.dumps(data))
  before = sorted(tmp_path.rglob('*'))
  with pytest.raises(UserError, match=f'(?s){message}'):
    run(*arguments)
  assert sorted(tmp_path.rglob('*')) == before


def test_a_file_that_is_there_survives_a_failure(run, tmp_path, monkeypatch):
  path = tmp_path / 'cell.txt'
  path.write_text('before')
  with pytest.raises(UserError):
    run('convert', 'darts_v2', '--to=slim', f'--output={path}')
  assert path.read_text() == 'before'

  def fail(*_, **__):
    raise OSError(28, 'No space left on device')

  monkeypatch.setattr('pathlib.Path.replace', fail)
  with pytest.raises(UserError, match='No space left'):
    run('convert', 'darts_v2', '--to=darts', f'--output={path}')
  assert [each.name for each in tmp_path.iterdir()] == ['cell.txt']
  assert path.read_text() == 'before'


@pytest.mark.parametrize(
  ('arguments', 'message'),
  [
    ((), 'Expected COMMAND [CELL]'),
    (('show', 'nasnet_z'), "Received: 'nasnet_z'"),
    (('list', '--format=xml'), 'format'),
    (('cost', 'nasnet_a', '--skeleton=mnist'), 'skeleton'),
    (('cost', 'nasnet_a', '--trials=3'), 'trials'),
  ],
)
def test_mistakes_end_with_status_1_without_a_traceback(
  tmp_path, arguments, message
):
  done = program(*arguments, cwd=tmp_path)
  assert done.returncode == 1
  assert message in done.stderr
  assert 'Traceback' not in done.stderr
  assert done.stdout == ''


def test_help_is_about_this_program_and_needs_no_tensorflow(tmp_path):
  done = program('--help', cwd=tmp_path)
  assert done.stderr == ''
  assert 'nasnet-inspect cost nasnet_a' in done.stdout
  for name in (*inspect_flags.VALUES, 'format'):
    assert f'{name}:' in done.stdout.replace('[no]', '')
