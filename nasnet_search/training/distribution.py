"""Where a training runs: one device, several, several machines, a TPU.

Every device holds a replica of the network and takes its share of each
batch; gradients are added over all. `--batch_size` is that of all replicas
together, so the number of devices changes neither the course of the training
nor its learning rate, up to rounding, as far as batch normalisation does not:
it takes its statistics over the images of each replica, unless
`--sync_batch_norm` is given.
"""

import json
import os
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from nasnet_search.cells.errors import UserError
from nasnet_search.training.config import OutputConfig


def make_strategy(output: OutputConfig) -> tf.distribute.Strategy:
  """Returns the strategy of a training.

  Must come before TensorFlow computes anything if there are several machines.

  Args:
    output: Which distribution.

  Raises:
    UserError: The devices that it needs are not there.
  """
  match output.distribution:
    case 'none':
      return tf.distribute.get_strategy()
    case 'mirrored':
      return tf.distribute.MirroredStrategy(_devices())
    case 'multi_worker':
      _check_cluster()
      return tf.distribute.MultiWorkerMirroredStrategy()
    case 'tpu':
      return _tpu_strategy(output.tpu)
  raise ValueError(
    f'Expected a known distribution. Received: {output.distribution!r}.'
  )


class Replicas:
  """The replicas of a network, and what they have to do together.

  Args:
    strategy: The distribution strategy.

  Attributes:
    strategy: The distribution strategy.
    count: Number of replicas in all.
    is_chief: Whether this process writes the files.
  """

  def __init__(self, strategy: tf.distribute.Strategy) -> None:
    self.strategy = strategy
    self.count = strategy.num_replicas_in_sync
    resolver = strategy.cluster_resolver
    self.is_chief = (
      not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)
      or resolver is None
      or resolver.task_type in (None, 'chief')
      or (resolver.task_id == 0 and 'chief' not in _cluster())
    )

  def check_batch(self, batch: int) -> None:
    """Raises unless a batch can be shared equally.

    Raises:
      UserError: It cannot.
    """
    if batch % self.count:
      raise UserError(
        f'Expected a batch that {self.count} devices can share equally. '
        f'Received: {batch} images (--batch_size, or all training images if '
        'they are fewer). Choose a multiple of the number of devices.'
      )

  def share(self, take: Callable[[slice], Any], batch: int) -> Any:
    """Returns a batch as the replicas take it.

    Args:
      take: Returns the arrays of some rows of the batch.
      batch: Number of rows.
    """
    if self.count == 1:
      return take(slice(0, batch))
    rows = batch // self.count

    def values(context: Any) -> Any:
      first = int(context.replica_id_in_sync_group) * rows
      return tuple(map(tf.constant, take(slice(first, first + rows))))

    return self.strategy.experimental_distribute_values_from_function(values)

  def agreement(self, variables: list[Any]) -> Callable[[], None]:
    """Returns a function that sets variables to their mean over the replicas.

    Each replica has moving statistics of its own. They are made one before
    they are used or kept.

    Args:
      variables: Variables of TensorFlow.
    """
    if self.count == 1 or not variables:
      return lambda: None

    def mean() -> None:
      context = tf.distribute.get_replica_context()
      means = context.all_reduce(
        tf.distribute.ReduceOp.MEAN, [tf.identity(each) for each in variables]
      )
      for variable, value in zip(variables, means, strict=True):
        variable.assign(value)

    function = tf.function(lambda: self.strategy.run(mean), autograph=False)
    return lambda: function() and None


def synchronize_batch_norm(model: keras.Model) -> None:
  """Makes batch normalisation take its statistics over all replicas."""
  for layer in model.layers:
    if isinstance(layer, keras.layers.BatchNormalization):
      layer.synchronized = True


def _devices() -> list[str]:
  """Returns the GPUs of this machine, or else the devices of its processor."""
  gpus = tf.config.list_logical_devices('GPU')
  return [each.name for each in gpus or tf.config.list_logical_devices('CPU')]


def _cluster() -> dict[str, Any]:
  try:
    cluster: Any = json.loads(os.environ.get('TF_CONFIG', ''))['cluster']
  except (ValueError, KeyError, TypeError):
    return {}
  return cluster if isinstance(cluster, dict) else {}


def _check_cluster() -> None:
  if not _cluster():
    raise UserError(
      'Expected the environment variable TF_CONFIG to describe the machines '
      'with --distribution=multi_worker, such as {"cluster": {"worker": '
      '["host1:2222", "host2:2222"]}, "task": {"type": "worker", "index": 0}}. '
      f'Received: {os.environ.get("TF_CONFIG")!r}.'
    )


def _tpu_strategy(name: str) -> tf.distribute.Strategy:
  try:
    resolver = tf.distribute.cluster_resolver.TPUClusterResolver(name)
    tf.config.experimental_connect_to_cluster(resolver)
    tf.tpu.experimental.initialize_tpu_system(resolver)
  except (ValueError, tf.errors.OpError) as error:
    raise UserError(
      f'Expected --tpu to name a TPU that can be reached. Received: {name!r}, '
      f'which failed with: {error}.'
    ) from error
  return tf.distribute.TPUStrategy(resolver)
