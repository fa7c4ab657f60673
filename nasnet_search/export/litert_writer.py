"""Writes a network as LiteRT, formerly TensorFlow Lite.

Importing this module imports TensorFlow.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import (
  convert_variables_to_constants_v2,
)

from nasnet_search.export.writers import DTYPES, Source, fixed_function


def write_litert(source: Source) -> None:
  """Writes a file for each type of pixels, for one image at a time."""
  for name, dtype in DTYPES.items():
    path = source.folder / f'model_{name}.tflite'
    path.write_bytes(_converter(source, dtype).convert())


def write_litert_int8(source: Source) -> None:
  """Writes a file that computes with whole numbers of 8 bits.

  It takes pixels as uint8 and gives probabilities as float32.
  """

  def images() -> Iterator[list[np.ndarray]]:
    for image in source.calibration:
      yield [image[None]]

  converter = _converter(source, tf.uint8)
  converter.optimizations = [tf.lite.Optimize.DEFAULT]
  converter.representative_dataset = images
  (source.folder / 'model_int8.tflite').write_bytes(converter.convert())


def _converter(source: Source, dtype: Any) -> Any:
  function = fixed_function(source.model, 1, dtype).get_concrete_function()
  # Weights have to be constants: left as variables of a Keras model, they
  # came out as NaN (TensorFlow 2.21).
  frozen = convert_variables_to_constants_v2(function)
  return tf.lite.TFLiteConverter.from_concrete_functions([frozen])
