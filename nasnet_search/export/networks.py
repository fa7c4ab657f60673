"""The two networks that an export is about: the one trained, the one written.

Importing this module imports TensorFlow.
"""

import dataclasses

import keras
import numpy as np

from nasnet_search.builders.inference import copy_weights
from nasnet_search.builders.network import build_network
from nasnet_search.data.augmentation import normalize
from nasnet_search.data.dataset import DatasetRecord
from nasnet_search.training.trained_network import TrainedNetwork

_BATCH = 100
"""Images valued at a time."""


def pixel_network(network: keras.Model, record: DatasetRecord) -> keras.Model:
  """Returns a network with everything inside that inference needs.

  Args:
    network: From normalised images to logits.
    record: How images are normalised.

  Returns:
    A functional model of layers of Keras, from pixels from 0 to 255, `[batch,
    height, width, channels]`, to `probabilities`, `[batch, classes]`.
  """
  mean, std = np.array(record.mean), np.array(record.std)
  image = keras.Input(record.image_shape, name='image')
  normalization = keras.layers.Rescaling(
    (1 / (255 * std)).tolist(), (-mean / std).tolist(), name='normalization'
  )
  softmax = keras.layers.Softmax(name='probabilities')
  return keras.Model(
    image, softmax(network(normalization(image))), name='classifier'
  )


def trained_probabilities(
  trained: TrainedNetwork, network: keras.Model, images: np.ndarray
) -> np.ndarray:
  """Returns what the network says that was trained.

  It is built of the layers that it was trained with, and images take the way
  that they took in training, so that nothing is compared with itself.

  Args:
    trained: Its record.
    network: Where its weights come from.
    images: uint8 `[count, height, width, channels]`.

  Returns:
    float32 `[count, classes]`, softmax outputs.
  """
  config = dataclasses.replace(trained.network, auxiliary_head='none')
  model = build_network(trained.architecture, config, seed=0)
  copy_weights(network, model)
  batches = [
    keras.ops.softmax(
      model(
        normalize(images[start : start + _BATCH], trained.dataset),
        training=False,
      )
    )
    for start in range(0, len(images), _BATCH)
  ]
  return np.concatenate([np.asarray(batch) for batch in batches])
