"""Classes and parts as paths tell them."""

import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.data.layout import read_layout


def layout(images, others=()):
  """Returns what is told of each image, as class and whether it is a test."""
  result = read_layout(images, others)
  classes = [result.class_names[label] for label in result.labels]
  return list(zip(classes, result.test.tolist(), strict=True))


@pytest.mark.parametrize('enclosing', ['', 'train/', 'data/', 'a/b/train/'])
def test_class_folders(enclosing):
  paths = ['dog/1.png', 'cat/1.png', 'dog/deep/er/2.png']
  told = layout([enclosing + path for path in paths])
  assert told == [('dog', False), ('cat', False), ('dog', False)]


@pytest.mark.parametrize('enclosing', ['', 'data/'])
@pytest.mark.parametrize('test', ['test', 'val', 'valid', 'validation'])
def test_folders_of_parts(enclosing, test):
  paths = ['train/dog/1.png', f'{test}/dog/1.png', 'train/cat/1.png']
  result = read_layout([enclosing + path for path in paths], ())
  assert result.class_names == ('cat', 'dog')
  assert result.labels.tolist() == [1, 1, 0]
  assert result.test.tolist() == [False, True, False]
  assert result.test_folder == test


def test_a_class_may_be_named_train():
  # CIFAR-100 has one.
  told = layout(['train/1.png', 'tractor/1.png', 'test/1.png'])
  assert told == [('train', False), ('tractor', False), ('test', False)]


def test_files_beside_the_classes_do_not_matter():
  told = layout(
    ['data/dog/1.png', 'data/cat/1.png'],
    ['readme.txt', 'data/labels.csv', 'data/dog/Thumbs.db', 'more/x.txt'],
  )
  assert told == [('dog', False), ('cat', False)]


@pytest.mark.parametrize('empty', ['emu/', 'emu/1.tiff'])
@pytest.mark.parametrize(
  ('part', 'others'),
  [('', ()), ('train/', ()), ('train/', ('test/dog/1.png',))],
)
def test_classes_without_images_are_refused(part, others, empty):
  images = [f'{part}dog/1.png', f'{part}cat/1.png', *others]
  with pytest.raises(UserError, match=r'every class folder.*none in: emu\.'):
    layout(images, [part + empty])


@pytest.mark.parametrize(
  ('paths', 'message'),
  [
    (['1.png', 'dog/2.png'], r'outside of any: 1\.png'),
    (
      ['train/a/1.png', 'val/a/1.png', 'test/a/1.png'],
      'Received: test, train, val',
    ),
    (['train/a/1.png', 'test/a/1.png', 'dog/1.png'], 'two folders of class'),
    (['test/a/1.png', 'extra/b/1.png'], 'two folders of class folders, train'),
    (['test/a/1.png', 'test/b/1.png'], "only the folder 'test'.*must not use"),
    (
      ['train/a/1.png', 'test/b/1.png'],
      r'in test only classes that are in train\. Received: b\.',
    ),
  ],
)
def test_other_layouts_are_refused(paths, message):
  with pytest.raises(UserError, match=message):
    layout(paths)
