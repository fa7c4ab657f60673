"""What images a search uses, as plain data. Must not import TensorFlow."""

import dataclasses

from nasnet_search.settings import check_settings, setting


@dataclasses.dataclass(frozen=True)
class DataConfig:
  """Which data set, which part of it, and how training images are varied."""

  data: str = setting(
    'digits',
    'Data set: digits, cifar10, cifar100, mnist, fashion_mnist, folder, tfds '
    '(TensorFlow Datasets), or one that a plugin registers.',
  )
  data_path: str = setting(
    '',
    'For --data=folder: a folder with one folder of images per class, or a '
    'tar or zip file of one. If its folders are train and test (or val), they '
    'hold the class folders, and no test image is used. For --data=tfds: the '
    'name of the set, such as imagenette/160px-v2.',
  )
  image_size: int = setting(
    0,
    'Height and width, in pixels, that images are scaled to, whatever their '
    'proportions; 0 keeps their size, which must then be the same for all.',
    lower=0,
  )
  train_images: int = setting(
    0,
    'Training images used, with every class in proportion; 0 for all that '
    'are not held out.',
    lower=0,
  )
  validation_images: int = setting(
    0,
    'Images held out of the training images, with every class in proportion, '
    'to value children on; 0 for a tenth, the share of the NASNet paper '
    '(5,000 of 50,000, App. A.1), or for a fifth of digits, which are few.',
    lower=0,
  )
  split_seed: int = setting(
    0, 'Seed of the split into training and validation images.', lower=0
  )
  crop_padding: int = setting(
    0,
    'Pixels of zeros added to each border before a random crop back to '
    'size; 0 for none.',
    lower=0,
  )
  flip: bool = setting(
    False, 'Whether training images are flipped left to right at random.'
  )
  cutout: int = setting(
    0,
    'Side, in pixels, of a square blanked out around a random pixel; 0 for '
    'none.',
    lower=0,
  )
  skip_bad_images: bool = setting(
    False,
    'Whether images of --data=folder that cannot be read are left out.',
  )

  def __post_init__(self) -> None:
    check_settings(self)
