"""What the tests of the builders share: cells drawn at random, layer checks."""

import os
import random

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import numpy as np
import pytest

from nasnet_search.builders import options
from nasnet_search.builders.config import NetworkConfig
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.cell import Block, Cell, unused_states
from nasnet_search.cells.operations import ALL_OPERATIONS, COMBINATIONS


def _random_cell(rng, blocks):
  cell_blocks = tuple(
    Block(
      inputs=(rng.randrange(index + 2), rng.randrange(index + 2)),
      operations=(rng.choice(ALL_OPERATIONS), rng.choice(ALL_OPERATIONS)),
      combination=rng.choice(COMBINATIONS),
    )
    for index in range(blocks)
  )
  # Half by the paper's rule, half as any list: with inputs, with dead blocks.
  concat = unused_states(cell_blocks)
  if rng.random() < 0.5:
    states = range(blocks + 2)
    concat = tuple(rng.sample(states, rng.randint(1, len(states))))
  return Cell(blocks=cell_blocks, concat=concat)


@pytest.fixture(scope='session')
def random_network():
  """Returns a function from a seed to an architecture and a configuration.

  The configurations have all options and skeletons.
  """

  def draw(seed):
    rng = random.Random(seed)
    architecture = Architecture(
      normal=_random_cell(rng, rng.randint(1, 5)),
      reduction=_random_cell(rng, rng.randint(1, 5)),
    )
    reductions = rng.choice((0, 1, 1, 2))
    skeleton = rng.choice(('cifar', *options.SKELETONS))
    auxiliary_head = rng.choice(('none', *options.AUXILIARY_HEADS[:3]))
    if not reductions:
      auxiliary_head = 'none'
    smallest = 2 ** (reductions + (1 if skeleton == 'cifar' else 3))
    if auxiliary_head != 'none':
      smallest *= 5  # The pool of the head has 5 pixels a side.
    config = NetworkConfig(
      image_shape=(
        rng.randint(smallest, smallest + 25),
        rng.randint(smallest, smallest + 25),
        rng.choice((1, 3)),
      ),
      classes=rng.randint(2, 12),
      skeleton=skeleton,
      repeats=rng.choice((1, 1, 2)),
      # 10 filters make an odd number in a stem of cells.
      filters=rng.choice((8, 10) if skeleton == 'imagenet' else (2, 4, 6)),
      reductions=reductions,
      stem_filters=rng.choice((None, 3, 4)),
      reduction_in_stack=rng.random() < 0.3,
      skip_reduction_layer_input=rng.random() < 0.3,
      input_fitting=rng.choice(options.INPUT_FITTINGS),
      strided_identity=rng.choice(options.STRIDED_IDENTITIES),
      convolution_style=rng.choice(options.CONVOLUTION_STYLES),
      ignore_dilation=rng.random() < 0.3,
      padding=rng.choice(options.PADDINGS),
      final_relu=rng.random() < 0.7,
      classifier_bias=rng.random() < 0.7,
      auxiliary_head=auxiliary_head,
      auxiliary_stride=rng.choice((2, 3)),
      drop_path_keep=rng.choice((1.0, 0.6)),
      drop_path_by_depth=rng.random() < 0.5,
      dropout=rng.choice((0.0, 0.5)),
    )
    return architecture, config

  return draw


@pytest.fixture
def check_layer():
  """Returns the check that every layer of our own must pass.

  A layer gives the shape and, under mixed precision, the dtype it announces;
  it trains one step of `fit`, in a graph of unknown batch size; it and a
  model of it survive being written as plain data.
  """
  import keras

  def check(layer_class, arguments, shape):
    images = np.random.default_rng(0).normal(size=(4, *shape)).astype('float32')
    inputs = keras.Input(shape)
    layer = layer_class(**arguments)
    outputs = layer(inputs)
    for training in (False, True):
      assert outputs.shape[1:] == layer(images, training=training).shape[1:]

    features = keras.layers.Flatten()(outputs)
    model = keras.Model(inputs, keras.layers.Dense(1)(features))
    model.compile('sgd', 'mse')
    model.fit(images, np.zeros((4, 1)), batch_size=4, verbose=0)

    copy = layer_class.from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()
    loaded = keras.models.model_from_json(model.to_json())
    loaded.set_weights(model.get_weights())
    np.testing.assert_array_equal(
      loaded(images, training=False), model(images, training=False)
    )

    half = layer_class(**arguments, dtype='mixed_bfloat16')
    for training in (False, True):
      assert half(images, training=training).dtype == 'bfloat16'
    assert {x.dtype for x in half.weights} <= {'float32'}

  return check


@pytest.fixture
def mixed_precision():
  """Switches the dtype policy to mixed_bfloat16 for one test."""
  import keras

  before = keras.config.dtype_policy()
  keras.config.set_dtype_policy('mixed_bfloat16')
  yield
  keras.config.set_dtype_policy(before)
