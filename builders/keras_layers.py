"""The Keras layer of each primitive.

Importing this module imports TensorFlow.
"""

import keras

from nasnet_search.builders.layers.drop_path import ScheduledDropPath
from nasnet_search.builders.layers.fast_depthwise import (
  FastDepthwiseConv2D,
)
from nasnet_search.builders.layers.fused_batch_normalization import (
  FusedBatchNormalization,
)
from nasnet_search.builders.layers.keyed_dropout import KeyedDropout
from nasnet_search.builders.layers.seeds import layer_seed
from nasnet_search.builders.layers.training_clock import TrainingClock
from nasnet_search.builders.primitives import (
  Add,
  AveragePool,
  BatchNormalization,
  Concatenate,
  Convolution,
  Crop,
  Dense,
  DepthwiseConvolution,
  Dropout,
  DropPath,
  Flatten,
  GlobalAveragePool,
  MaxPool,
  Node,
  Pad,
  Relu,
)


def layer_of_node(
  node: Node, *, seed: int, index: int, clock: TrainingClock | None
) -> keras.layers.Layer:
  """Returns the layer of a node, under the node's name.

  Args:
    node: A node of a graph, but not its image.
    seed: Seed of the network.
    index: Where the node stands in the graph; keys the layer's draws.
    clock: Where training stands.
  """
  match node.primitive:
    case DropPath(keep):
      return ScheduledDropPath(
        keep, seed=seed, index=index, clock=clock, name=node.name
      )
    case Dropout(rate):
      return KeyedDropout(
        rate, seed=seed, index=index, clock=clock, name=node.name
      )
    case Convolution() | DepthwiseConvolution() | Dense():
      return _layer_with_kernel(node, layer_seed(seed, index))
  return _layer_without_kernel(node)


def _layer_with_kernel(node: Node, seed: int) -> keras.layers.Layer:
  match node.primitive:
    case Convolution(filters, kernel, stride, padding, dilation, bias):
      return keras.layers.Conv2D(
        filters,
        kernel,
        stride,
        padding=padding,
        dilation_rate=dilation,
        use_bias=bias,
        # As keras.applications.nasnet has it; slim scales by the fan-out.
        kernel_initializer=keras.initializers.HeNormal(seed),
        name=node.name,
      )
    case DepthwiseConvolution(size, stride, dilation):
      return FastDepthwiseConv2D(
        size,
        stride,
        padding='same',
        dilation_rate=dilation,
        use_bias=False,
        # He's rule as well: a value of a depthwise convolution is a sum of
        # size x size others, which Keras calls the fan-out of this kernel.
        depthwise_initializer=keras.initializers.VarianceScaling(
          2.0, 'fan_out', seed=seed
        ),
        name=node.name,
      )
    case Dense(units, bias):
      return keras.layers.Dense(
        units,
        use_bias=bias,
        # Keras' default: no ReLU follows the classifier. Other neurons start
        # with the same, as MetaQNN's do.
        kernel_initializer=keras.initializers.GlorotUniform(seed),
        # Losses need the range of float32 under mixed precision too.
        dtype='float32',
        name=node.name,
      )
  raise TypeError(f'Expected a primitive with a kernel. Received: {node}.')


def _layer_without_kernel(node: Node) -> keras.layers.Layer:
  name = node.name
  match node.primitive:
    case Relu():
      return keras.layers.ReLU(name=name)
    case BatchNormalization(momentum, epsilon):
      return FusedBatchNormalization(
        momentum=momentum, epsilon=epsilon, name=name
      )
    case AveragePool(size, stride, padding):
      return keras.layers.AveragePooling2D(size, stride, padding, name=name)
    case MaxPool(size, stride, padding):
      return keras.layers.MaxPooling2D(size, stride, padding, name=name)
    case Pad(rows, columns):
      return keras.layers.ZeroPadding2D((rows, columns), name=name)
    case Crop():
      return keras.layers.Cropping2D(((1, 0), (1, 0)), name=name)
    case Add():
      return keras.layers.Add(name=name)
    case Concatenate():
      return keras.layers.Concatenate(name=name)
    case GlobalAveragePool():
      return keras.layers.GlobalAveragePooling2D(name=name)
    case Flatten():
      return keras.layers.Flatten(name=name)
  raise TypeError(f'Expected a known primitive. Received: {node}.')
