"""This project's child: what `evaluators.trainer` does, with a stop-watch."""

import time

import numpy as np
import workload

from nasnet_search.evaluators import trainer
from nasnet_search.evaluators.batches import training_order, validation_batches
from nasnet_search.evaluators.device_images import DeviceImages
from nasnet_search.evaluators.steps import Child


def prepare(threads):
  """Imports what is needed and sets the number of threads."""
  import tensorflow as tf

  tf.config.threading.set_intra_op_parallelism_threads(threads)
  tf.config.threading.set_inter_op_parallelism_threads(threads)
  tf.config.experimental.enable_op_determinism()


class Side:
  """Trains children one after the other in one process."""

  def __init__(self, data, config):
    self._data = data
    self._images = DeviceImages(data, config)

  def run(self, graph, seed, steps):
    """Trains and values a child; returns a `Report`."""
    start, cpu = time.perf_counter(), time.process_time()
    with trainer._graphs_as_they_are():
      child = self.child(graph, seed)
      step = child.training_step(workload.BATCH)
      order = training_order(
        seed, 0, len(self._data.train_labels), workload.BATCH
      )[:steps]
      moments = []
      for indices in order:
        step(indices).numpy()
        moments.append((time.perf_counter(), time.process_time()))
      validate = child.validation_step(workload.VALIDATION_BATCH)
      count = len(self._data.validation_labels)
      sums = sum(
        validate(indices, weights).numpy()
        for indices, weights in zip(
          *validation_batches(count, workload.VALIDATION_BATCH), strict=True
        )
      )
    end, end_cpu = time.perf_counter(), time.process_time()
    del child, step, validate
    trainer.free_memory()
    moments = np.array(moments)
    return workload.Report(
      moments[0, 0] - start,
      moments[0, 1] - cpu,
      np.diff(moments[:, 0]).tolist(),
      np.diff(moments[:, 1]).tolist(),
      end - moments[-1, 0],
      end_cpu - moments[-1, 1],
      float(sums[0]) / count,
    )

  def child(self, graph, seed, total_steps=None):
    """Returns a child."""
    total = total_steps or len(self._data.train_labels) // workload.BATCH
    return Child(
      graph,
      self._images,
      workload.TRAINING,
      total_steps=total,
      seed=seed,
      augmentation_seed=seed,
    )

  def first_losses(self, graph, weights, pixels, labels, count):
    """Returns the losses of steps on one batch, from given weights."""
    import tensorflow as tf

    child = self.child(graph, 0, count)
    child.parameters.assign(weights)

    class Fixed:
      def training_batch(self, indices, seed):
        return tf.constant(pixels), tf.constant(labels)

    child._images = Fixed()
    step = child.training_step(workload.BATCH)
    indices = np.arange(workload.BATCH, dtype=np.int32)
    return [float(step(indices)) for _ in range(count)]
