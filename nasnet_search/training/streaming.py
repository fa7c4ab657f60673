"""Images read and decoded while a network is trained, a few steps ahead.

What is done to the image in a row of a step follows from (seed, step, row), so
a training that goes on sees the same pixels. Threads do the work: Pillow lets
go of Python's lock while it decodes and scales. `tf.data` is not used, because
where operations are deterministic it would call Pillow from one thread only,
and TensorFlow's own decoder gives other pixels than inference gets.

A random crop covers a random share of the image at a random aspect ratio
between 3/4 and 4/3 and is scaled to size (Szegedy et al. 2015, section 6; slim,
`inception_preprocessing.py`). Brightness and saturation are then multiplied by
random factors; slim adds to the former. RandAugment comes last.
"""

import concurrent.futures
import math
import os
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageEnhance

from nasnet_search.cells.errors import UserError
from nasnet_search.data.encoded import EncodedData
from nasnet_search.data.images import decode_image
from nasnet_search.evaluators.batches import training_order, validation_batches
from nasnet_search.randomness import derived_seed, generator
from nasnet_search.training.config import InputConfig
from nasnet_search.training.image_batches import EVALUATED_TOGETHER, Batch
from nasnet_search.training.rand_augment import rand_augment

_ASPECT = 3 / 4
"""The least ratio of width to height of a random crop; its inverse is the
greatest."""
_TRIES = 10
"""Crops drawn until one fits; then the whole image is taken."""
_STEPS_AHEAD = 2


class StreamedImages:
  """Batches of images that are decoded when they are needed.

  Args:
    data: The images, in their files.
    config: How training images are cropped and coloured.
    seed: Seed of the training.
    batch_size: Images in a step.
    train_on_validation: Whether the validation images are trained on too.
    threads: Threads that decode; 0 for one a core.

  Attributes:
    record: What is known of the data set.
    batch_size: Images in a step.
    steps_per_epoch: Steps in an epoch.
  """

  def __init__(
    self,
    data: EncodedData,
    config: InputConfig,
    seed: int,
    batch_size: int,
    *,
    train_on_validation: bool = False,
    threads: int = 0,
  ) -> None:
    self.record = data.record
    self._images = data.images
    self._parts = dict(data.parts)
    if train_on_validation:
      both = self._parts['train'], self._parts['validation']
      self._parts |= {'train': np.concatenate(both), 'validation': both[1][:0]}
    self._config = config
    self._order_seed = derived_seed(seed, 'order')
    self._crop_seed = derived_seed(seed, 'crop')
    self.batch_size = min(batch_size, self.count('train'))
    self.steps_per_epoch = self.count('train') // self.batch_size
    self._orders: dict[int, np.ndarray] = {}
    self._pool = concurrent.futures.ThreadPoolExecutor(
      threads or os.cpu_count(), 'decode'
    )
    self._ahead: dict[
      tuple[int, int], concurrent.futures.Future[np.ndarray]
    ] = {}

  def training_batch(self, step: int, rows: slice) -> Batch:
    """Returns some rows of the batch of a step, counted from 0."""
    places = range(*rows.indices(self.batch_size))
    for later in range(step, step + 1 + _STEPS_AHEAD):
      for row in places:
        if (later, row) not in self._ahead:
          self._ahead[later, row] = self._pool.submit(
            self._varied, self._index(later, row), later, row
          )
    images = [self._ahead.pop((step, row)).result() for row in places]
    labels = self._images.labels[[self._index(step, row) for row in places]]
    return np.stack(images), labels

  def count(self, part: str) -> int:
    """Returns how many images are in a part."""
    return len(self._parts[part])

  def evaluation_batches(
    self, part: str, multiple: int
  ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Returns all images of a part, in batches of one size, with weights."""
    members = self._parts[part]
    for indices, weights in zip(
      *validation_batches(len(members), EVALUATED_TOGETHER), strict=True
    ):
      more = -len(indices) % multiple
      chosen = members[np.pad(indices, (0, more), mode='edge')]
      images = np.stack(list(self._pool.map(self._plain, chosen)))
      yield images, self._images.labels[chosen], np.pad(weights, (0, more))

  def _index(self, step: int, row: int) -> int:
    epoch, place = divmod(step, self.steps_per_epoch)
    if epoch not in self._orders:
      self._orders = {
        each: self._orders[each] for each in self._orders if each == epoch - 1
      }
      self._orders[epoch] = training_order(
        self._order_seed, epoch, self.count('train'), self.batch_size
      )
    return int(self._parts['train'][self._orders[epoch][place, row]])

  def _plain(self, index: int) -> np.ndarray:
    """Returns an image as inference sees it."""
    content, name = self._images.read(int(index))
    try:
      pixels, _ = decode_image(content, self.record.image_shape[0])
    # A damaged image may raise anything, see `decode_image`.
    except Exception as error:
      raise _unreadable(name, error) from error
    return pixels

  def _varied(self, index: int, step: int, row: int) -> np.ndarray:
    """Returns an image to train on: cropped and coloured at random."""
    config = self._config
    if not (config.random_crop_area or config.color or config.rand_augment):
      return self._plain(index)
    content, name = self._images.read(index)
    rng = generator(self._crop_seed, 'image', step, row)
    side = self.record.image_shape[0]
    try:
      pixels, _ = decode_image(content, 0)
      image = Image.fromarray(pixels)
      box = None
      if config.random_crop_area:
        box = random_box(image.size, config.random_crop_area, rng)
      image = image.resize(
        (side, side), Image.Resampling.LANCZOS, box, reducing_gap=3.0
      )
    except Exception as error:
      raise _unreadable(name, error) from error
    if config.color:
      for enhance in (ImageEnhance.Brightness, ImageEnhance.Color):
        factor = rng.uniform(1 - config.color, 1 + config.color)
        image = enhance(image).enhance(factor)
    if config.rand_augment:
      image = rand_augment(
        image, config.rand_augment_operations, config.rand_augment, rng
      )
    return np.asarray(image)


def random_box(
  size: tuple[int, int], least_area: float, rng: np.random.Generator
) -> tuple[int, int, int, int]:
  """Draws the part of an image that is trained on.

  Args:
    size: Width and height of the image.
    least_area: The least share of its area.
    rng: Source of the randomness.

  Returns:
    Left, upper, right and lower border, in pixels.
  """
  width, height = size
  for _ in range(_TRIES):
    area = rng.uniform(least_area, 1.0) * width * height
    ratio = math.exp(rng.uniform(math.log(_ASPECT), -math.log(_ASPECT)))
    across = round(math.sqrt(area * ratio))
    down = round(math.sqrt(area / ratio))
    if 0 < across <= width and 0 < down <= height:
      left = int(rng.integers(0, width - across + 1))
      upper = int(rng.integers(0, height - down + 1))
      return left, upper, left + across, upper + down
  return 0, 0, width, height


def _unreadable(name: str, error: Exception) -> UserError:
  return UserError(
    f'Expected images that can be read. Received: {name} ({error}). Replace or '
    'remove it; the same command goes on in a new --model_dir.'
  )
