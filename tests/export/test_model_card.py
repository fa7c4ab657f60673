"""The model card: all of it true, and nothing in it taken for markup."""

import dataclasses
import json
import re

import numpy as np
import pytest

from nasnet_search.cells.conv_chain import ChainLayer, ConvChain
from nasnet_search.cells.layer_graph import (
  Convolution,
  LayerGraph,
  Pooling,
)
from nasnet_search.export.card_text import card_text
from nasnet_search.export.images import ExportImages
from nasnet_search.export.model_card import card_data, write
from nasnet_search.export.parity import Check, compare
from tests.export.conftest import make_trained, replaced

LABELS = np.array([0, 1, 2, 3])
EXPECTED = np.eye(10)[[0, 1, 2, 4]]


@pytest.fixture
def images():
  pixels = np.zeros((4, 8, 8, 1), np.uint8)
  return ExportImages(pixels, LABELS, test=3, calibration=pixels[:2])


@pytest.fixture
def card(images):
  check = Check(
    'litert_int8', 'model_int8.tflite', 'uint8', 12345, 'litert 2', 0.25,
    compare(EXPECTED, EXPECTED * 0.75, LABELS),
  )  # fmt: skip
  return card_data(make_trained(), images, EXPECTED, [check])


def test_the_card_as_data(card):
  assert json.loads(json.dumps(card)) == card
  assert card['network_name'] == '1 @ 16'
  found = card['comparison']
  assert (found['images'], found['test_images']) == (4, 3)
  assert (found['accuracy'], found['classes_given']) == (0.75, 4)
  assert found['calibration_images'] == 2
  (file,) = card['files']
  assert (file['bytes'], file['latency_ms']) == (12345, 0.25)
  assert (file['largest_difference'], file['accuracy']) == (0.25, 0.75)
  assert card['trained_network'] == make_trained().to_dict()


def test_the_card_for_people(card):
  text = card_text(card)
  for part in (
    '# digits: a cell network 1 @ 16',
    'Tells 10 classes of images: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9.',
    '| `model_int8.tflite` | uint8 | 12,345 | 0.25 | 2.5e-01 | 100.00% |',
    '(3 test, 1 validation images), to which it gave 4 different classes',
    '`[images, 8, 8, 1]`',
    "Interpreter('model_int8.tflite')",
    '| Test accuracy | 0.75 |',
    '| Accuracy on the 4 images compared | 0.7500 |',
    '359 test images (a fifth, held out by nasnet_search), 288 validation',
    '![The cells](cells.png)',
    '| Epochs | 3 |',
    '| Architecture | by hand |',
  ):
    assert part in text
  assert 'model.keras' not in text  # Which was not asked for.


def test_names_of_others_are_no_markup(images):
  names = ('a|b', '<script>', '*bold*', '[x](y)', '`c`', 'd\ne', *'fghi')
  trained = replaced(make_trained(), class_names=names)
  text = card_text(card_data(trained, images, EXPECTED, []))
  assert r'a\|b, \<script\>, \*bold\*, \[x\](y), \`c\`, d e, f' in text
  for name in names[:4]:
    assert name not in text


def test_many_classes_are_counted(images):
  names = tuple(f'class {index}' for index in range(120))
  trained = make_trained()
  trained = dataclasses.replace(
    trained,
    dataset=dataclasses.replace(trained.dataset, class_names=names),
    network=dataclasses.replace(trained.network, classes=120),
  )
  text = card_text(card_data(trained, images, EXPECTED, []))
  assert 'class 49, and 70 more.' in text
  assert 'class 50' not in text


def test_everything_is_written(card, tmp_path):
  write(tmp_path, make_trained(), card)
  written = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
  assert set(written) == {
    'cells.png', 'network.png', 'class_names.json', 'model_card.json',
    'model_card.md',
  }  # fmt: skip
  assert min(written.values()) > 0
  assert (tmp_path / 'cells.png').read_bytes()[1:4] == b'PNG'


def test_the_card_of_a_chain_of_layers(images, tmp_path):
  """Has the layers in a line in place of drawings of cells."""
  chain = LayerGraph((Convolution(3, 4), Pooling(2, 2)), 'softmax')
  trained = make_trained(architecture=chain)
  card = card_data(trained, images, EXPECTED, [])
  text = card_text(card)
  assert text.startswith('# digits: a network C(4,3,1) P(2,2) SM\n')
  assert '![' not in text
  assert '| Layer dropout | 0.5 |' in text
  # Neither cells that are stacked, repeated or dropped, nor normalisation.
  for setting in (
    'Skeleton', 'Repeats', 'Filters', 'Drop path keep', 'Batch norm epsilon',
  ):  # fmt: skip
    assert f'| {setting} |' not in text
    assert f'| {setting} |' in card_text(
      card_data(make_trained(), images, EXPECTED, [])
    )
  write(tmp_path, trained, card)
  assert not list(tmp_path.glob('*.png'))


def test_examples_read_pictures_that_are_there(images, tmp_path):
  chain = ConvChain((ChainLayer(3, 3, 4, ()),))
  check = Check(
    'saved_model', 'saved_model', 'float32', 1, 'tensorflow 2', 0.25,
    compare(EXPECTED, EXPECTED, LABELS),
  )  # fmt: skip
  for number, architecture in enumerate((None, chain)):
    folder = tmp_path / str(number)
    folder.mkdir()
    changes = {'architecture': architecture} if architecture else {}
    trained = make_trained(**changes)
    card = card_data(trained, images, EXPECTED, [check])
    write(folder, trained, card)
    text = (folder / 'model_card.md').read_text()
    (read,) = re.findall(r"pathlib.Path\('(.*?)'\)", text)
    shown = re.findall(r'!\[.*\]\((.*?)\)', text)
    assert read == shown[0]
    assert '| Batch norm epsilon |' in text
    assert '| Dropout |' in text
    assert ('| Layer dropout |' in text) == (architecture is None)
    assert {path.name for path in folder.glob('*.png')} == set(shown)


def test_the_example_of_what_is_not_drawn_is_about_any_picture(images):
  chain = LayerGraph((Convolution(3, 4),), 'softmax')
  check = Check(
    'saved_model', 'saved_model', 'float32', 1, 'tensorflow 2', 0.25,
    compare(EXPECTED, EXPECTED, LABELS),
  )  # fmt: skip
  trained = make_trained(architecture=chain)
  text = card_text(card_data(trained, images, EXPECTED, [check]))
  assert "Path('picture.png')" in text
