"""The same network of stock Keras layers, compiled and fitted."""

import math
import time

import numpy as np
import workload

from nasnet_search.builders.primitives import Add, Concatenate


def prepare(threads):
  """Imports what is needed and sets the number of threads."""
  import keras
  import tensorflow as tf

  del keras
  tf.config.threading.set_intra_op_parallelism_threads(threads)
  tf.config.threading.set_inter_op_parallelism_threads(threads)


class Side:
  """Trains children one after the other in one process."""

  def __init__(self, data, config):
    import tensorflow as tf

    del config
    self._data = data
    mean, std = (
      np.array(x, np.float32) for x in (data.record.mean, data.record.std)
    )

    def normalize(images, labels):
      return (tf.cast(images, tf.float32) / 255 - mean) / std, labels

    def augment(images, labels):
      images, labels = normalize(images, labels)
      side = 32 + 2 * workload.CROP_PADDING
      images = tf.image.resize_with_crop_or_pad(images, side, side)
      images = tf.image.random_crop(images, [32, 32, 3])
      return tf.image.random_flip_left_right(images), labels

    train = tf.data.Dataset.from_tensor_slices(
      (data.train_images, data.train_labels)
    )
    self.train = (
      train.cache()
      .shuffle(len(data.train_labels))
      .map(augment, tf.data.AUTOTUNE)
      .batch(workload.BATCH, drop_remainder=True)
      .prefetch(tf.data.AUTOTUNE)
    )
    validation = tf.data.Dataset.from_tensor_slices(
      (data.validation_images, data.validation_labels)
    )
    self.validation = (
      validation.map(normalize).batch(workload.VALIDATION_BATCH).cache()
    )
    list(self.validation)

  def run(self, graph, seed, steps):
    """Trains and values a child; returns a `Report`."""
    import keras

    start, cpu = time.perf_counter(), time.process_time()
    keras.utils.set_random_seed(seed)
    total = len(self._data.train_labels) // workload.BATCH
    model = self.model(graph, total)
    moments = []

    class Watch(keras.callbacks.Callback):
      def on_train_batch_end(self, batch, logs=None):
        moments.append((time.perf_counter(), time.process_time()))

    train = self.train.take(steps) if steps else self.train
    model.fit(train, verbose=0, callbacks=[Watch()])
    end_of_fit = time.perf_counter(), time.process_time()
    _, accuracy = model.evaluate(self.validation, verbose=0)
    end, end_cpu = time.perf_counter(), time.process_time()
    del model
    keras.backend.clear_session()
    moments = np.array(moments)
    return workload.Report(
      moments[0, 0] - start,
      moments[0, 1] - cpu,
      np.diff(moments[:, 0]).tolist(),
      np.diff(moments[:, 1]).tolist(),
      end - end_of_fit[0],
      end_cpu - end_of_fit[1],
      float(accuracy),
    )

  def model(self, graph, total_steps):
    """Returns the compiled model, of stock layers only."""
    import keras

    from nasnet_search.builders.inference import stock_layer

    image, *nodes = graph.nodes
    tensors = {image.name: keras.Input(image.shape)}
    for index, node in enumerate(nodes, 1):
      layer = stock_layer(node, index)
      for name in ('kernel_regularizer', 'depthwise_regularizer'):
        if hasattr(layer, name):
          setattr(layer, name, self._decay())
      inputs = [tensors[name] for name in node.inputs]
      merges = isinstance(node.primitive, Add | Concatenate)
      tensors[node.name] = layer(inputs if merges else inputs[0])
    model = keras.Model(tensors[image.name], tensors[graph.output.name])
    model.compile(
      keras.optimizers.SGD(
        keras.optimizers.schedules.CosineDecay(
          workload.TRAINING.learning_rate, total_steps
        ),
        momentum=workload.TRAINING.momentum,
        nesterov=True,
        global_clipnorm=workload.TRAINING.gradient_clip,
      ),
      keras.losses.SparseCategoricalCrossentropy(from_logits=True),
      metrics=['accuracy'],
    )
    return model

  def first_losses(self, graph, weights, pixels, labels, count):
    """Returns the losses of steps on one batch, from given weights."""
    model = self.model(graph, count)
    start = 0
    for node in graph.nodes[1:]:
      for variable in model.get_layer(node.name).trainable_weights:
        size = math.prod(variable.shape)
        variable.assign(weights[start : start + size].reshape(variable.shape))
        start += size
    decay = workload.TRAINING.weight_decay / 2
    losses = []
    for _ in range(count):
      kernels = [w for w in model.trainable_weights if len(w.shape) > 1]
      squares = sum(float(np.sum(w.numpy() ** 2)) for w in kernels)
      total = model.train_on_batch(pixels, labels)[0]
      model.reset_metrics()
      losses.append(float(total) - decay * squares)
    return losses

  def _decay(self):
    import keras

    return keras.regularizers.L2(workload.TRAINING.weight_decay / 2)
