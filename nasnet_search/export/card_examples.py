"""Programs that use an exported file, as short as they can be.

They are on the model card; a test runs them where this project cannot be
imported.
"""

from collections.abc import Sequence

_EXAMPLES = {
  'keras': """\
import keras, numpy as np

model = keras.models.load_model('model.keras')
images = np.zeros({shape}, np.uint8)
probabilities = model.predict(images)
""",
  'saved_model': """\
import pathlib, tensorflow as tf

signatures = tf.saved_model.load('saved_model').signatures
# Any JPEG or PNG file.
files = tf.constant([pathlib.Path('{picture}').read_bytes()])
result = signatures['encoded'](image_bytes=files)
probabilities, names = result['probabilities'], result['class_name']

pixels = tf.zeros({shape}, tf.uint8)  # Of any height and width.
probabilities = signatures['serving_default'](images=pixels)['probabilities']
""",
  'onnx': """\
import numpy as np, onnxruntime

session = onnxruntime.InferenceSession('model_uint8.onnx')
images = np.zeros({shape}, np.uint8)
(probabilities,) = session.run(['probabilities'], {{'image': images}})
""",
  'litert': """\
import numpy as np
from ai_edge_litert.interpreter import Interpreter

interpreter = Interpreter('model_uint8.tflite')
interpreter.allocate_tensors()
image = np.zeros({shape}, np.uint8)
interpreter.set_tensor(interpreter.get_input_details()[0]['index'], image)
interpreter.invoke()
output = interpreter.get_output_details()[0]['index']
probabilities = interpreter.get_tensor(output)
""",
}
_EXAMPLES['litert_int8'] = _EXAMPLES['litert'].replace('_uint8.', '_int8.')


def example(name: str, image_shape: Sequence[int], picture: str) -> str:
  """Returns a program that uses a format.

  Args:
    name: The format.
    image_shape: Height, width and channels of an image.
    picture: A file of an image, such as one that lies beside the card.
  """
  height, width, channels = image_shape
  shape = f'(1, {height}, {width}, {channels})'
  return _EXAMPLES[name].format(shape=shape, picture=picture)
