"""Small networks, images for them, and what must hold of any."""

import numpy as np
import tensorflow as tf

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.cells import zoo
from nasnet_search.cells.architecture import Architecture
from nasnet_search.cells.cell import Block, Cell
from nasnet_search.cells.operations import ALL_OPERATIONS

NASNET_A = zoo.load('nasnet_a')


def small_architecture(operation='separable_conv_3x3', combination='add'):
  cell = Cell(
    blocks=(
      Block((0, 1), (operation, operation), combination),
      Block((2, 0), (operation, 'conv_1x1'), 'add'),
    ),
    concat=(3,),
  )
  return Architecture(normal=cell, reduction=cell)


def all_operations(combination):
  """Returns cells in which every operation reads each of the inputs."""
  half = len(ALL_OPERATIONS) // 2
  operations = ALL_OPERATIONS + ALL_OPERATIONS[half:] + ALL_OPERATIONS[:half]
  blocks = tuple(
    Block((0, 1), (one, other), combination)
    for one, other in zip(ALL_OPERATIONS, operations[-2 * half :], strict=True)
  )
  cell = Cell(blocks, tuple(range(2, 2 + len(blocks))))
  return Architecture(normal=cell, reduction=cell)


def random_images(shape, count=4):
  return np.random.default_rng(0).normal(size=(count, *shape)).astype('float32')


def noisy_config(**changes):
  return NetworkConfig(
    (8, 8, 1),
    2,
    filters=4,
    reductions=1,
    drop_path_keep=0.9,
    dropout=0.1,
    **changes,
  )


def trainable_size(model):
  return sum(int(np.prod(x.shape)) for x in model.trainable_variables)


def check_gradients(model, images):
  """Fails unless the gradient of every weight is there, finite and not 0."""
  with tf.GradientTape() as tape:
    outputs = model(images, training=True)
    if not isinstance(outputs, dict):
      outputs = {'logits': outputs}
    labels = np.arange(len(images)) % 2
    loss = tf.add_n(
      [
        tf.reduce_mean(
          tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        )
        for logits in outputs.values()
      ]
    )
  variables = [x.value for x in model.trainable_variables]
  for variable, gradient in zip(
    model.trainable_variables, tape.gradient(loss, variables), strict=True
  ):
    assert gradient is not None, variable.path
    values = gradient.numpy()
    assert np.all(np.isfinite(values)), variable.path
    if variable.name == 'kernel':
      assert np.any(values), variable.path
