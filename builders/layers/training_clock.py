"""Where training stands, for the layers whose behaviour depends on it."""

from typing import Any

import tensorflow as tf


class TrainingClock:
  """The step that training has reached, and the steps it will take.

  A plain object, shared by the layers of a network: its variables are not
  weights of the network and are not saved with it. Whoever trains advances
  it, once a step, and sets `step` when a training is taken up again; every
  random draw of the layers follows from that step.

  Attributes:
    step: Steps taken so far, an int64 variable.
    total_steps: Steps of the whole training, an int64 variable.
  """

  def __init__(self, total_steps: int) -> None:
    if total_steps < 1:
      raise ValueError(
        f'Expected at least 1 training step. Received: {total_steps}.'
      )
    self.step = tf.Variable(0, dtype=tf.int64, trainable=False, name='step')
    self.total_steps = tf.Variable(
      total_steps, dtype=tf.int64, trainable=False, name='total_steps'
    )

  def advance(self) -> None:
    """Counts one step."""
    self.step.assign_add(1)

  def progress(self) -> Any:
    """Returns the share of the training that is done, a float32 in [0, 1]."""
    done = tf.cast(self.step, tf.float32)
    return tf.minimum(done / tf.cast(self.total_steps, tf.float32), 1.0)
