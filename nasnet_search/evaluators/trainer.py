"""Trains one child, with a loop of its own.

`keras.Model.fit` takes longer to start than many a child takes to train.
"""

import contextlib
import dataclasses
import gc
import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.eager import context as eager_context

from nasnet_search.builders.config import NetworkConfig
from nasnet_search.builders.graph import network_graph
from nasnet_search.evaluators import restarts
from nasnet_search.evaluators.batches import training_order, validation_batches
from nasnet_search.evaluators.config import ProxyConfig
from nasnet_search.evaluators.device_images import DeviceImages
from nasnet_search.evaluators.protocol import Context, Request
from nasnet_search.evaluators.steps import Child, Step
from nasnet_search.randomness import derived_seed

_VALIDATION_BATCH = 256
"""Images valued at a time: more is hardly faster and takes more memory."""


@dataclasses.dataclass
class Training:
  """How the training of a child went.

  Attributes:
    training_loss: Mean cross-entropy of the steps of every epoch.
    validation_loss: Cross-entropy after every epoch.
    validation_accuracy: Share of images classified correctly, likewise.
    seconds: Wall-clock time of all.
    seconds_startup: Of it, in building, tracing and the first step.
    seconds_stepping: Of it, in the other training steps.
    images: How many images these other steps took.
    restarts: How often it was started again; times are those of all starts,
      curves those of the last.
    hopeless: Whether the last start ended after its first epoch.
  """

  training_loss: list[float] = dataclasses.field(default_factory=list)
  validation_loss: list[float] = dataclasses.field(default_factory=list)
  validation_accuracy: list[float] = dataclasses.field(default_factory=list)
  seconds: float = 0.0
  seconds_startup: float = 0.0
  seconds_stepping: float = 0.0
  images: int = 0
  restarts: int = 0
  hopeless: bool = False

  @property
  def finite(self) -> bool:
    """Whether no loss of the last epoch was NaN or infinite."""
    return math.isfinite(self.training_loss[-1] + self.validation_loss[-1])

  def started_again(self) -> 'Training':
    """Returns one start more: curves begin anew, times go on."""
    return Training(
      seconds=self.seconds,
      seconds_startup=self.seconds_startup,
      seconds_stepping=self.seconds_stepping,
      images=self.images,
      restarts=self.restarts + 1,
    )

  def curves(self) -> dict[str, tuple[float, ...]]:
    """Returns the curves of a measurement."""
    return {
      'training_loss': tuple(self.training_loss),
      'validation_loss': tuple(self.validation_loss),
      'validation_accuracy': tuple(self.validation_accuracy),
    }

  def timing(self) -> dict[str, float]:
    """Returns the values of a measurement that differ every time."""
    stepping = self.seconds_stepping
    return {
      'seconds': self.seconds,
      'seconds_startup': self.seconds_startup,
      'images_per_second': self.images / stepping if stepping else 0.0,
    }


def train_child(
  request: Request,
  context: Context,
  network: NetworkConfig,
  proxy: ProxyConfig,
  images: DeviceImages,
) -> Training:
  """Trains a child until its last epoch, a NaN, or a stop by the context.

  Args:
    request: The architecture, and the seed that everything random follows
      from.
    context: Told of every epoch, but of no start that is followed by another.
    network: How the architecture is stacked into the child.
    proxy: How the child is trained, and how often it is started again.
    images: What it is trained and valued on.
  """
  training = Training()
  with graphs_as_they_are():
    while True:
      _train(
        *restarts.started(request, proxy, training.restarts),
        context,
        network,
        images,
        training,
      )
      if not training.hopeless or training.restarts == proxy.restarts:
        return training
      training = training.started_again()
      free_memory()  # Or what the starts leave behind would add up.


def free_memory() -> None:
  """Frees what dead children leave behind; call it when nothing holds them."""
  # Models and traced functions are full of reference cycles.
  gc.collect()
  # TensorFlow keeps the compiled functions of a child, two megabytes and more,
  # until this cache is cleared. Keras' `clear_session` does it, but it also
  # resets the dtype policy and the seeds of whoever called us.
  eager_context.context().clear_kernel_cache()


def _train(
  request: Request,
  proxy: ProxyConfig,
  context: Context,
  network: NetworkConfig,
  images: DeviceImages,
  training: Training,
) -> None:
  """Trains a child from one start; `training` is told how it goes."""
  start, before = time.perf_counter(), training.seconds
  train, validate = _steps(request, network, proxy, images)
  for epoch in range(proxy.epochs):
    order = training_order(
      request.seed, epoch, images.train_count, proxy.batch_size
    )
    losses = []
    if not epoch:
      losses.append(train(order[0]).numpy())
      training.seconds_startup += time.perf_counter() - start
    _train_epoch(train, order[len(losses) :], losses, training)
    _validate(validate, images.validation_count, training)
    training.seconds = before + time.perf_counter() - start
    metrics = {name: curve[-1] for name, curve in training.curves().items()}
    training.hopeless = restarts.hopeless(
      proxy, epoch + 1, metrics['validation_accuracy'], images.chance
    )
    if training.hopeless and training.restarts < proxy.restarts:
      break
    going_on = context.report(epoch + 1, metrics) if training.finite else False
    if training.hopeless or not going_on:
      break


def _steps(
  request: Request,
  network: NetworkConfig,
  proxy: ProxyConfig,
  images: DeviceImages,
) -> tuple[Step, Step]:
  batch = min(proxy.batch_size, images.train_count)
  child = Child(
    network_graph(request.architecture, network),
    images,
    proxy,
    total_steps=proxy.epochs * (images.train_count // batch),
    seed=derived_seed(request.seed, 'network'),
    augmentation_seed=derived_seed(request.seed, 'augmentation'),
  )
  indices, _ = validation_batches(images.validation_count, _VALIDATION_BATCH)
  return child.training_step(batch), child.validation_step(indices.shape[1])


def _train_epoch(
  train: Step,
  order: np.ndarray,
  losses: list[Any],
  training: Training,
) -> None:
  start = time.perf_counter()
  losses += [train(indices) for indices in order]
  # Waits for the steps, which a GPU takes while Python runs ahead.
  loss = float(np.mean(tf.stack(losses).numpy(), dtype=np.float64))
  training.seconds_stepping += time.perf_counter() - start
  training.images += order.size
  training.training_loss.append(loss)


def _validate(validate: Step, count: int, training: Training) -> None:
  sums = [
    validate(indices, weights).numpy()
    for indices, weights in zip(
      *validation_batches(count, _VALIDATION_BATCH), strict=True
    )
  ]
  correct, loss = np.array(sums, dtype=np.float64).sum(axis=0).tolist()
  training.validation_accuracy.append(correct / count)
  training.validation_loss.append(loss / count)


@contextlib.contextmanager
def graphs_as_they_are() -> Iterator[None]:
  """Switches off TensorFlow's graph optimizer for the functions run inside.

  On graphs of fused operations it finds nothing that makes steps faster, and
  looking for it took 0.9 of the 3.5 seconds that NASNet-A needed to start. The
  option is one of the process, so it is set back.
  """
  options = tf.config.optimizer.get_experimental_options()
  tf.config.optimizer.set_experimental_options({'disable_meta_optimizer': True})
  try:
    yield
  finally:
    tf.config.optimizer.set_experimental_options(options)
