"""Operations computed by hand, in NumPy, and models of one operation."""

import numpy as np

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.graph import Graph
from nasnet_search.builders.network import model_of_graph
from nasnet_search.builders.primitives import Image, Relu
from nasnet_search.builders.scope import Scope

EPSILON = 1e-5


def scope_of(shape, **options):
  """Returns a scope with these options, and an image of a shape in it."""
  config = NetworkConfig((8, 8, 1), 2, batch_norm_epsilon=EPSILON, **options)
  scope = Scope.root(config)
  return scope, scope.add('image', Image(shape))


def layers_of(scope):
  """Returns the names of the nodes behind the image; `relu` for each ReLU."""
  found = [
    'relu' if isinstance(x.primitive, Relu) else x.name
    for x in scope.nodes.values()
  ]
  return ' '.join(found[1:])


def graph_of(scope):
  """Returns the graph of all nodes of a scope."""
  nodes = tuple(scope.nodes.values())
  return Graph(nodes, cells=(), output=nodes[-1])


def built(add, shape, *arguments, **options):
  """Returns a model of one operation, images, and what it makes of them."""
  scope, image = scope_of(shape, **options)
  add(scope, image, *arguments)
  model = model_of_graph(graph_of(scope), seed=0)
  images = np.random.default_rng(0).normal(size=(2, *shape)).astype('float32')
  return model, images, model(images, training=False).numpy()


def kernel_of(model, name):
  """Returns the kernel of a layer."""
  return model.get_layer(name).kernel.numpy()


def correlate(images, kernel, stride=(1, 1), dilation=1, centred=True):
  """Returns a zero-padded correlation, pixel by pixel.

  Args:
    images: `[batch, height, width, channels]`.
    kernel: `[rows, columns, channels, filters]`.
    stride: Rows and columns from one value to the next.
    dilation: Pixels from one value of the kernel to the next.
    centred: Whether the first value has its centre on the first pixel, as in
      PyTorch; else padding is split as TensorFlow does, which is more at the
      end.
  """
  sides = images.shape[1:3]
  fields = [(n - 1) * dilation + 1 for n in kernel.shape[:2]]
  counts = [-(-n // s) for n, s in zip(sides, stride, strict=True)]
  before = [(field - 1) // 2 for field in fields]
  if not centred:
    before = [
      max((count - 1) * s + field - side, 0) // 2
      for count, s, field, side in zip(
        counts, stride, fields, sides, strict=True
      )
    ]
  padded = np.pad(images, ((0, 0), (9, 9), (9, 9), (0, 0)))
  result = np.zeros((len(images), *counts, kernel.shape[3]))
  for (row, column), _ in np.ndenumerate(kernel[:, :, 0, 0]):
    top = 9 - before[0] + row * dilation
    left = 9 - before[1] + column * dilation
    seen = padded[:, top:, left:][:, :: stride[0], :: stride[1]]
    seen = seen[:, : counts[0], : counts[1]]
    result += seen @ kernel[row, column]
  return result


def normalised(x):
  """Returns what a fresh batch normalisation makes of values."""
  # Moving mean 0 and variance 1, as they start.
  return x / np.sqrt(1 + EPSILON)


def depthwise(kernel):
  """Returns a depthwise kernel as a full one, with zeros between channels."""
  channels = kernel.shape[2]
  return kernel * np.eye(channels)


def assert_close(left, right):
  """Fails unless two arrays are equal up to rounding."""
  np.testing.assert_allclose(left, right, rtol=1e-4, atol=1e-5)


def relu(x):
  """Returns max(x, 0)."""
  return np.maximum(x, 0)
