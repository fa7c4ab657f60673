"""The formats that a trained network is exported to.

Importing this module must not import TensorFlow.
"""

import dataclasses
import importlib.util
from collections.abc import Iterable, Mapping

from nasnet_search.cells.errors import UserError

INPUTS: Mapping[str, str] = {
  'uint8': 'pixels, whole numbers from 0 to 255',
  'float': 'pixels from 0 to 255, as float32',
  'encoded': 'the bytes of JPEG or PNG files',
}
"""What an exported network takes; the mean and standard deviation of the
data set are applied inside."""


@dataclasses.dataclass(frozen=True)
class Endpoint:
  """One way to use an exported network.

  Attributes:
    file: The file or directory.
    input: One of `INPUTS`.
  """

  file: str
  input: str


@dataclasses.dataclass(frozen=True)
class Format:
  """A format.

  Attributes:
    title: Its name for people.
    writer: The function that writes it, as `module:object`; see `writers`.
    runtime: The module that loads it, see `fresh`.
    packages: What has to be installed to write and to load it: the modules,
      with the names that pip knows them by.
    exact: Whether its outputs must be those of the trained network, up to
      rounding.
    endpoints: The ways to use it.
  """

  title: str
  writer: str
  runtime: str
  packages: Mapping[str, str]
  exact: bool
  endpoints: tuple[Endpoint, ...]


_WRITERS = 'nasnet_search.export.writers'

FORMATS: Mapping[str, Format] = {
  'keras': Format(
    'Keras',
    f'{_WRITERS}:write_keras',
    'keras',
    {},
    True,
    (Endpoint('model.keras', 'uint8'), Endpoint('model.keras', 'float')),
  ),
  'saved_model': Format(
    'TensorFlow SavedModel',
    f'{_WRITERS}:write_saved_model',
    'tensorflow',
    {},
    True,
    tuple(Endpoint('saved_model', each) for each in INPUTS),
  ),
  'onnx': Format(
    'ONNX',
    'nasnet_search.export.onnx_writer:write_onnx',
    'onnxruntime',
    {'tf2onnx': 'tf2onnx', 'onnx': 'onnx', 'onnxruntime': 'onnxruntime'},
    True,
    (
      Endpoint('model_uint8.onnx', 'uint8'),
      Endpoint('model_float.onnx', 'float'),
    ),
  ),
  'litert': Format(
    'LiteRT',
    'nasnet_search.export.litert_writer:write_litert',
    'ai_edge_litert',
    {'ai_edge_litert': 'ai-edge-litert'},
    True,
    (
      Endpoint('model_uint8.tflite', 'uint8'),
      Endpoint('model_float.tflite', 'float'),
    ),
  ),
  'litert_int8': Format(
    'LiteRT, 8 bits',
    'nasnet_search.export.litert_writer:write_litert_int8',
    'ai_edge_litert',
    {'ai_edge_litert': 'ai-edge-litert'},
    False,
    (Endpoint('model_int8.tflite', 'uint8'),),
  ),
}
"""The formats, by the name that --formats takes."""


def check_installed(names: Iterable[str]) -> None:
  """Checks that what formats need is installed.

  Args:
    names: Names of formats.

  Raises:
    UserError: Something is not; the message has the command that installs it.
  """
  missing = {
    package: name
    for name in names
    for module, package in FORMATS[name].packages.items()
    if importlib.util.find_spec(module) is None
  }
  if missing:
    raise UserError(
      f'Expected the packages that --formats={",".join(names)} needs. Received '
      f'no {", ".join(missing)}. Install what is missing: '
      f'python -m pip install {" ".join(missing)}'
    )
