"""Where the images of a training come from.

A source gives the batch of any step as a function of seed and step, so that
a training that goes on sees what an uninterrupted one would have seen. Where
the images lie is its own affair.
"""

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from nasnet_search.data.dataset import DatasetRecord, ImageData
from nasnet_search.evaluators.batches import training_order, validation_batches
from nasnet_search.randomness import derived_seed

Batch = tuple[np.ndarray, np.ndarray]
"""Images, uint8 `[batch, height, width, channels]`, and labels, int32."""


class ImageBatches(Protocol):
  """A source of images, before normalisation and augmentation."""

  @property
  def record(self) -> DatasetRecord:
    """What is known of the data set."""

  @property
  def batch_size(self) -> int:
    """Images in a step; fewer than asked for if there are not as many."""

  @property
  def steps_per_epoch(self) -> int:
    """Steps in an epoch."""

  def training_batch(self, step: int, rows: slice) -> Batch:
    """Returns some rows of the batch of a step, counted from 0."""

  def count(self, part: str) -> int:
    """Returns how many images are in a part, `validation` or `test`."""

  def evaluation_batches(
    self, part: str, multiple: int
  ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Returns all images of a part, in batches of one size.

    Args:
      part: `validation` or `test`.
      multiple: What the size of a batch is a multiple of.

    Returns:
      Batches, each with the weights of its images, float32: 1, or 0 for
      images that only fill the batch.
    """


EVALUATED_TOGETHER = 256
"""Images valued at a time: more is hardly faster and takes more memory."""


class ImagesInMemory:
  """Batches of images that are arrays, memory-mapped ones among them.

  Args:
    data: The images.
    seed: Seed of the training.
    batch_size: Images in a step.
    train_on_validation: Whether the validation images are trained on too.

  Attributes:
    record: What is known of the data set.
    batch_size: Images in a step.
    steps_per_epoch: Steps in an epoch.
  """

  def __init__(
    self,
    data: ImageData,
    seed: int,
    batch_size: int,
    *,
    train_on_validation: bool = False,
  ) -> None:
    self.record = data.record
    self._parts = {
      'train': (data.train_images, data.train_labels),
      'validation': (data.validation_images, data.validation_labels),
      'test': (data.test_images, data.test_labels),
    }
    if train_on_validation:
      images, labels = zip(
        self._parts['train'], self._parts['validation'], strict=True
      )
      self._parts['train'] = np.concatenate(images), np.concatenate(labels)
      self._parts['validation'] = images[1][:0], labels[1][:0]
    self._seed = derived_seed(seed, 'order')
    self.batch_size = min(batch_size, self.count('train'))
    self.steps_per_epoch = self.count('train') // self.batch_size
    self._epoch = -1
    self._order = np.empty((0, 0), np.int32)

  def training_batch(self, step: int, rows: slice) -> Batch:
    """Returns some rows of the batch of a step, counted from 0."""
    epoch, place = divmod(step, self.steps_per_epoch)
    if epoch != self._epoch:
      self._order = training_order(
        self._seed, epoch, self.count('train'), self.batch_size
      )
      self._epoch = epoch
    images, labels = self._parts['train']
    chosen = self._order[place][rows]
    return images[chosen], labels[chosen]

  def count(self, part: str) -> int:
    """Returns how many images are in a part."""
    return len(self._parts[part][1])

  def evaluation_batches(
    self, part: str, multiple: int
  ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Returns all images of a part, in batches of one size, with weights."""
    images, labels = self._parts[part]
    for indices, weights in zip(
      *validation_batches(len(labels), EVALUATED_TOGETHER), strict=True
    ):
      # As many more of its last image as fill the batch.
      more = -len(indices) % multiple
      indices = np.pad(indices, (0, more), mode='edge')
      yield images[indices], labels[indices], np.pad(weights, (0, more))
