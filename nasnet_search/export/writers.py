"""Writes a network as Keras and as TensorFlow load it.

A writer is a function of a `Source`; it writes the files of its format, see
`formats`. Importing this module imports TensorFlow.
"""

import dataclasses
import pathlib
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from nasnet_search.data.dataset import DatasetRecord
from nasnet_search.export.preprocessing import decode, resample

DTYPES = {'uint8': tf.uint8, 'float': tf.float32}


@dataclasses.dataclass(frozen=True, eq=False)
class Source:
  """What writers write, and where.

  Attributes:
    model: From pixels to probabilities, see `networks.pixel_network`.
    record: The record of the data set.
    calibration: Images to take ranges of values from, uint8 `[count, height,
      width, channels]`.
    folder: The folder to write into.
  """

  model: keras.Model
  record: DatasetRecord
  calibration: np.ndarray
  folder: pathlib.Path


def write_keras(source: Source) -> None:
  """Writes `model.keras`."""
  source.model.save(source.folder / 'model.keras')


def write_saved_model(source: Source) -> None:
  """Writes `saved_model`, with a signature for every kind of input."""
  served = _Served(source.model, source.record)
  tf.saved_model.save(
    served,
    str(source.folder / 'saved_model'),
    signatures={
      'serving_default': served.uint8,
      'float': served.float,
      'encoded': served.encoded,
    },
  )


class _Served(tf.Module):
  """The signatures of a SavedModel; images are scaled to the size needed."""

  def __init__(self, model: keras.Model, record: DatasetRecord) -> None:
    super().__init__()
    height, width, channels = record.image_shape
    size = (height, width)
    names = tf.constant(record.class_names)
    # What the functions below compute with; the layers are not needed.
    self.weights = [variable.value for variable in model.variables]

    def classify(pixels: Any) -> dict[str, Any]:
      probabilities = model(pixels, training=False)
      likeliest = tf.gather(names, tf.argmax(probabilities, axis=-1))
      return {'probabilities': probabilities, 'class_name': likeliest}

    def read(content: Any) -> Any:
      return resample(decode(content, channels)[None], size)[0]

    def of_pixels(images: Any) -> dict[str, Any]:
      return classify(tf.cast(resample(images, size), tf.float32))

    def of_files(image_bytes: Any) -> dict[str, Any]:
      pixels = tf.map_fn(
        read,
        image_bytes,
        fn_output_signature=tf.TensorSpec(record.image_shape, tf.uint8),
      )
      return classify(tf.cast(pixels, tf.float32))

    any_size = [None, None, None, channels]
    fixed_size = [None, *record.image_shape]
    self.uint8 = _function(of_pixels, any_size, tf.uint8, 'images')
    self.float = _function(classify, fixed_size, tf.float32, 'images')
    # The name's ending tells TensorFlow Serving that JSON has it in base64.
    self.encoded = _function(of_files, [None], tf.string, 'image_bytes')


def fixed_function(model: keras.Model, batch: int | None, dtype: Any) -> Any:
  """Returns a function from images of the network's size to probabilities.

  Args:
    model: See `Source`.
    batch: How many images; None for any number.
    dtype: The type of the pixels.
  """

  def classify(image: Any) -> dict[str, Any]:
    pixels = tf.cast(image, tf.float32)
    return {'probabilities': model(pixels, training=False)}

  return _function(classify, [batch, *model.input_shape[1:]], dtype, 'image')


def _function(call: Any, shape: list[int | None], dtype: Any, name: str) -> Any:
  return tf.function(
    call,
    input_signature=[tf.TensorSpec(shape, dtype, name)],
    autograph=False,
  )
