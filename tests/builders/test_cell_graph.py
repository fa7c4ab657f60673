"""Tests of the generic cell against the hand-written cells of Keras."""

import keras
import numpy as np
import pytest

from nasnet_search.builders.cell_graph import add_cell
from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.graph import Graph
from nasnet_search.builders.network import model_of_graph
from nasnet_search.builders.primitives import Image
from nasnet_search.builders.scope import Scope
from nasnet_search.cells import zoo
from nasnet_search.cells.cell import Block, Cell

NASNET_A = zoo.load('nasnet_a')
FILTERS = 4


def _add(cell, shape, *, stride=1, stem=False):
  """Returns the graph of a cell on two slices of channels of one image."""
  scope = Scope.root(NetworkConfig((8, 8, 1), 2, batch_norm_epsilon=1e-3))
  image = scope.add('image', Image(shape))
  # Two states that differ, each from a convolution of its own.
  current = scope.inside('h').convolution(image, 6)
  previous = None if stem else scope.inside('p').convolution(image, 5)
  output = add_cell(scope, cell, current, previous, FILTERS, stride)
  return Graph(tuple(scope.nodes.values()), cells=(output,), output=output)


def _set_kernels(layers):
  """Sets each kernel to values that depend on its shape and nothing else.

  So two models have equal weights wherever they have equal layers, in
  whatever order they were built.
  """
  for layer in layers:
    for variable in layer.weights:
      if 'kernel' in variable.name:
        rng = np.random.default_rng(list(variable.shape))
        fan = np.prod(variable.shape[:3])
        variable.assign(rng.normal(size=variable.shape) / np.sqrt(fan))


def _by_keras(name, images):
  """Returns what the cell of keras.applications makes of the images."""
  # Private, but the only independent NASNet-A cell at hand.
  nasnet = pytest.importorskip('keras.src.applications.nasnet')

  def state(filters):
    x = keras.layers.Conv2D(filters, 1, use_bias=False)(inputs)
    return keras.layers.BatchNormalization(epsilon=1e-3)(x)

  inputs = keras.Input(images.shape[1:])
  add = getattr(nasnet, name)
  outputs, _ = add(state(6), state(5), FILTERS, block_id='test')
  model = keras.Model(inputs, outputs)
  _set_kernels(model.layers)
  return model(images, training=False).numpy()


def _ours(cell, images, stride=1):
  graph = _add(cell, images.shape[1:], stride=stride)
  model = model_of_graph(graph, seed=0)
  _set_kernels(model.layers)
  return model(images, training=False).numpy()


def _images():
  return np.random.default_rng(5).normal(size=(2, 16, 16, 3)).astype('float32')


def test_normal_cell_computes_what_keras_computes():
  images = _images()
  ours = _ours(NASNET_A.normal, images)
  assert ours.shape == (2, 16, 16, 6 * FILTERS)
  np.testing.assert_allclose(
    ours, _by_keras('_normal_a_cell', images), rtol=1e-4, atol=1e-4
  )


def test_reduction_cell_computes_what_keras_computes():
  images = _images()
  ours = _ours(NASNET_A.reduction, images, stride=2)
  theirs = _by_keras('_reduction_a_cell', images)
  assert ours.shape == theirs.shape == (2, 8, 8, 4 * FILTERS)
  # Keras lets the zeros of its padding enter the pools, so that the border
  # differs.
  inner = np.s_[:, 2:-2, 2:-2]
  np.testing.assert_allclose(ours[inner], theirs[inner], rtol=1e-4, atol=1e-4)


def _shape(cell, **arguments):
  return _add(cell, (9, 8, 3), **arguments).cells[0].shape


def test_concat_gives_the_filters_of_both():
  block = Block((0, 1), ('conv_1x1', 'identity'), 'concat')
  assert _shape(Cell((block,), (2,))) == (9, 8, 2 * FILTERS)
  # What reads it is of F filters again.
  reader = Block((2, 2), ('identity', 'max_pool_3x3'))
  assert _shape(Cell((block, reader), (3,))) == (9, 8, FILTERS)
  assert _shape(Cell((block, reader), (2, 3))) == (9, 8, 3 * FILTERS)


def test_only_operations_on_inputs_are_strided():
  first = Block((0, 1), ('conv_3x3', 'max_pool_3x3'))
  second = Block((2, 1), ('conv_3x3', 'identity'))
  cell = Cell((first, second), (3,))
  assert _shape(cell, stride=2) == (5, 4, FILTERS)


@pytest.mark.parametrize('stride', [1, 2])
def test_inputs_in_the_concat_are_fitted(stride):
  block = Block((0, 1), ('conv_1x1', 'conv_1x1'))
  height, width = (9, 8) if stride == 1 else (5, 4)
  for stem in (False, True):
    shape = _shape(Cell((block,), (0, 1, 2)), stride=stride, stem=stem)
    assert shape == (height, width, 3 * FILTERS)


def test_concat_keeps_the_order_it_is_given():
  block = Block((0, 1), ('conv_1x1', 'conv_1x1'))
  graph = _add(Cell((block,), (2, 0)), (8, 8, 3))
  assert graph.output.inputs == ('block_0.add', 'current.batch_normalization')
