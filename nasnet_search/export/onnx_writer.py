"""Writes a network as ONNX.

Importing this module imports TensorFlow, tf2onnx and onnx.
"""

import json
import logging

import onnx
import tf2onnx

from nasnet_search.export.writers import DTYPES, Source, fixed_function


def write_onnx(source: Source) -> None:
  """Writes a file for each type of pixels; the classes are in its metadata."""
  logging.getLogger('tf2onnx').setLevel(logging.ERROR)
  for name, dtype in DTYPES.items():
    function = fixed_function(source.model, None, dtype)
    proto, _ = tf2onnx.convert.from_function(function, function.input_signature)
    for value in (*proto.graph.input, *proto.graph.output):
      value.type.tensor_type.shape.dim[0].dim_param = 'batch'
    classes = json.dumps(source.record.class_names)
    onnx.helper.set_model_props(proto, {'class_names': classes})
    onnx.save(proto, source.folder / f'model_{name}.onnx')
