"""Writes a network as ONNX.

Importing this module imports TensorFlow, tf2onnx and onnx.
"""

import json
import logging

import numpy as np
import onnx
import tf2onnx

from nasnet_search.export.writers import DTYPES, Source, fixed_function

_ALMOST_ZERO = 1e-30


def write_onnx(source: Source) -> None:
  """Writes a file for each type of pixels; the classes are in its metadata."""
  logging.getLogger('tf2onnx').setLevel(logging.ERROR)
  for name, dtype in DTYPES.items():
    function = fixed_function(source.model, None, dtype)
    proto, _ = tf2onnx.convert.from_function(function, function.input_signature)
    for value in (*proto.graph.input, *proto.graph.output):
      value.type.tensor_type.shape.dim[0].dim_param = 'batch'
    _pad_with_almost_zero(proto)
    classes = json.dumps(source.record.class_names)
    onnx.helper.set_model_props(proto, {'class_names': classes})
    onnx.save(proto, source.folder / f'model_{name}.onnx')


def _pad_with_almost_zero(proto: onnx.ModelProto) -> None:
  """Replaces the zeros around images by a number that is hardly another.

  onnxruntime (1.31) joins zeros with what reads them, and then did not compute
  what is written for a network of all operations whose `padding` is `zeros`;
  another number it leaves alone.
  """
  name = 'almost_zero'
  padded = [node for node in proto.graph.node if node.op_type == 'Pad']
  for node in padded:
    node.input[:] = [*node.input[:2], name]
  if padded:
    value = np.array(_ALMOST_ZERO, np.float32)
    proto.graph.initializer.append(onnx.numpy_helper.from_array(value, name))
