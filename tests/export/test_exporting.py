"""A whole export: files that need nothing of this project, or none at all."""

import dataclasses
import importlib.util
import json
import subprocess
import sys

import numpy as np
import pytest

from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.cell import Block, Cell
from nasnet_search.cells.errors import UserError
from nasnet_search.cells.operations import ALL_OPERATIONS
from nasnet_search.data.registry import load_data
from nasnet_search.export import exporting, networks, parity
from nasnet_search.export.config import ExportConfig
from nasnet_search.export.exporting import export
from nasnet_search.export.formats import FORMATS
from nasnet_search.training.trained_files import WEIGHTS_FILE, load_trained
from tests.export.conftest import make_trained

EXTRA = ('onnx', 'litert', 'litert_int8')


def run(model_dir, output, *formats, **options):
  return export(
    ExportConfig(
      model_dir=str(model_dir), output=str(output), formats=formats, **options
    )
  )


@pytest.fixture(scope='module')
def exported(trained_dir, tmp_path_factory):
  output = tmp_path_factory.mktemp('exported') / 'network'
  return run(trained_dir, output, 'keras', 'saved_model'), output


@pytest.fixture(scope='module')
def exported_more(trained_dir, tmp_path_factory):
  for name in EXTRA:
    for module in FORMATS[name].packages:
      pytest.importorskip(module, reason="pip install '.[export]' has it")
  output = tmp_path_factory.mktemp('exported') / 'network'
  return run(trained_dir, output, *EXTRA), output


def check_exact(card, count):
  exact = [x for x in card['files'] if FORMATS[x['format']].exact]
  assert len(exact) == count
  for each in exact:
    assert each['images'] == 500
    assert each['largest_difference'] <= 1e-4
    assert each['clear_top_1_agreement'] == 1
    assert each['accuracy'] == card['comparison']['accuracy']
  # Otherwise a constant network would do as well.
  assert card['comparison']['classes_given'] >= 5
  assert card['comparison']['accuracy'] > 0.5


def test_keras_and_tensorflow_give_what_was_trained(exported):
  card, output = exported
  check_exact(card, 5)
  assert sorted(path.name for path in output.iterdir()) == [
    'cells.png', 'class_names.json', 'model.keras', 'model_card.json',
    'model_card.md', 'network.png', 'saved_model',
  ]  # fmt: skip
  assert json.loads((output / 'model_card.json').read_text()) == card
  names = json.loads((output / 'class_names.json').read_text())
  assert names == [str(digit) for digit in range(10)]
  assert [path.name for path in output.parent.iterdir()] == ['network']


def test_onnx_and_litert_give_what_was_trained(exported_more):
  card, _ = exported_more
  check_exact(card, 4)
  (quantized,) = [x for x in card['files'] if x['format'] == 'litert_int8']
  assert quantized['top_1_agreement'] > 0.9
  # 8 bits are not enough for more; if this fails, it was not quantized.
  assert quantized['largest_difference'] > 1e-3


def test_images_of_any_size_and_kind_are_classified(exported, trained_dir):
  import tensorflow as tf

  _, output = exported
  data = load_data(load_trained(trained_dir).data)
  signatures = tf.saved_model.load(str(output / 'saved_model')).signatures
  large = np.repeat(np.repeat(data.test_images[:20], 5, axis=1), 3, axis=2)
  small = signatures['serving_default'](tf.constant(data.test_images[:20]))
  scaled = signatures['serving_default'](tf.constant(large))
  # The means of equal pixels are these pixels.
  np.testing.assert_allclose(
    scaled['probabilities'], small['probabilities'], atol=1e-6
  )
  files = [tf.io.encode_png(image).numpy() for image in (large[0], large[1])]
  read = signatures['encoded'](tf.constant(files))
  np.testing.assert_allclose(
    read['probabilities'], small['probabilities'][:2], atol=1e-6
  )
  likeliest = np.argmax(small['probabilities'], axis=1)
  assert [x.decode() for x in small['class_name'].numpy()] == [
    str(digit) for digit in likeliest
  ]


right = networks.pixel_network


def wrong(network, record):
  """A network that takes pixels as another one would."""
  half = dataclasses.replace(record, mean=tuple(x / 2 for x in record.mean))
  return right(network, half)


@pytest.mark.slow
def test_what_gives_something_else_is_not_written(
  trained_dir, tmp_path, monkeypatch
):
  monkeypatch.setattr(networks, 'pixel_network', wrong)
  with pytest.raises(UserError, match=r'outputs within 0\.0001.* Received'):
    run(trained_dir, tmp_path / 'deep' / 'out', 'keras')
  assert list((tmp_path / 'deep').iterdir()) == []


def test_what_is_refused_leaves_nothing(trained_dir, tmp_path, monkeypatch):
  def use(name, folder, images, here):
    for index, _ in enumerate(FORMATS[name].endpoints):
      np.save(here / f'output_{index}.npy', np.full((len(images), 10), 0.1))
    return {'version': '1', 'latency_ms': [1.0, 1.0]}

  monkeypatch.setattr(parity, '_use', use)
  with pytest.raises(UserError, match=r'model.keras \(uint8 input, keras 1\)'):
    run(trained_dir, tmp_path / 'deep' / 'out', 'keras')
  assert list((tmp_path / 'deep').iterdir()) == []


@pytest.mark.slow
def test_a_file_that_needs_this_project_is_refused(tmp_path, trained_dir):
  from nasnet_search.builders.network import build_network

  trained = load_trained(trained_dir)
  own = build_network(trained.architecture, trained.network, seed=0)
  right(own, trained.dataset).save(tmp_path / 'model.keras')
  images = np.zeros((2, 8, 8, 1), np.uint8)
  with pytest.raises(UserError, match=r'keras alone. Received an error'):
    parity.check_format('keras', tmp_path, images, images[:, 0, 0, 0], images)


def test_a_converter_that_fails_is_told_and_leaves_nothing(
  trained_dir, tmp_path, monkeypatch
):
  from nasnet_search.export import writers

  def fail(source):
    (source.folder / 'model.keras').write_text('half')
    raise RuntimeError('no such operation')

  monkeypatch.setattr(writers, 'write_keras', fail)
  with pytest.raises(UserError, match=r'Keras. Received an error.*no such op'):
    run(trained_dir, tmp_path / 'out', 'keras')
  assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_and_leaves_nothing(
  trained_dir, tmp_path, monkeypatch
):
  from nasnet_search.export import writers

  def fail(source):
    raise OSError(28, 'No space left on device')

  monkeypatch.setattr(writers, 'write_keras', fail)
  with pytest.raises(UserError, match=r'can be written.*No space left'):
    run(trained_dir, tmp_path / 'out', 'keras')
  assert list(tmp_path.iterdir()) == []


def test_a_missing_package_is_named_before_any_work(tmp_path, monkeypatch):
  monkeypatch.setattr(
    importlib.util,
    'find_spec',
    lambda name, *rest: None if name == 'tf2onnx' else object(),
  )
  # Not even the model directory is looked at.
  with pytest.raises(UserError, match=r'python -m pip install tf2onnx$'):
    run('missing', tmp_path / 'out', 'keras', 'onnx')


def test_a_model_directory_that_is_none_is_told(tmp_path):
  with pytest.raises(UserError, match='Expected --model_dir to be a model dir'):
    run(tmp_path, tmp_path / 'out', 'keras')
  assert list(tmp_path.iterdir()) == []


def test_damaged_weights_are_told(model_dir, tmp_path):
  (model_dir / WEIGHTS_FILE).write_bytes(b'damaged')
  with pytest.raises(UserError, match='which is damaged or belongs to another'):
    run(model_dir, tmp_path / 'out', 'keras')
  assert not (tmp_path / 'out').exists()


def test_weights_of_another_architecture_are_told(
  model_dir, tmp_path, change_record
):
  change_record('network', filters=4)
  with pytest.raises(UserError, match='which does not fit it'):
    run(model_dir, tmp_path / 'out', 'keras')
  assert not (tmp_path / 'out').exists()


def test_an_output_in_use_is_left_alone(trained_dir, tmp_path):
  (tmp_path / 'mine').write_text('precious')
  with pytest.raises(UserError, match='new or an empty directory'):
    run(trained_dir, tmp_path, 'keras')
  with pytest.raises(UserError, match='new or an empty directory'):
    run(trained_dir, tmp_path / 'mine', 'keras')
  with pytest.raises(UserError, match=r'can be written.*Not a directory'):
    run(trained_dir, tmp_path / 'mine' / 'out', 'keras')
  assert (tmp_path / 'mine').read_text() == 'precious'
  assert [path.name for path in tmp_path.iterdir()] == ['mine']


def test_an_empty_output_is_taken(tmp_path):
  (tmp_path / 'out').mkdir()
  with exporting._whole(tmp_path / 'out') as folder:
    (folder / 'file').write_text('')
    assert list((tmp_path / 'out').iterdir()) == []
  assert [path.name for path in tmp_path.rglob('*')] == ['out', 'file']


@pytest.mark.slow
def test_the_examples_on_the_card_run(exported, exported_more):
  for _, output in (exported, exported_more):
    text = (output / 'model_card.md').read_text()
    examples = text.split('```python\n')[1:]
    assert len(examples) in (2, 3)
    for example in examples:
      code = example.partition('```')[0]
      assert 'probabilities' in code
      check = f'{code}\nassert tuple(probabilities.shape) == (1, 10)'
      done = subprocess.run(
        [sys.executable, '-I', '-c', check],
        cwd=output, capture_output=True, text=True, check=False,
      )  # fmt: skip
      assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_onnx_pads_every_operation_with_zeros_as_keras_does(tmp_path):
  # onnxruntime (1.31) computes something else where it may join zeros with
  # what reads them.
  pytest.importorskip('onnxruntime', reason="pip install '.[export]' has it")
  from nasnet_search.builders.network import build_network
  from nasnet_search.training.trained_files import save_trained

  names = [name for name in ALL_OPERATIONS if name != 'none']
  pairs = zip(names[::2], (*names[1::2], names[0]), strict=False)
  blocks = tuple(Block((0, 1), pair, 'add') for pair in pairs)
  cell = Cell(blocks, tuple(range(2, 2 + len(blocks))))
  trained = make_trained(
    architecture=Architecture(normal=cell, reduction=cell), padding='zeros'
  )
  model = build_network(trained.architecture, trained.network, seed=0)
  save_trained(tmp_path / 'model', trained, model)
  card = run(tmp_path / 'model', tmp_path / 'out', 'onnx')
  assert all(each['largest_difference'] <= 1e-4 for each in card['files'])
