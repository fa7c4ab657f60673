"""Images that stay in their files."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from nasnet_search.cells.errors import UserError
from nasnet_search.data.config import DataConfig
from nasnet_search.data.encoded import describe_encoded, load_encoded
from nasnet_search.data.images import decode_image
from nasnet_search.data.registry import load_data


def jpeg(tmp_path, number, size=(12, 10)):
  """Returns the bytes of a JPEG file that is unlike others."""
  rng = np.random.default_rng(number)
  pixels = rng.integers(0, 256, (*size[::-1], 3), np.uint8)
  file = tmp_path / 'image.jpg'
  Image.fromarray(pixels).save(file)
  return file.read_bytes()


@pytest.fixture
def folder(tmp_path):
  """A folder of 2 x 20 training images and 2 x 3 test images."""
  for part, count in (('train', 20), ('val', 3)):
    for label, name in enumerate(('cat', 'dog')):
      place = tmp_path / 'photos' / part / name
      place.mkdir(parents=True)
      for number in range(count):
        content = jpeg(tmp_path, 1000 * label + number + 100 * len(part))
        (place / f'{number:03}.jpg').write_bytes(content)
  return tmp_path / 'photos'


def settings(path, **others):
  """Returns the configuration of images in a folder."""
  own = {'data': 'folder', 'data_path': str(path), 'image_size': 8}
  return DataConfig(**{**own, **others})


def test_class_folders_are_split_as_if_they_were_loaded(
  folder, tmp_path, monkeypatch
):
  monkeypatch.setenv('NASNET_SEARCH_CACHE', str(tmp_path / 'cache'))
  config = settings(folder, split_seed=3)
  data, loaded = load_encoded(config), load_data(config)
  for part in ('train', 'validation', 'test'):
    labels = data.images.labels[data.parts[part]]
    np.testing.assert_array_equal(labels, getattr(loaded, f'{part}_labels'))
    pixels = [
      decode_image(data.images.read(index)[0], 8)[0]
      for index in data.parts[part]
    ]
    np.testing.assert_array_equal(pixels, getattr(loaded, f'{part}_images'))
  for name in ('class_names', 'image_shape', 'train_images', 'test_images'):
    assert getattr(data.record, name) == getattr(loaded.record, name)
  assert describe_encoded(config).class_names == ('cat', 'dog')


def write_records(path, images):
  """Writes a TFRecord file with TensorFlow's own writer."""
  with tf.io.TFRecordWriter(str(path)) as writer:
    for content, label, text in images:
      features = {
        'image/encoded': bytes_feature(content),
        'image/class/text': bytes_feature(text.encode()),
        'image/class/label': tf.train.Feature(
          int64_list=tf.train.Int64List(value=[label])
        ),
      }
      example = tf.train.Example(features=tf.train.Features(feature=features))
      writer.write(example.SerializeToString())


def bytes_feature(value):
  """Returns a feature of bytes."""
  return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))


@pytest.fixture
def records(tmp_path):
  """TFRecord files of 2 x 20 training images and 2 test images."""
  place = tmp_path / 'records'
  place.mkdir()
  # slim numbers classes from 1.
  images = [
    (jpeg(tmp_path, number), 1 + number % 2, ('cat', 'dog')[number % 2])
    for number in range(42)
  ]
  write_records(place / 'train-00000-of-00002', images[:25])
  write_records(place / 'train-00001-of-00002', images[25:40])
  write_records(place / 'validation-00000-of-00001', images[40:])
  return place, images


def test_images_of_tfrecord_files(records):
  place, images = records
  data = load_encoded(settings(place))
  assert data.record.class_names == ('cat', 'dog')
  assert sorted(data.parts['test']) == [40, 41]
  assert len(data.parts['train']) == 36
  for index, (content, label, _) in enumerate(images):
    assert data.images.labels[index] == label - 1
    assert data.images.read(index)[0] == content


def test_tfrecord_files_that_are_cut_off_or_hold_something_else(records):
  place, _ = records
  file = place / 'train-00001-of-00002'
  content = file.read_bytes()
  file.write_bytes(content[:-3])
  with pytest.raises(
    UserError, match=r'whole TFRecord files\. Received: .*01-'
  ):
    load_encoded(settings(place))
  with tf.io.TFRecordWriter(str(file)) as writer:
    writer.write(tf.train.Example().SerializeToString() or b'\n\0')
  with pytest.raises(UserError, match='without image/encoded'):
    load_encoded(settings(place))


@pytest.mark.parametrize('labels', [[], [1, 2]])
def test_examples_of_no_class_or_of_several_are_refused(records, labels):
  place, images = records
  file = place / 'train-00001-of-00002'
  several = tf.train.Feature(int64_list=tf.train.Int64List(value=labels))
  features = {
    'image/encoded': bytes_feature(images[0][0]),
    'image/class/label': several,
  }
  example = tf.train.Example(features=tf.train.Features(feature=features))
  with tf.io.TFRecordWriter(str(file)) as writer:
    writer.write(example.SerializeToString())
  message = f'00001-of-00002, with {len(labels)} whole numbers as image/class'
  with pytest.raises(UserError, match=message):
    load_encoded(settings(place))


@pytest.mark.parametrize(
  ('others', 'message'),
  [
    ({'image_size': 0}, 'Expected --image_size with --stream'),
    ({'data': 'digits', 'data_path': ''}, 'Expected --data=folder and --data_'),
    ({'data_path': 'nowhere'}, 'Expected --data=folder and --data_path'),
    ({'skip_bad_images': True}, 'Expected no --skip_bad_images with --stream'),
  ],
)
def test_what_cannot_be_streamed(folder, others, message):
  with pytest.raises(UserError, match=message):
    load_encoded(settings(folder, **others))


def test_an_empty_folder(tmp_path):
  with pytest.raises(UserError, match='Received no training images in'):
    load_encoded(settings(tmp_path))
