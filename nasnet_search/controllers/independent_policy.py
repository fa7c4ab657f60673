"""The independent policy: one vector of logits for each step, and no network.

What is chosen at one decision changes nothing at the others. With a few
hundred trials there is not more to learn than that: on NAS-Bench-101 it is
this policy that works, where an LSTM does not (Ying et al. 2019, section 4).
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from nasnet_search.controllers.config import ControllerConfig
from nasnet_search.randomness import generator


class IndependentPolicy:
  """Logits, under the interface of the LSTM policy.

  What it is given as the state of the step before is the number of the step.

  Args:
    outcomes: Number of outcomes of all kinds together.
    steps: Controller steps of the longest choices; later ones, if there are
      any, share the logits of the last.
    config: How far from 0 the logits start.
    seed: Seed of the run.

  Attributes:
    outcomes: As given.
    state_sizes: How many numbers each part of its state has.
    names: The names of the weights, in the order of `variables`.
    variables: The weights.
  """

  names: tuple[str, ...] = ('logits',)

  def __init__(
    self, outcomes: int, steps: int, config: ControllerConfig, seed: int
  ) -> None:
    self.outcomes = outcomes
    self.state_sizes: tuple[int, ...] = (1,)
    scale = config.policy_init_scale
    values = generator(seed, 'policy').uniform(-scale, scale, (steps, outcomes))
    self._logits = keras.Variable(values.astype('float32'), name='logits')
    self.variables = [self._logits]

  def step(self, inputs: Any, *state: Any) -> tuple[Any, ...]:
    """Takes one controller step; see `Policy.step`."""
    del inputs  # What was chosen before changes nothing.
    (number,) = state
    return self._at(number[:, 0]), number + 1

  def logits(self, inputs: Any, refers: Any = None) -> Any:
    """Returns the logits of choices that were taken; see `Policy`."""
    del refers
    return self._at(tf.range(inputs.shape[1]))[None, :, None, :]

  def _at(self, steps: Any) -> Any:
    last = self._logits.shape[0] - 1
    places = tf.minimum(tf.cast(steps, tf.int32), last)
    return tf.gather(tf.convert_to_tensor(self._logits), places)


class PooledPolicy(IndependentPolicy):
  """The independent policy, with logits that a whole kind shares on top.

  The logits of a decision are its own plus those of its kind (partial
  pooling): an operation that is good in one place is likelier everywhere, until
  a place has trials enough to differ.

  Args:
    outcomes: As for the independent policy, and so are the others.
    steps: Controller steps of the longest choices.
    config: How far from 0 the logits start.
    seed: Seed of the run.
  """

  names = ('logits', 'shared')

  def __init__(
    self, outcomes: int, steps: int, config: ControllerConfig, seed: int
  ) -> None:
    super().__init__(outcomes, steps, config, seed)
    # Each kind has outcomes of its own in the row, so one row is enough.
    zeros = np.zeros(outcomes, np.float32)
    self._shared = keras.Variable(zeros, name='shared')
    self.variables = [*self.variables, self._shared]

  def _at(self, steps: Any) -> Any:
    return super()._at(steps) + tf.convert_to_tensor(self._shared)
