"""The order in which images are seen. NumPy only; all shapes are fixed.

Fixed shapes mean that a training step is traced once.
"""

import numpy as np

from nasnet_search.randomness import generator


def training_order(
  seed: int, epoch: int, images: int, batch_size: int
) -> np.ndarray:
  """Returns the images of every training step of an epoch.

  The images that do not fill a last batch are left out of the epoch; which
  ones changes with every epoch. Fewer images than one batch make one smaller
  batch of all of them.

  Args:
    seed: Seed of the training.
    epoch: The epoch, from 0.
    images: Number of training images.
    batch_size: Images in a step.

  Returns:
    Indices into the training images, int32 `[steps, batch]`.
  """
  batch = min(batch_size, images)
  steps = images // batch
  order = generator(seed, 'order', epoch).permutation(images)
  return order[: steps * batch].reshape(steps, batch).astype(np.int32)


def validation_batches(
  images: int, greatest: int
) -> tuple[np.ndarray, np.ndarray]:
  """Returns as few and as equal batches as hold all images once.

  Args:
    images: Number of validation images.
    greatest: The greatest size of a batch.

  Returns:
    Indices into the validation images, int32 `[batches, batch]`, and the
    weight of each, float32 of the same shape: 1, or 0 for the repeated images
    that fill up the last batch.
  """
  batches = -(-images // greatest)
  batch = -(-images // batches)
  places = np.arange(batches * batch)
  weights = (places < images).astype(np.float32)
  indices = np.minimum(places, images - 1).astype(np.int32)
  return indices.reshape(batches, batch), weights.reshape(batches, batch)
