"""Uses an exported network as somebody does who has nothing of this project.

A program of its own, started by `parity` in an isolated process; it imports
nothing of this project and refuses to. Its only argument is JSON: `runtime`
(a key of `_LOADERS`), `images` (a .npy file, uint8 `[count, height, width,
channels]`), `blocked` (modules that must not be imported), `runs` (for the
latency, at most) and `uses`: `path` of an exported file, `input` (see
`formats`) and `output` (the .npy file to write, float32 `[count, classes]`).
It prints JSON: `version` of the runtime, and `latency_ms` of each use, the
median time for one image.
"""

import importlib.metadata
import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

_BATCH = 50
"""Images given at a time, where the format takes several."""
_WARM_UP = 3
_LONGEST = 3.0
"""Seconds after which the latency is measured no further."""

_Call = Callable[[Any], Any]


def _load_keras(path: str, kind: str) -> _Call:
  import keras

  model = keras.models.load_model(path)
  return lambda images: model.predict_on_batch(images)


def _load_tensorflow(path: str, kind: str) -> _Call:
  import tensorflow as tf

  name = 'serving_default' if kind == 'uint8' else kind
  loaded = tf.saved_model.load(path)

  def call(images: Any) -> Any:
    # Looked up here, because functions do not keep what they belong to.
    signature = loaded.signatures[name]
    (argument,) = signature.structured_input_signature[1]
    return signature(**{argument: tf.constant(images)})['probabilities'].numpy()

  return call


def _load_onnxruntime(path: str, kind: str) -> _Call:
  import onnxruntime

  session = onnxruntime.InferenceSession(path)
  (argument,) = [value.name for value in session.get_inputs()]
  return lambda images: session.run(['probabilities'], {argument: images})[0]


def _load_ai_edge_litert(path: str, kind: str) -> _Call:
  from ai_edge_litert.interpreter import Interpreter

  interpreter = Interpreter(path)
  interpreter.allocate_tensors()
  (image,) = interpreter.get_input_details()
  (output,) = interpreter.get_output_details()

  def call(images: Any) -> Any:
    results = []
    for one in images:
      interpreter.set_tensor(image['index'], one[None])
      interpreter.invoke()
      results.append(interpreter.get_tensor(output['index'])[0])
    return np.stack(results)

  return call


_LOADERS: dict[str, Callable[[str, str], _Call]] = {
  'keras': _load_keras,
  'tensorflow': _load_tensorflow,
  'onnxruntime': _load_onnxruntime,
  'ai_edge_litert': _load_ai_edge_litert,
}


class _Blocker:
  """Makes the import of modules fail; first in `sys.meta_path`."""

  def __init__(self, blocked: list[str]) -> None:
    self._blocked = blocked

  def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
    if name.partition('.')[0] in self._blocked:
      raise ModuleNotFoundError(f'{name} is not for this process', name=name)


def _inputs(images: np.ndarray, kind: str) -> Any:
  if kind == 'float':
    return images.astype(np.float32)
  if kind == 'encoded':
    import tensorflow as tf

    return np.array([tf.io.encode_png(image).numpy() for image in images])
  return images


def _latency(call: _Call, image: Any, runs: int) -> float:
  for _ in range(_WARM_UP):
    call(image)
  times: list[float] = []
  while len(times) < runs and sum(times) < _LONGEST:
    start = time.perf_counter()
    call(image)
    times.append(time.perf_counter() - start)
  return 1000 * statistics.median(times)


def _use(
  load: Any, use: dict[str, str], images: np.ndarray, runs: int
) -> float:
  call = load(use['path'], use['input'])
  inputs = _inputs(images, use['input'])
  outputs = [
    call(inputs[start : start + _BATCH])
    for start in range(0, len(inputs), _BATCH)
  ]
  np.save(use['output'], np.concatenate(outputs))
  return _latency(call, inputs[:1], runs)


def _main(request: dict[str, Any]) -> dict[str, Any]:
  runtime = request['runtime']
  sys.meta_path.insert(0, _Blocker(request['blocked']))
  images = np.load(request['images'])
  return {
    'latency_ms': [
      _use(_LOADERS[runtime], use, images, request['runs'])
      for use in request['uses']
    ],
    'version': importlib.metadata.version(runtime.replace('_', '-')),
  }


if __name__ == '__main__':
  print(json.dumps(_main(json.loads(sys.argv[1]))))
