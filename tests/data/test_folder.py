"""Images of one's own: folders and archives, good and bad."""

import io
import os
import pathlib
import tarfile

import numpy as np
import pytest

from nasnet_search.cells.errors import UserError
from nasnet_search.data import folder as folder_module
from nasnet_search.data.config import DataConfig
from nasnet_search.data.registry import describe, load_data

SHARED = pathlib.Path(__file__).resolve().parents[3] / 'shared' / 'data'


def config(path, **settings):
  defaults = {'data': 'folder', 'validation_images': 4}
  return DataConfig(**{**defaults, **settings}, data_path=str(path))


def levels(images):
  """Returns the grey levels of images of one colour, sorted."""
  return sorted(images[:, 0, 0, 0].tolist())


def test_every_image_is_in_one_part(write_folder, class_files):
  data = load_data(config(write_folder(class_files)))
  assert data.record.class_names == ('cat', 'dog')
  assert data.record.image_shape == (8, 8, 3)
  both = np.concatenate([data.train_images, data.validation_images])
  assert levels(both) == list(range(40))
  # Image i is of class i // 20.
  assert np.array_equal(data.train_images[:, 0, 0, 0] // 20, data.train_labels)
  assert np.bincount(data.validation_labels).tolist() == [2, 2]
  assert np.bincount(data.train_labels).tolist() == [18, 18]


def test_without_test_images_there_are_none(write_folder, class_files):
  data = load_data(config(write_folder(class_files)))
  assert data.test_images.shape == (0, 8, 8, 3)
  assert data.record.test_images == 0
  assert data.record.test_origin == 'none given'


@pytest.mark.parametrize('name', ['x.tar', 'x.tar.gz', 'x.tar.xz', 'x.zip'])
@pytest.mark.parametrize('top', ['', 'train/'])
def test_archives_are_read_as_folders_are(
  write_folder, write_archive, class_files, name, top
):
  files = {top + path: content for path, content in class_files.items()}
  backwards = dict(sorted(files.items(), reverse=True))
  one = load_data(config(write_folder(files)))
  two = load_data(config(write_archive(backwards, name)))
  assert one.record == two.record
  for part in ('train_images', 'train_labels', 'validation_images'):
    assert np.array_equal(getattr(one, part), getattr(two, part))


def test_given_test_images_are_kept_apart(write_folder, class_files, png):
  files = {f'train/{path}': content for path, content in class_files.items()}
  files |= {'test/dog/1.png': png(200), 'test/cat/1.png': png(100)}
  data = load_data(config(write_folder(files)))
  assert levels(data.test_images) == [100, 200]
  assert data.test_labels.tolist() == [0, 1]
  assert data.record.test_origin == 'the folder test'
  both = np.concatenate([data.train_images, data.validation_images])
  assert levels(both) == list(range(40))


def test_gray_images_have_one_channel(write_folder, png):
  files = {
    f'{name}/{index}.png': png(index, mode='L')
    for name in 'ab'
    for index in range(10)
  }
  data = load_data(config(write_folder(files)))
  assert data.record.image_shape == (8, 8, 1)
  both = np.concatenate([data.train_images, data.validation_images])
  assert levels(both) == sorted([*range(10)] * 2)
  files['a/color.png'] = png(77)
  assert describe(config(write_folder(files))).image_shape == (8, 8, 3)


def test_sizes_are_kept_if_equal(write_folder, png):
  files = {
    f'{name}/{index}.png': png(size=(6, 12))
    for name in 'ab'
    for index in range(10)
  }
  path = write_folder(files)
  assert describe(config(path)).image_shape == (6, 12, 3)
  assert describe(config(path, image_size=5)).image_shape == (5, 5, 3)


def test_sizes_that_differ_need_one_to_scale_to(write_folder, class_files, png):
  path = write_folder({**class_files, 'dog/x.png': png(size=(6, 12))})
  message = r'8x8 pixels \(cat/00.png\) and 6x12 \(dog/x.png\).*--image_size='
  with pytest.raises(UserError, match=message):
    describe(config(path))
  data = load_data(config(path, image_size=6))
  assert data.train_images.shape == (37, 6, 6, 3)


def test_decoded_once(write_folder, class_files, monkeypatch):
  path = write_folder(class_files)
  first = load_data(config(path))
  monkeypatch.setattr(folder_module, 'read_files', lambda path: iter([]))
  second = load_data(config(path, train_images=10))
  assert second.record.mean == first.record.mean
  # Other files, sizes or ways of reading are not taken from the cache.
  for settings in ({'image_size': 4}, {'skip_bad_images': True}):
    with pytest.raises(UserError, match='Received none in'):
      load_data(config(path, **settings))
  os.utime(path / 'cat/00.png', (1, 1))
  with pytest.raises(UserError, match='Received none in'):
    load_data(config(path))


def test_a_changed_archive_is_read_again(write_archive, class_files, png):
  path = write_archive(class_files, 'x.zip')
  assert levels(load_data(config(path)).train_images)[-1] == 39
  write_archive({**class_files, 'dog/19.png': png(250)}, 'x.zip')
  os.utime(path, (1, 1))
  data = load_data(config(path, validation_images=2))
  both = np.concatenate([data.train_images, data.validation_images])
  assert levels(both)[-1] == 250


@pytest.mark.parametrize(
  'name', ['train_images.npy', 'test_labels.npy', 'facts.json']
)
@pytest.mark.parametrize('damage', ['cut', 'missing', 'other'])
def test_a_broken_cache_is_made_again(
  write_folder, class_files, cache, name, damage
):
  path = write_folder(class_files)
  first = load_data(config(path))
  (file,) = cache.glob(f'*/{name}')
  if damage == 'missing':
    file.unlink()
  else:
    content = file.read_bytes()
    file.write_bytes(b'junk' if damage == 'other' else content[:-1])
  second = load_data(config(path))
  assert second.record == first.record
  assert np.array_equal(first.train_images, second.train_images)


def test_images_in_the_cache_cannot_be_written_to(write_folder, class_files):
  files = {f'train/{path}': content for path, content in class_files.items()}
  files |= {f'test/{path}': content for path, content in class_files.items()}
  data = load_data(config(write_folder(files)))
  with pytest.raises(ValueError, match='read-only'):
    data.test_images[:] = 0


def bad_images(class_files, png):
  whole = png(np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8))
  return {
    **class_files,
    'cat/cut.png': whole[:100],
    'cat/empty.jpg': b'',
    'dog/text.png': b'hello',
    'dog/wide.png': png(np.full((8, 8), 40000, np.uint16)),
  }


def test_bad_images_are_named(write_folder, class_files, png):
  path = write_folder(bad_images(class_files, png))
  with pytest.raises(UserError) as caught:
    describe(config(path))
  message = str(caught.value)
  assert message.startswith(
    'Expected images that can be read. Received 4 of 44'
  )
  for name in ('cat/cut.png (', 'cat/empty.jpg (', 'dog/text.png ('):
    assert name in message
  assert 'more than 8 bits' in message
  assert message.endswith('leave them out with --skip_bad_images.')


def test_only_some_of_many_bad_images_are_named(write_folder, class_files):
  bad = {f'cat/bad{index}.png': b'' for index in range(7)}
  with pytest.raises(UserError, match=r'7 of 47 .*bad4.png \(.*\); \.\.\.\. R'):
    describe(config(write_folder({**class_files, **bad})))


def test_bad_images_can_be_skipped(write_folder, class_files, png):
  path = write_folder(bad_images(class_files, png))
  data = load_data(config(path, skip_bad_images=True))
  assert data.record.skipped == (
    'cat/cut.png',
    'cat/empty.jpg',
    'dog/text.png',
    'dog/wide.png',
  )
  both = np.concatenate([data.train_images, data.validation_images])
  assert levels(both) == list(range(40))


def test_a_class_of_bad_images_only_is_not_forgotten(write_folder, class_files):
  path = write_folder({**class_files, 'emu/1.png': b''})
  with pytest.raises(UserError, match=r'Received none of: emu\.'):
    load_data(config(path, skip_bad_images=True))


@pytest.mark.parametrize(
  ('files', 'message'),
  [
    ({}, 'Expected images .* in one folder for each class. Received none in'),
    ({'a/readme.txt': b''}, 'Received none in'),
  ],
)
def test_nothing_to_read(write_folder, tmp_path, files, message):
  (tmp_path / 'images').mkdir()
  write_folder(files)
  with pytest.raises(UserError, match=message):
    describe(config(tmp_path / 'images'))


def test_one_class_is_refused(write_folder, png):
  path = write_folder({'cat/1.png': png(), 'cat/2.png': png()})
  with pytest.raises(UserError, match=r'at least 2 classes .* Received: cat\.'):
    describe(config(path))


def test_a_path_is_needed(tmp_path):
  with pytest.raises(UserError, match=r'--data_path to name a folder.*none'):
    describe(DataConfig(data='folder'))
  with pytest.raises(UserError, match='gone, which does not exist'):
    describe(config(tmp_path / 'gone'))


def test_a_tar_with_a_path_leaving_it(write_archive, class_files, png, cache):
  path = write_archive({**class_files, '../evil.png': png()}, 'x.tar')
  with pytest.raises(UserError, match=r"member '\.\./evil\.png'"):
    describe(config(path))
  assert not (cache.parent / 'evil.png').exists()
  assert not [entry for entry in cache.iterdir() if entry.is_dir()]


def test_a_path_that_a_tar_has_twice_counts_once(tmp_path, class_files, png):
  path = tmp_path / 'x.tar'
  with tarfile.open(path, 'w') as archive:
    for name, content in [*class_files.items(), ('cat/00.png', png(99))]:
      header = tarfile.TarInfo(name)
      header.size = len(content)
      archive.addfile(header, io.BytesIO(content))
  data = load_data(config(path))
  both = np.concatenate([data.train_images, data.validation_images])
  assert levels(both) == [*range(1, 40), 99]


def shared(name):
  path = SHARED / name
  if not path.exists():
    pytest.skip(f'needs the data file {name}')
  return path


def test_imagenette():
  # Counts of Imagenette v2 by its authors: 9,469 images, 858 to 993 a class.
  path = shared('imagenette/imagenette64_train.tar.gz')
  data = load_data(config(path, validation_images=1000))
  assert data.record.image_shape == (64, 64, 3)
  counts = np.bincount(data.train_labels) + np.bincount(data.validation_labels)
  assert (counts.sum(), counts.min(), counts.max()) == (9469, 858, 993)


@pytest.mark.slow
def test_cifar10():
  data = load_data(config(shared('cifar10/train.tar.gz'), validation_images=0))
  assert np.bincount(data.train_labels).tolist() == [4500] * 10
  assert np.bincount(data.validation_labels).tolist() == [500] * 10
  # Of all 50,000 images, measured by another program.
  assert data.record.mean == pytest.approx((0.4913, 0.4821, 0.4465), abs=1e-3)
  assert data.record.std == pytest.approx((0.2452, 0.2428, 0.2606), abs=1e-3)
