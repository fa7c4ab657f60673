"""The servers that hold what replicas of a controller share, in shards.

Zoph and Le 2017 (arXiv 1611.01578), section 3.2: S servers store the parameters
of K replicas. Each server has a *shard*: an equal part of all the parameters in
a row, wherever one weight ends and the next begins; an Adam for it; and a
*version*, which is how many steps that Adam has taken.

Two messages are all that passes between a replica and a shard. It *fetches* the
values, and learns which version they are of; it *pushes* a gradient, and learns
at which version it arrived. Both are plain arrays and numbers, so that a shard
may come to live on another machine.

Here all is one process and one thread: a replica pushes to all shards and
fetches from all of them, and nothing comes between. So all shards are of one
version at any time, and since what Adam does to one parameter does not depend
on another, the number of shards changes no number that is computed. Between
machines, the messages of replicas would pass one another; that is why each
shard has a version of its own.
"""

import dataclasses
from collections.abc import Mapping

import keras
import numpy as np

from nasnet_search.cells.errors import UserError
from nasnet_search.controllers.adam import Adam


class Shard:
  """A part of the parameters.

  Args:
    values: What they start as, float32 `[size]`.
    learning_rate: That of their Adam.
  """

  def __init__(self, values: np.ndarray, learning_rate: float) -> None:
    self._values = keras.Variable(values, dtype='float32')
    self._adam = Adam({'values': self._values}, learning_rate)

  def fetch(self) -> tuple[np.ndarray, int]:
    """Returns the values, `[size]`, and their version."""
    return np.array(self._values.numpy()), self._adam.updates

  def push(self, gradient: np.ndarray) -> int:
    """Takes a step.

    Args:
      gradient: Of some version of the values, `[size]`.

    Returns:
      The version that was moved, before the step.
    """
    version = self._adam.updates
    self._adam.step([gradient])
    return version

  def arrays(self) -> dict[str, np.ndarray]:
    """Returns the values and all that Adam keeps, by name."""
    return self._adam.arrays()

  def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
    """Takes over arrays that `arrays` returned."""
    self._adam.restore(arrays)


@dataclasses.dataclass(frozen=True)
class Copy:
  """What was fetched of all shards.

  Attributes:
    values: Of all parameters, float32 `[parameters]`.
    versions: Of each shard.
  """

  values: np.ndarray
  versions: tuple[int, ...]


class ParameterServers:
  """All shards together, as replicas see them.

  Args:
    values: What the parameters start as, float32 `[parameters]`.
    count: How many shards there are. Their sizes differ by one at most.
    learning_rate: That of Adam.

  Raises:
    UserError: There are more shards than parameters.
  """

  def __init__(
    self, values: np.ndarray, count: int, learning_rate: float
  ) -> None:
    if count > values.size:
      raise UserError(
        f'Expected --parameter_servers to be at most {values.size}, the number '
        f'of parameters of this policy. Received: {count}.'
      )
    parts = np.array_split(values, count)
    self._shards = [Shard(part, learning_rate) for part in parts]
    self._bounds = np.cumsum([part.size for part in parts])[:-1]

  def fetch(self) -> Copy:
    """Returns the parameters, fetched shard by shard."""
    values, versions = zip(
      *(each.fetch() for each in self._shards), strict=True
    )
    return Copy(np.concatenate(values), versions)

  def push(self, gradient: np.ndarray) -> tuple[int, ...]:
    """Moves the parameters, shard by shard.

    Args:
      gradient: Float32 `[parameters]`.

    Returns:
      For each shard the version that was moved.
    """
    parts = np.split(gradient, self._bounds)
    return tuple(
      shard.push(part) for shard, part in zip(self._shards, parts, strict=True)
    )

  def arrays(self) -> dict[str, np.ndarray]:
    """Returns the whole state of all shards, by name."""
    return {
      f'shard_{number}_{name}': array
      for number, shard in enumerate(self._shards)
      for name, array in shard.arrays().items()
    }

  def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
    """Takes over arrays that `arrays` returned, of as many shards."""
    for number, shard in enumerate(self._shards):
      shard.restore(
        {name: arrays[f'shard_{number}_{name}'] for name in shard.arrays()}
      )
