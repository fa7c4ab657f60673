"""Image sets of TensorFlow Datasets, prepared by itself from a generator."""

import io

import numpy as np
import pytest
from PIL import Image

from nasnet_search.cells.errors import UserError
from nasnet_search.data.config import DataConfig
from nasnet_search.data.encoded import load_encoded
from nasnet_search.data.registry import load_data

COUNTS = {'train': 20, 'validation': 6, 'test': 4}
CLASSES = ('cat', 'dog')


def picture(split, number):
  """Returns the bytes of a PNG file that is unlike others."""
  rng = np.random.default_rng([len(split), number])
  file = io.BytesIO()
  Image.fromarray(rng.integers(0, 256, (6, 8, 3), np.uint8)).save(file, 'PNG')
  return file.getvalue()


@pytest.fixture(scope='module')
def prepared(tmp_path_factory):
  """The name of a prepared set, which TensorFlow Datasets finds by its name."""
  folder = tmp_path_factory.mktemp('tensorflow_datasets')
  patch = pytest.MonkeyPatch()
  # Read when it is imported, which nothing has done before.
  patch.setenv('TFDS_DATA_DIR', str(folder))
  patch.setenv('NASNET_SEARCH_CACHE', str(folder / 'cache'))
  tfds = pytest.importorskip(
    'tensorflow_datasets', reason='needs the extra tfds'
  )

  class TwoPets(tfds.core.GeneratorBasedBuilder):
    """A set of random pictures."""

    VERSION = tfds.core.Version('1.0.0')

    def _info(self):
      features = tfds.features.FeaturesDict(
        {
          'photo': tfds.features.Image(shape=(6, 8, 3)),
          'pet': tfds.features.ClassLabel(names=CLASSES),
          'name': tfds.features.Text(),
        }
      )
      return self.dataset_info_from_configs(
        features=features, supervised_keys=('photo', 'pet')
      )

    def _split_generators(self, dl_manager):
      del dl_manager
      return {split: self._generate_examples(split) for split in COUNTS}

    def _generate_examples(self, split):
      for number in range(COUNTS[split]):
        example = {
          'photo': io.BytesIO(picture(split, number)),
          'pet': number % 2,
          'name': 'unread',
        }
        yield number, example

  del TwoPets  # It is registered by its name.
  tfds.builder('two_pets').download_and_prepare()
  yield 'two_pets'
  patch.undo()


def expected(split):
  """Returns the pictures of a split, by the bytes of their pixels."""
  return {
    np.asarray(Image.open(io.BytesIO(picture(split, number)))).tobytes(): (
      number % 2
    )
    for number in range(COUNTS[split])
  }


def test_images_and_classes_are_those_of_the_set(prepared):
  data = load_data(DataConfig(data='tfds', data_path=prepared))
  assert data.record.class_names == CLASSES
  assert data.record.image_shape == (6, 8, 3)
  assert (data.record.train_images, data.record.validation_images) == (18, 2)
  seen = {
    image.tobytes(): label
    for images, labels in (
      (data.train_images, data.train_labels),
      (data.validation_images, data.validation_labels),
    )
    for image, label in zip(images, labels, strict=True)
  }
  assert seen == expected('train')
  # The split `validation` is the test set, and `test` is left alone.
  tests = zip(data.test_images, data.test_labels, strict=True)
  assert {i.tobytes(): n for i, n in tests} == expected('validation')


def test_a_set_is_streamed(prepared):
  config = DataConfig(data='tfds', data_path=prepared, image_size=6)
  data = load_encoded(config)
  assert data.images.class_names == CLASSES
  assert [len(data.parts[part]) for part in ('train', 'validation')] == [18, 2]
  for index in data.parts['test']:
    content, _ = data.images.read(int(index))
    pixels = np.asarray(Image.open(io.BytesIO(content)))
    label = expected('validation')[pixels.tobytes()]
    assert data.images.labels[index] == label


@pytest.mark.parametrize(
  ('name', 'message'),
  [
    ('', 'Expected --data_path to name a set of TensorFlow Datasets'),
    ('no_such_set', 'can be downloaded and prepared.*Received: no_such_set'),
  ],
)
def test_sets_that_are_not_there_are_refused(prepared, name, message):
  with pytest.raises(UserError, match=message):
    load_data(DataConfig(data='tfds', data_path=name))
