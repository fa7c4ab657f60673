"""The images of a proxy on the device that trains.

All of them are moved there once, as bytes: 5,000 images of CIFAR-10 take 15
MB. A batch is then one look-up inside the training step, and a child pays for
no input pipeline.
"""

import numpy as np
import tensorflow as tf

from nasnet_search.data import augmentation
from nasnet_search.data.config import DataConfig
from nasnet_search.data.dataset import ImageData


class DeviceImages:
  """Training and validation images, ready to be looked up in a graph.

  Args:
    data: The images.
    config: How training images are augmented.

  Attributes:
    train_count: Number of training images.
    validation_count: Number of validation images.
    chance: Share of the most frequent class among the validation images.
  """

  def __init__(self, data: ImageData, config: DataConfig) -> None:
    self.train_count = len(data.train_labels)
    self.validation_count = len(data.validation_labels)
    self.chance = (
      int(np.bincount(data.validation_labels).max()) / self.validation_count
    )
    self._record = data.record
    self._config = config
    self._train = _on_device(data.train_images, data.train_labels)
    self._validation = _on_device(
      data.validation_images, data.validation_labels
    )

  def training_batch(
    self, indices: tf.Tensor, seed: tf.Tensor
  ) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns augmented training images and their labels.

    Args:
      indices: Which ones, int32 `[batch]`.
      seed: What the augmentation follows from, integers `[2]`.

    Returns:
      float32 `[batch, height, width, channels]` and int32 `[batch]`.
    """
    images, labels = self._train
    batch = tf.gather(images, indices)
    batch = augmentation.augment(batch, seed, self._record, self._config)
    return batch, tf.gather(labels, indices)

  def validation_batch(self, indices: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns validation images and their labels, as `training_batch` does."""
    images, labels = self._validation
    batch = augmentation.normalize(tf.gather(images, indices), self._record)
    return batch, tf.gather(labels, indices)


def _on_device(images: object, labels: object) -> tuple[tf.Tensor, tf.Tensor]:
  return tf.constant(images), tf.constant(labels)
